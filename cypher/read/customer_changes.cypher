// A page of what was done to the identity of a Customer, or of those merged with it, the latest
// first. It looks at all of that.
//
// $customer  the Customer's id
// $before    where the page before ended: a map of at and id, or null
// $limit     how many to return
//
// Returns a row for each, one more than the limit where there are more, as `changes` does; where
// there is none, one row whose id is null; no row where there is no such Customer.
MATCH (customer:Customer {id: $customer})
WITH
  coalesce(customer.survivor, customer.id) AS survivor,
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
OPTIONAL CALL (survivor, before, id) {
  MATCH (root:Customer {id: survivor})<-[:MERGED_INTO*0..]-(member:Customer)
  MATCH (member)-[change:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|NOT_SAME_AS|REVIEWED]-()
  WITH DISTINCT change, before, id
  UNWIND CASE type(change)
    WHEN 'MERGED_INTO' THEN [['merge', change.at]]
    WHEN 'WAS_MERGED_INTO' THEN [['merge', change.at], ['undo', change.undoneAt]]
    WHEN 'SPLIT_FROM' THEN [['split', change.at]]
    WHEN 'NOT_SAME_AS' THEN [['dismissal', change.at]]
    ELSE [['review', change.at]]
  END AS each
  WITH change, each[0] AS kind, each[1] AS at, before, id
  WHERE at < before OR (at = before AND change.id < id)
  WITH change, kind, at
  ORDER BY at DESC, change.id DESC
  LIMIT $limit + 1
  RETURN change, kind, at
}
RETURN
  change.id AS id,
  kind,
  toString(at) AS at,
  [at.epochSeconds, at.nanosecond] AS moment,
  CASE kind WHEN 'undo' THEN change.undoneBy ELSE change.by END AS by,
  CASE kind WHEN 'undo' THEN change.undoReason ELSE change.reason END AS reason,
  [each IN [startNode(change), endNode(change)] WHERE each:Customer | each.id] AS customers,
  CASE kind WHEN 'review'
    THEN startNode(change).kind + ':' + startNode(change).value
  END AS identifier,
  change.shared AS shared
ORDER BY moment DESC, id DESC
