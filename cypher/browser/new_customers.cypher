// Today's new customers
//
// Draws the 50 Customers created last since midnight (UTC), with their Identifiers. For a merged
// Customer, it draws the Identifiers of the surviving Customer. It reads every Customer, because
// createdAt has no index, so its duration grows with their number.
MATCH (customer:Customer)
WHERE customer.createdAt >= datetime.truncate('day', datetime({timezone: 'UTC'}))
WITH customer
ORDER BY customer.createdAt DESC, customer.id DESC
LIMIT 50
MATCH path = (:Identifier)-[:IDENTIFIES]->(:Customer)<-[:MERGED_INTO*0..]-(customer)
RETURN path
ORDER BY customer.createdAt DESC, customer.id DESC
