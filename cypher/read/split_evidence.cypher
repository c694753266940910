// Which of a Customer's Identifiers its events carried together.
//
// $customer  its id
// $scan      how many of its latest Touchpoints to read
//
// Returns one row, or none if there is no such Customer:
//   survivor     the id of its surviving Customer
//   identifiers  maps of name (kind:value), since and shared, of the Identifiers that are its own
//   events       maps of names, the identifiers of one event, and count, the number of such events
//   touchpoints  how many Touchpoints it has
MATCH (customer:Customer {id: $customer})
MATCH (survivor:Customer {id: coalesce(customer.survivor, customer.id)})
RETURN
  survivor.id AS survivor,
  COLLECT {
    UNWIND CASE WHEN survivor = customer THEN [customer] ELSE [customer, survivor] END AS owner
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(owner)
    WHERE coalesce(identifies.home, owner.id) = customer.id
    WITH identifier, identifies ORDER BY identifies.since, identifier.kind, identifier.value
    RETURN {
      name: identifier.kind + ':' + identifier.value,
      since: toString(identifies.since),
      shared: identifier.shared IS NOT NULL
    }
  } AS identifiers,
  COLLECT {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = customer.id AND
      touchpoint.occurredAt <= datetime({year: 999999999}) AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    WITH touchpoint.identifiers AS names, count(*) AS count
    RETURN {names: names, count: count}
  } AS events,
  COUNT { (customer)-[:HAS_TOUCHPOINT]->() } AS touchpoints
