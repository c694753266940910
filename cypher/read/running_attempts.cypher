// The statements of this service that the database runs now, those that wait for a lock among them.
//
// Returns a row per transaction:
//   attempt  the id that the service gave it as metadata
SHOW TRANSACTIONS
YIELD metaData
WHERE metaData.attempt IS NOT NULL
RETURN metaData.attempt AS attempt
