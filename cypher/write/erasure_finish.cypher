// Continues an erasure: deletes leftovers that have nothing more to delete. Once all are deleted,
// it records when the erasure was finished. A repeat changes nothing.
//
// $customer  the id of an erased Customer
// $limit     how many leftovers to delete
//
// An erasure that suppresses ends once no event can carry a suppressed Identifier any more, and the
// graph has none of them.
//
// Returns one row, or none if there is more to delete, or the erasure was finished before:
//   isHeld  whether events can still carry a suppressed Identifier
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
WITH erasure, coalesce(erasure.heldUntil > datetime(), false) AS isHeld
WHERE isHeld OR NOT EXISTS {
  MATCH (erasure)-[suppressed:SUPPRESSED]->(:Suppression)
  WITH suppressed.name AS name, split(suppressed.name, ':')[0] AS kind
  MATCH (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
  RETURN identifier
}
CALL (erasure, isHeld) {
  WITH erasure, isHeld
  WHERE NOT isHeld
  SET erasure.finishedAt = datetime()
  REMOVE erasure.progressAt, erasure.names, erasure.suppresses, erasure.heldUntil
  WITH erasure
  MATCH (erasure)-[suppressed:SUPPRESSED]->()
  DELETE suppressed
}
RETURN isHeld
