// Who may be the same person
//
// Draws the 50 pairs of Customers with the latest identity conflicts, with the identifiers of both.
// Merged and dismissed pairs are left out. The query reads every identity conflict.
MATCH (customer:Customer)-[conflict:MAY_BE_SAME_AS]->(other:Customer)
USING INDEX conflict:MAY_BE_SAME_AS(strength, id)
WHERE
  conflict.strength > 0 AND
  conflict.id IS NOT NULL AND
  coalesce(customer.survivor, customer.id) <> coalesce(other.survivor, other.id) AND
  NOT EXISTS { (customer)-[:NOT_SAME_AS]-(other) }
WITH customer, conflict, other
ORDER BY conflict.lastSeen DESC
LIMIT 50
MATCH path =
  (:Identifier)-[:IDENTIFIES]->(:Customer)<-[:MERGED_INTO*0..]-(customer)
  -[conflict]->(other)-[:MERGED_INTO*0..]->(:Customer)<-[:IDENTIFIES]-(:Identifier)
RETURN path
LIMIT 500
