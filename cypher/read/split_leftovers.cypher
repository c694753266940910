// The parts that were split from a Customer, with their Identifiers.
//
// $customer  its id
//
// Returns a row per part:
//   part   its id
//   names  its identifiers (kind:value)
MATCH (part:Customer)-[:SPLIT_FROM]->(:Customer {id: $customer})
MATCH (survivor:Customer {id: coalesce(part.survivor, part.id)})
UNWIND CASE WHEN survivor = part THEN [part] ELSE [part, survivor] END AS owner
MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(owner)
WHERE coalesce(identifies.home, owner.id) = part.id
RETURN part.id AS part, collect(identifier.kind + ':' + identifier.value) AS names
