// The statements of this service that the database runs now or that wait there for a lock.
//
// Returns a row per transaction:
//   attempt  the id that the service gave it as metadata
SHOW TRANSACTIONS
YIELD metaData
WHERE metaData.attempt IS NOT NULL
RETURN metaData.attempt AS attempt
