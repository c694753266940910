// Removes keyed hashes of identifiers from the suppression list. A repeat changes nothing.
//
// $hashes  by all secrets
// $undoes  the id of the suppression that this undoes, or null
// $id      for the change
// $at      when, [seconds since 1970, nanoseconds]
// $by      who: the id of an API key, or cli
// $reason  why, or null
//
// Two changes cannot have one version: the second one fails, and its retry takes the next version.
//
// Returns one row:
//   id, kind, at, by, reason
//   identifiers  how many were removed
CALL () {
  OPTIONAL MATCH (last:SuppressionChange)
  WHERE last.version > 0
  WITH last
  ORDER BY last.version DESC
  LIMIT 1
  RETURN coalesce(last.version, 0) AS version
}
CALL () {
  UNWIND $hashes AS hash
  MATCH (suppression:Suppression {hash: hash})
  RETURN collect(suppression) AS found, collect(suppression.hash) AS removed
}
OPTIONAL MATCH (undone:SuppressionChange {id: $undoes})
CALL (version, found, removed, undone) {
  WITH version, found, removed, undone
  WHERE NOT EXISTS { (:SuppressionChange {id: $id}) }
  CREATE (change:SuppressionChange {
    id: $id,
    version: version + 1,
    kind: 'unsuppression',
    at: datetime.fromepoch($at[0], $at[1]),
    by: $by,
    reason: $reason,
    identifiers: size(removed),
    removed: removed
  })
  FOREACH (suppression IN [node IN [undone] WHERE node IS NOT NULL] |
    CREATE (change)-[:UNDOES]->(suppression)
  )
  FOREACH (suppression IN found |
    DETACH DELETE suppression
  )
  RETURN count(change) AS created
}
MATCH (change:SuppressionChange {id: $id})
RETURN
  change.id AS id,
  change.kind AS kind,
  toString(change.at) AS at,
  change.by AS by,
  change.reason AS reason,
  change.identifiers AS identifiers
