// The Customers whose events an erasure must still search for erased identifiers.
//
// $customer  the id of an erased Customer
// $limit     how many Customers to return
//
// Returns a row per Customer:
//   other      its id
//   customers  the ids of it and of the parts that were split from it since
//   names      the identifiers (kind:value) that are erased so far
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
