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
//   kind         merge, undo, split, dismissal, move, detach, review or erasure
//   at           when, as a text
//   moment       the same, [seconds since 1970, nanoseconds]
//   by           the id of the API key, or cli
//   reason
//   customers    the ids of the two Customers, the merged or split one, or the one that had the
//                identifier, first; for a review, the id of the owner; for an erasure, the ids of
//                all erased Customers
//   identifier   for a review, move, detach or undo of these, as kind:value; else null
//   shared       for a review, whether it marks the Identifier as shared; else null
//   undone       for a merge, dismissal, move or detach, whether it is undone; for a split, whether
//                the part is merged with the whole; else false
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
    RETURN change, null AS record, entry[0] AS kind, entry[1] AS at, change.id AS changeId
    UNION ALL
    MATCH (root:Customer {id: survivor})<-[:MERGED_INTO*0..]-(member:Customer)
    MATCH (member)<-[:MOVED_FROM|MOVED_TO]-(move:IdentifierMove)
    WITH DISTINCT move
    UNWIND [[move.kind, move.at], ['undo', move.undoneAt]] AS entry
    WITH move, entry
    WHERE entry[1] IS NOT NULL
    RETURN null AS change, move AS record, entry[0] AS kind, entry[1] AS at, move.id AS changeId
    UNION ALL
    MATCH (erased)<-[:ERASED]-(erasure:Erasure)
    RETURN
      null AS change, erasure AS record, 'erasure' AS kind, erasure.at AS at, erasure.id AS changeId
  }
  WITH change, record, kind, at, changeId, before, id
  WHERE at < before OR (at = before AND changeId < id)
  WITH change, record, kind, at, changeId
  ORDER BY at DESC, changeId DESC
  LIMIT $limit + 1
  RETURN change, record, kind, at, changeId
}
RETURN
  changeId AS id,
  kind,
  toString(at) AS at,
  [at.epochSeconds, at.nanosecond] AS moment,
  CASE kind
    WHEN 'undo' THEN coalesce(change.undoneBy, record.undoneBy)
    ELSE coalesce(change.by, record.by)
  END AS by,
  CASE kind
    WHEN 'undo' THEN coalesce(change.undoReason, record.undoReason)
    ELSE coalesce(change.reason, record.reason)
  END AS reason,
  coalesce(
    record.customers,
    [node IN [startNode(change), endNode(change)] WHERE node:Customer | node.id]
  ) AS customers,
  CASE kind
    WHEN 'review' THEN startNode(change).kind + ':' + startNode(change).value
    ELSE head(COLLECT {
      MATCH (record)-[:MOVES]->(moved:Identifier)
      RETURN moved.kind + ':' + moved.value
    })
  END AS identifier,
  change.shared AS shared,
  CASE kind
    WHEN 'merge' THEN change.undoneAt IS NOT NULL
    WHEN 'dismissal' THEN change.undoneAt IS NOT NULL
    WHEN 'move' THEN record.undoneAt IS NOT NULL
    WHEN 'detach' THEN record.undoneAt IS NOT NULL
    WHEN 'split' THEN
      coalesce(startNode(change).survivor, startNode(change).id) =
      coalesce(endNode(change).survivor, endNode(change).id)
    ELSE false
  END AS undone
ORDER BY moment DESC, id DESC
