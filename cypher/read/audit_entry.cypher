// A decision of the audit log that can be undone.
//
// $id  of the merge, split or dismissal
//
// Returns one row, or none if there is no such decision:
//   id
//   kind       merge, split or dismissal
//   at, by, reason
//   customers  the ids of the two Customers, the merged or split one first
//   undone     whether it is undone
CALL () {
  MATCH ()-[change:MERGED_INTO {id: $id}]->()
  RETURN change, 'merge' AS kind
  UNION ALL
  MATCH ()-[change:WAS_MERGED_INTO {id: $id}]->()
  RETURN change, 'merge' AS kind
  UNION ALL
  MATCH ()-[change:SPLIT_FROM {id: $id}]->()
  RETURN change, 'split' AS kind
  UNION ALL
  MATCH ()-[change:NOT_SAME_AS {id: $id}]->()
  RETURN change, 'dismissal' AS kind
  UNION ALL
  MATCH ()-[change:WAS_NOT_SAME_AS {id: $id}]->()
  RETURN change, 'dismissal' AS kind
}
WITH change, kind, startNode(change) AS one, endNode(change) AS other
RETURN
  change.id AS id,
  kind,
  toString(change.at) AS at,
  change.by AS by,
  change.reason AS reason,
  [one.id, other.id] AS customers,
  CASE kind
    WHEN 'split' THEN coalesce(one.survivor, one.id) = coalesce(other.survivor, other.id)
    ELSE change.undoneAt IS NOT NULL
  END AS undone
