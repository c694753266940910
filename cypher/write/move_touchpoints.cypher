// Moves Touchpoints to the part of a Customer whose Identifiers they carry. A repeat changes
// nothing.
//
// $customer  the id of the Customer whose they are
// $part      the id of the Customer to give them to
// $names     the part's Identifiers (kind:value)
// $limit     how many to move
//
// Returns one row: how many it moved.
MATCH (part:Customer {id: $part})
MATCH (touchpoint:Touchpoint {customerId: $customer})<-[has:HAS_TOUCHPOINT]-(:Customer)
WHERE
  touchpoint.occurredAt IS NOT NULL AND
  touchpoint.id IS NOT NULL AND
  any(name IN touchpoint.identifiers WHERE name IN $names)
WITH part, touchpoint, has
LIMIT $limit
DELETE has
CREATE (part)-[:HAS_TOUCHPOINT]->(touchpoint)
SET touchpoint.customerId = part.id
RETURN count(touchpoint) AS moved
