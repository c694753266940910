// Adds keyed hashes of identifiers to the suppression list. A repeat changes nothing.
//
// $items   maps of
//   hash   the hash by the newest secret
//   known  the hashes of the same identifier by all secrets: one of them may be on the list
// $id      for the change
// $at      when, [seconds since 1970, nanoseconds]
// $by      who: the id of an API key, or cli
// $reason  why, or null
//
// Two changes cannot have one version: the second one fails, and its retry takes the next version.
//
// Returns one row:
//   id, kind, at, by, reason
//   identifiers  how many were added
CALL () {
  OPTIONAL MATCH (last:SuppressionChange)
  WHERE last.version > 0
  WITH last
  ORDER BY last.version DESC
  LIMIT 1
  RETURN coalesce(last.version, 0) AS version
}
CALL () {
  UNWIND $items AS item
  OPTIONAL MATCH (suppression:Suppression)
  WHERE suppression.hash IN item.known
  WITH item, count(suppression) AS found
  WHERE found = 0
  RETURN collect(item.hash) AS added
}
CALL (version, added) {
  WITH version, added
  WHERE NOT EXISTS { (:SuppressionChange {id: $id}) }
  CREATE (change:SuppressionChange {
    id: $id,
    version: version + 1,
    kind: 'suppression',
    at: datetime.fromepoch($at[0], $at[1]),
    by: $by,
    reason: $reason,
    identifiers: size(added)
  })
  FOREACH (hash IN added |
    CREATE (change)-[:SUPPRESSES]->(:Suppression {hash: hash})
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
