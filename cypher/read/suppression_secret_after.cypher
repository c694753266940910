// The next secret of the suppression list, by one of its hashes.
//
// $after  a text before all hashes of the next secret
//
// Returns one row, or none if there is no further secret:
//   hash
MATCH (suppression:Suppression)
WHERE suppression.hash > $after
RETURN suppression.hash AS hash
ORDER BY suppression.hash
LIMIT 1
