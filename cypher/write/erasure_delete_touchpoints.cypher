// Goes on with an erasure: deletes Touchpoints that it leaves, and the Identifiers that nobody ever
// had because their Customer had too many.
//
// $customer  the id of a Customer who was erased
// $limit     how many Touchpoints
//
// Returns one row; none if there is nothing to delete, or the erasure is finished:
//   erased  how many Touchpoints
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
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
