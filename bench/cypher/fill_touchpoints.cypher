// Attaches Touchpoints in bulk, in the form in which the service stores them.
//
// $first    the number of the first one
// $who      for each, a list of the id of its Customer and of its identifiers
// $samples  some events, of which each Touchpoint takes the content of one: maps of event,
//           properties and values
UNWIND range(0, size($who) - 1) AS position
WITH
  $who[position] AS who,
  $samples[position % size($samples)] AS sample,
  $first + position AS number
WITH who, sample, number, datetime('2026-01-01T00:00:00Z') + duration({seconds: number}) AS at
MATCH (customer:Customer {id: who[0]})
CREATE (customer)-[:HAS_TOUCHPOINT]->(touchpoint:Touchpoint {id: 'evt_' + number})
SET touchpoint += sample.values
SET
  touchpoint.customerId = customer.id,
  touchpoint.event = sample.event,
  touchpoint.timestamp = toString(at),
  touchpoint.occurredAt = at,
  touchpoint.receivedAt = at,
  touchpoint.resolvedBy = 'email',
  touchpoint.identifiers = who[1],
  touchpoint.properties = sample.properties
