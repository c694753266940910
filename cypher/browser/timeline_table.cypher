// A customer's timeline as a table
//
// Lists the latest 100 Touchpoints of a Customer and of the Customers that are merged into it,
// newest first, with the properties as they were sent.
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
RETURN
  touchpoint.timestamp AS timestamp,
  touchpoint.event AS event,
  touchpoint.properties AS properties,
  touchpoint.resolvedBy AS resolvedBy,
  touchpoint.identifiers AS identifiers
ORDER BY touchpoint.occurredAt DESC, touchpoint.id DESC
LIMIT 100
