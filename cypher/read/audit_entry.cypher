// A decision of the audit log that can be undone.
//
// $id  of the merge, split, dismissal or move of an identifier
//
// Returns one row, or none if there is no such decision:
//   id
//   kind       merge, split, dismissal, move or detach
//   at, by, reason
//   customers  the ids of the two Customers, the merged or split one, or the one that had the
//              identifier, first
//   identifier  that was moved or detached, as kind:value; else null
//   undone     whether it is undone
CALL () {
  MATCH ()-[change:MERGED_INTO {id: $id}]->()
  RETURN change, null AS move, 'merge' AS kind
  UNION ALL
  MATCH ()-[change:WAS_MERGED_INTO {id: $id}]->()
  RETURN change, null AS move, 'merge' AS kind
  UNION ALL
  MATCH ()-[change:SPLIT_FROM {id: $id}]->()
  RETURN change, null AS move, 'split' AS kind
  UNION ALL
  MATCH ()-[change:NOT_SAME_AS {id: $id}]->()
  RETURN change, null AS move, 'dismissal' AS kind
  UNION ALL
  MATCH ()-[change:WAS_NOT_SAME_AS {id: $id}]->()
  RETURN change, null AS move, 'dismissal' AS kind
  UNION ALL
  MATCH (move:IdentifierMove {id: $id})
  RETURN null AS change, move, move.kind AS kind
}
WITH change, move, kind, startNode(change) AS one, endNode(change) AS other
RETURN
  $id AS id,
  kind,
  toString(coalesce(change.at, move.at)) AS at,
  coalesce(change.by, move.by) AS by,
  coalesce(change.reason, move.reason) AS reason,
  coalesce(move.customers, [one.id, other.id]) AS customers,
  head(COLLECT {
    MATCH (move)-[:MOVES]->(moved:Identifier)
    RETURN moved.kind + ':' + moved.value
  }) AS identifier,
  CASE kind
    WHEN 'split' THEN coalesce(one.survivor, one.id) = coalesce(other.survivor, other.id)
    ELSE coalesce(change.undoneAt, move.undoneAt) IS NOT NULL
  END AS undone
