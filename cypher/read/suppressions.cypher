// The changes of the suppression list after a version, in the order of their commits.
//
// $after  the version
// $limit  how many changes to return
//
// Returns one row:
//   latest   the latest version; lower than $after if an older copy of the graph was restored
//   changes  maps of
//     version
//     added    the hashes that the change added, without those that were removed since
//     removed  the hashes that it removed
CALL () {
  OPTIONAL MATCH (change:SuppressionChange)
  WHERE change.version > 0
  WITH change
  ORDER BY change.version DESC
  LIMIT 1
  RETURN coalesce(change.version, 0) AS latest
}
CALL () {
  MATCH (change:SuppressionChange)
  WHERE change.version > $after
  WITH change
  ORDER BY change.version
  LIMIT $limit
  WITH
    change,
    COLLECT {
      MATCH (change)-[:SUPPRESSES]->(suppression:Suppression)
      RETURN suppression.hash
    } AS added
  RETURN collect({
    version: change.version,
    added: added,
    removed: coalesce(change.removed, [])
  }) AS changes
}
RETURN latest, changes
