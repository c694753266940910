// Continues an erasure: deletes leftovers that have nothing more to delete. Once all are deleted,
// it records when the erasure was finished. A repeat changes nothing.
//
// $customer  the id of an erased Customer
// $limit     how many leftovers to delete
//
// Returns one row, or none if leftovers remain, or the erasure was finished before:
//   id  of the erasure
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
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
  // Fails, and is retried, if a writer that had found them before has added a relationship since.
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
