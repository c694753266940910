// Today's new customers
//
// Draws the 50 Customers made last since midnight (UTC), with their keys; of one who was merged,
// those of whoever it was merged into. It looks at every Customer, as createdAt has no index: the
// more there are, the longer it takes.
MATCH (customer:Customer)
WHERE customer.createdAt >= datetime.truncate('day', datetime({timezone: 'UTC'}))
WITH customer
ORDER BY customer.createdAt DESC, customer.id DESC
LIMIT 50
MATCH path = (:Identifier)-[:IDENTIFIES]->(:Customer)<-[:MERGED_INTO*0..]-(customer)
RETURN path
ORDER BY customer.createdAt DESC, customer.id DESC
