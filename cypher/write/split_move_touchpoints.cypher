// Moves Touchpoints to the part that was split from a Customer, if they carry its Identifiers.
// Touchpoints received after the split stay. A repeat changes nothing.
//
// $customer  the id of the Customer that the Touchpoints belong to
// $part      the id of the Customer to move them to
// $names     the part's Identifiers (kind:value)
// $limit     how many to move
//
// Returns one row:
//   moved  how many Touchpoints
MATCH (part:Customer {id: $part})
// Another process that moves them at the same time waits here, and then finds them moved.
SET part.locked = true
REMOVE part.locked
WITH part
MATCH (part)-[split:SPLIT_FROM]->(:Customer {id: $customer})
MATCH (touchpoint:Touchpoint {customerId: $customer})<-[has:HAS_TOUCHPOINT]-(:Customer)
USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
WHERE
  touchpoint.occurredAt IS NOT NULL AND
  touchpoint.id IS NOT NULL AND
  touchpoint.receivedAt <= split.at AND
  any(name IN touchpoint.identifiers WHERE name IN $names)
WITH part, touchpoint, has
LIMIT $limit
DELETE has
CREATE (part)-[:HAS_TOUCHPOINT]->(touchpoint)
SET touchpoint.customerId = part.id
RETURN count(touchpoint) AS moved
