// Ends an erasure: deletes what it leaves once that has nothing any more, and tells when it was
// finished once all is gone. A repeat changes nothing.
//
// $customer  the id of a Customer who was erased
// $limit     how many of them to delete
//
// Returns one row; none if something is left, or it was finished before:
//   id  of the erasure
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
CALL (erasure) {
  MATCH (erasure)-[leaves:LEAVES]->(leftover:Leftover)
  WHERE COUNT { (leftover)--() } = 1
  WITH leaves, leftover
  LIMIT $limit
  // Fails where a writer who found them before has given them something meanwhile, and is repeated.
  DELETE leaves, leftover
}
CALL (erasure) {
  MATCH (erasure)-[mention:MENTIONED_BY]->(:Leftover)
  DELETE mention
}
WITH erasure
WHERE NOT EXISTS { (erasure)-[:LEAVES|MENTIONED_BY]->() }
SET erasure.finishedAt = datetime()
REMOVE erasure.progressAt, erasure.names
RETURN erasure.id AS id
