// A customer's identity graph
//
// Draws a Customer, the Customers that are merged into it, the Customers that may be the same
// person (up to two conflicts apart), and the Identifiers of all of them.
//
// $who  an email in lower case, a phone such as +14155552671, an external or anonymous ID; to set it:
//       :param who => 'jane@acme.com'
UNWIND ['email', 'phone', 'externalId', 'anonymousId'] AS kind
MATCH
  (:Identifier {kind: kind, value: $who})
  -[:IDENTIFIES]->(:Customer)-[:MERGED_INTO*0..]->(customer:Customer)
WHERE customer.survivor IS NULL
WITH DISTINCT customer
MATCH path =
  (customer)<-[:MERGED_INTO*0..]-(:Customer)-[:MAY_BE_SAME_AS|MERGED_INTO*0..2]-(:Customer)
  <-[:IDENTIFIES*0..1]-(end)
WHERE end:Identifier OR NOT EXISTS { (end)<-[:IDENTIFIES]-() }
RETURN path
LIMIT 300
