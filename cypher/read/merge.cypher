// A merge, with its current state.
//
// $id  of the merge
//
// Returns one row, or none if there is no such merge:
//   merged, into  the ids of the two Customers
//   survivor      the id of the Customer that the Identifiers of the merged one point at
//   at, by, reason
//   undoneAt, undoneBy, undoReason  null if the merge is not undone
CALL () {
  MATCH (merged:Customer)-[merge:MERGED_INTO {id: $id}]->(into:Customer)
  RETURN merged, merge, into
  UNION ALL
  MATCH (merged:Customer)-[merge:WAS_MERGED_INTO {id: $id}]->(into:Customer)
  RETURN merged, merge, into
}
RETURN
  merged.id AS merged,
  into.id AS into,
  coalesce(merged.survivor, merged.id) AS survivor,
  toString(merge.at) AS at,
  merge.by AS by,
  merge.reason AS reason,
  toString(merge.undoneAt) AS undoneAt,
  merge.undoneBy AS undoneBy,
  merge.undoReason AS undoReason
