// The parts that were split from a Customer, with the Identifiers that they had then.
//
// $customer  its id
//
// Returns a row per part:
//   part   its id
//   names  its identifiers (kind:value) at the time of the split: later moves do not count
MATCH (part:Customer)-[split:SPLIT_FROM]->(:Customer {id: $customer})
MATCH (survivor:Customer {id: coalesce(part.survivor, part.id)})
UNWIND CASE WHEN survivor = part THEN [part] ELSE [part, survivor] END AS owner
MATCH (identifier:Identifier)-[identifies:IDENTIFIES|IDENTIFIED]->(owner)
WHERE
  coalesce(identifies.home, owner.id) = part.id AND
  identifies.since <= split.at AND
  coalesce(split.at < identifies.until, true)
RETURN part.id AS part, collect(identifier.kind + ':' + identifier.value) AS names
