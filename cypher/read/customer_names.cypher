// The strongest Identifiers of Customers, by which people know them.
//
// $customers  the ids of the Customers
// $own        whether an Identifier of a Customer that was merged into one counts only if that one
//             has none of its own
//
// Returns a row per Customer that exists and has an Identifier:
//   customerId
//   name        the value of the Identifier
UNWIND $customers AS id
MATCH (customer:Customer {id: id})
CALL (customer) {
  CALL (customer) {
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(customer)
    RETURN identifier, identifies, identifies.home IS NULL AS isOwn
    UNION ALL
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES {home: customer.id}]->(:Customer)
    RETURN identifier, identifies, true AS isOwn
  }
  WITH identifier, identifies, isOwn
  ORDER BY
    CASE WHEN $own AND NOT isOwn THEN 1 ELSE 0 END,
    identifier.weight DESC,
    identifies.since,
    identifier.value
  LIMIT 1
  RETURN identifier
}
RETURN customer.id AS customerId, identifier.value AS name
