// A suppression, to undo it.
//
// $id  of the suppression
//
// Returns one row, or none if no suppression has this id:
//   change  a map of its id, kind, at, by, reason and identifiers, as `suppression_add.cypher`
//   hashes  those that it added, without those that were removed since
//   undo    its first undo, a map as `suppression_remove.cypher` returns it; null without one
MATCH (change:SuppressionChange {id: $id})
WHERE change.kind = 'suppression'
RETURN
  change {
    .id, .kind, .identifiers, .by, .reason,
    at: toString(change.at)
  } AS change,
  COLLECT {
    MATCH (change)-[:SUPPRESSES]->(suppression:Suppression)
    RETURN suppression.hash
  } AS hashes,
  head(COLLECT {
    MATCH (undo:SuppressionChange)-[:UNDOES]->(change)
    RETURN undo {
      .id, .kind, .identifiers, .by, .reason,
      at: toString(undo.at)
    }
    ORDER BY undo.version
    LIMIT 1
  }) AS undo
