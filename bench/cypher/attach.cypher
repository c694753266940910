// The minimum of a write: attaches each Touchpoint to a Customer that is known by its ID.
// It returns one row, so that the measure is that of the write.
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
