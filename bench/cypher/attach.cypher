// The floor of any write: attaches a Touchpoint to a Customer who is known by id.
// It returns one row, so that what is measured is the writing.
UNWIND $batch.events AS event
CALL (event) {
  MATCH (customer:Customer {id: event.customer})
  CREATE (customer)-[:HAS_TOUCHPOINT]->(touchpoint:Touchpoint {id: event.id})
  SET touchpoint += event.values
  SET
    touchpoint.customerId = customer.id,
    touchpoint.event = event.event,
    touchpoint.timestamp = event.timestamp,
    touchpoint.occurredAt = datetime.fromepoch(event.occurredAt[0], event.occurredAt[1]),
    touchpoint.receivedAt = datetime.fromepoch(event.receivedAt[0], event.receivedAt[1]),
    touchpoint.resolvedBy = 'customer',
    touchpoint.identifiers = event.identifiers,
    touchpoint.properties = event.properties
  RETURN customer.id AS customerId
}
RETURN collect(customerId) AS customerIds
