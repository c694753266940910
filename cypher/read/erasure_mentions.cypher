// Whose events an erasure has yet to look through for keys that are erased.
//
// $customer  the id of a Customer who was erased
// $limit     how many to return
//
// Returns a row for each:
//   other      its id
//   customers  the ids of it and of the parts that were split from it since
//   names      the keys (kind:value) that were erased so far
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
WHERE erasure.finishedAt IS NULL
MATCH (erasure)-[:MENTIONED_BY]->(other:Customer)
WITH erasure, other
LIMIT $limit
RETURN
  other.id AS other,
  COLLECT {
    MATCH (part:Customer)-[:SPLIT_FROM*0..]->(other)
    RETURN DISTINCT part.id
  } AS customers,
  erasure.names AS names
