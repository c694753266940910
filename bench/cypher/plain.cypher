// A plain write, as a user would make one: it resolves each event, in their order, to the Customer
// of its first identifier that has one, or to a new Customer. It stores the same data as the
// service's own write, so that the service can read it.
//
// $events  a map an event:
//            id           of its Touchpoint
//            newCustomer  the id for the Customer if one must be created
//            identifiers  maps of kind, value (normalised already) and weight, highest priority
//                         first
//            event, timestamp, properties (as text), values (of the properties)
//
// The service's own write also handles these, which this one leaves out: retries (a repeated event
// is written again), named Customers, identity conflicts, shared identifiers, identifier limits,
// merged Customers, and races with other writers.
UNWIND $events AS event
CALL (event) {
  CALL (event) {
    UNWIND event.identifiers AS key
    MERGE (identifier:Identifier {kind: key.kind, value: key.value})
      ON CREATE SET identifier.weight = key.weight
    WITH identifier
    OPTIONAL MATCH (identifier)-[:IDENTIFIES]->(owner:Customer)
    RETURN collect({identifier: identifier, owner: owner}) AS candidates
  }
  WITH
    event,
    datetime() AS now,
    head([candidate IN candidates WHERE candidate.owner IS NOT NULL]) AS match,
    [candidate IN candidates WHERE candidate.owner IS NULL | candidate.identifier] AS unowned
  CALL (event, now, match) {
    WITH event, now, match
    WHERE match IS NULL
    CREATE (customer:Customer {id: event.newCustomer, createdAt: now})
    RETURN customer, 'new' AS resolvedBy
    UNION ALL
    WITH match
    WHERE match IS NOT NULL
    RETURN match.owner AS customer, match.identifier.kind AS resolvedBy
  }
  FOREACH (identifier IN unowned |
    CREATE (identifier)-[:IDENTIFIES {since: now}]->(customer)
  )
  CREATE (customer)-[:HAS_TOUCHPOINT]->(touchpoint:Touchpoint {
    id: event.id,
    customerId: customer.id,
    event: event.event,
    timestamp: event.timestamp,
    occurredAt: datetime(event.timestamp),
    receivedAt: now,
    resolvedBy: resolvedBy,
    identifiers: [key IN event.identifiers | key.kind + ':' + key.value],
    properties: event.properties
  })
  SET touchpoint += event.values
  RETURN customer.id AS customerId, resolvedBy
}
RETURN collect([customerId, resolvedBy]) AS outcomes
