// Which of a Customer's Identifiers its events carried together.
//
// $customer  its id
//
// Returns one row, or none if there is no such Customer:
//   survivor     the id of its surviving Customer
//   identifiers  maps of name (kind:value), since and shared, of the Identifiers that are its own
//   events       maps of names, the identifiers of one event, and count, the number of such events
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
    MATCH (touchpoint:Touchpoint {customerId: customer.id})
    WHERE touchpoint.occurredAt IS NOT NULL AND touchpoint.id IS NOT NULL
    WITH touchpoint.identifiers AS names, count(*) AS count
    RETURN {names: names, count: count}
  } AS events
