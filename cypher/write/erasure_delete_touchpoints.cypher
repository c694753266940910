// Continues an erasure: deletes Touchpoints of its leftovers, and the Identifiers that were never
// attached because their Customer had reached the identifier limit.
//
// $customer  the id of an erased Customer
// $limit     how many Touchpoints to delete
//
// Returns one row, or none if there is nothing to delete, or the erasure is finished:
//   erased  how many Touchpoints
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
MATCH (erasure)-[:LEAVES]->(:Leftover)-[:HAS_TOUCHPOINT]->(touchpoint)
WITH erasure, touchpoint
LIMIT $limit
WITH erasure, collect(touchpoint) AS touchpoints, collect(touchpoint.beyondLimit) AS beyond
CALL (beyond) {
  UNWIND beyond AS names
  UNWIND names AS name
  WITH DISTINCT name
  WITH name, split(name, ':')[0] AS kind
  MATCH (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
  WHERE NOT EXISTS { (identifier)--() }
  DELETE identifier
}
FOREACH (touchpoint IN touchpoints | DETACH DELETE touchpoint)
SET erasure.touchpoints = erasure.touchpoints + size(touchpoints)
RETURN size(touchpoints) AS erased
