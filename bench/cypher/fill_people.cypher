// Creates Customers and their Identifiers in bulk, in the form in which the service stores them.
//
// $people  for each, a list of its id and of its identifiers: lists of kind, value and weight
UNWIND $people AS person
WITH person, datetime() AS now
CREATE (customer:Customer {id: person[0], createdAt: now})
WITH person, now, customer
UNWIND person[1] AS key
CREATE (:Identifier {kind: key[0], value: key[1], weight: key[2]})
  -[:IDENTIFIES {since: now}]->(customer)
