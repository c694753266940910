// The Identifiers that events attached to erased Customers since the erasure began, and that it
// must suppress before it deletes them.
//
// $customer  the id of an erased Customer
// $limit     how many Identifiers to return
//
// Returns a row per Identifier, or none if there are none, or the erasure suppresses nothing:
//   name        kind:value
//   by, reason  those of the erasure
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
WHERE erasure.finishedAt IS NULL AND erasure.suppresses
MATCH (erasure)-[:LEAVES]->(:Leftover)<-[:IDENTIFIES]-(identifier:Identifier)
WHERE
  identifier.shared IS NULL AND
  NOT EXISTS { (erasure)-[:SUPPRESSED {name: identifier.kind + ':' + identifier.value}]->() }
WITH DISTINCT erasure, identifier
LIMIT $limit
RETURN
  identifier.kind + ':' + identifier.value AS name,
  erasure.by AS by,
  erasure.reason AS reason
