// A page of the audit log of a Customer and of the Customers merged with it, latest first. An
// erased Customer has its erasure alone. The statement reads all entries of the Customer.
//
// $customer  the Customer's id
// $before    the end of the previous page: a map of at and id, or null
// $limit     how many entries to return
//
// Returns a row per entry, one more than the limit if there are more. Returns one row with null as
// id if there are no entries, and no row if there is no such Customer:
//   id
//   kind         merge, undo, split, dismissal, review or erasure
//   at           when, as a text
//   moment       the same, [seconds since 1970, nanoseconds]
//   by           the id of the API key, or cli
//   reason
//   customers    the ids of the two Customers, the merged or split one first; for a review, the id
//                of the owner; for an erasure, the ids of all erased Customers
//   identifier   for a review, as kind:value; else null
//   shared       for a review, whether it marks the Identifier as shared; else null
//   undone       for a merge or dismissal, whether it is undone; for a split, whether the part is
//                merged with the whole; else false
CALL () {
  MATCH (customer:Customer {id: $customer})
  RETURN coalesce(customer.survivor, customer.id) AS survivor, null AS erased
  UNION ALL
  MATCH (erased:ErasedCustomer {id: $customer})
  RETURN null AS survivor, erased
}
WITH
  survivor,
  erased,
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
OPTIONAL CALL (survivor, erased, before, id) {
  CALL (survivor, erased) {
    MATCH (root:Customer {id: survivor})<-[:MERGED_INTO*0..]-(member:Customer)
    MATCH (member)
      -[change:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|NOT_SAME_AS|WAS_NOT_SAME_AS|REVIEWED]-()
    WITH DISTINCT change
    UNWIND CASE type(change)
      WHEN 'MERGED_INTO' THEN [['merge', change.at]]
      WHEN 'WAS_MERGED_INTO' THEN [['merge', change.at], ['undo', change.undoneAt]]
      WHEN 'SPLIT_FROM' THEN [['split', change.at]]
      WHEN 'NOT_SAME_AS' THEN [['dismissal', change.at]]
      WHEN 'WAS_NOT_SAME_AS' THEN [['dismissal', change.at], ['undo', change.undoneAt]]
      ELSE [['review', change.at]]
    END AS entry
    RETURN change, null AS erasure, entry[0] AS kind, entry[1] AS at, change.id AS changeId
    UNION ALL
    MATCH (erased)<-[:ERASED]-(erasure:Erasure)
    RETURN null AS change, erasure, 'erasure' AS kind, erasure.at AS at, erasure.id AS changeId
  }
  WITH change, erasure, kind, at, changeId, before, id
  WHERE at < before OR (at = before AND changeId < id)
  WITH change, erasure, kind, at, changeId
  ORDER BY at DESC, changeId DESC
  LIMIT $limit + 1
  RETURN change, erasure, kind, at, changeId
}
RETURN
  changeId AS id,
  kind,
  toString(at) AS at,
  [at.epochSeconds, at.nanosecond] AS moment,
  CASE kind WHEN 'undo' THEN change.undoneBy ELSE coalesce(change.by, erasure.by) END AS by,
  CASE kind
    WHEN 'undo' THEN change.undoReason
    ELSE coalesce(change.reason, erasure.reason)
  END AS reason,
  coalesce(
    erasure.customers,
    [node IN [startNode(change), endNode(change)] WHERE node:Customer | node.id]
  ) AS customers,
  CASE kind WHEN 'review'
    THEN startNode(change).kind + ':' + startNode(change).value
  END AS identifier,
  change.shared AS shared,
  CASE kind
    WHEN 'merge' THEN change.undoneAt IS NOT NULL
    WHEN 'dismissal' THEN change.undoneAt IS NOT NULL
    WHEN 'split' THEN
      coalesce(startNode(change).survivor, startNode(change).id) =
      coalesce(endNode(change).survivor, endNode(change).id)
    ELSE false
  END AS undone
ORDER BY moment DESC, id DESC
