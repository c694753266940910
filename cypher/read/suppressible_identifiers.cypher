// The identifiers of a Customer that its suppression covers. An identifier that is marked as shared
// belongs to other people, too.
//
// $customer  the id of the surviving Customer
//
// Returns a row per identifier:
//   name  kind:value
MATCH (identifier:Identifier)-[:IDENTIFIES]->(:Customer {id: $customer})
WHERE identifier.shared IS NULL
RETURN identifier.kind + ':' + identifier.value AS name
