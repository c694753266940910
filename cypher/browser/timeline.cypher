// A customer's timeline
//
// Draws a Customer with its Identifiers, the Customers that are merged into it, and the latest 100
// Touchpoints of all of them. "Table" lists them newest first.
//
// $who  an email in lower case, a phone such as +14155552671, an external or anonymous ID; to set it:
//       :param who => 'jane@acme.com'
UNWIND ['email', 'phone', 'externalId', 'anonymousId'] AS kind
MATCH
  (:Identifier {kind: kind, value: $who})
  -[:IDENTIFIES]->(:Customer)-[:MERGED_INTO*0..]->(customer:Customer)
WHERE customer.survivor IS NULL
WITH DISTINCT customer
MATCH (member:Customer)-[:MERGED_INTO*0..]->(customer)
MATCH (touchpoint:Touchpoint {customerId: member.id})
WHERE touchpoint.occurredAt IS NOT NULL AND touchpoint.id IS NOT NULL
WITH customer, member, touchpoint
ORDER BY touchpoint.occurredAt DESC, touchpoint.id DESC
LIMIT 100
RETURN
  touchpoint,
  member,
  customer,
  COLLECT {
    MATCH (identifier:Identifier)-[:IDENTIFIES]->(customer)
    RETURN identifier
    LIMIT 25
  } AS identifiers
ORDER BY touchpoint.occurredAt DESC, touchpoint.id DESC
