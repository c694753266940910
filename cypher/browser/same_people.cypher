// Who may be the same person
//
// Draws the 50 pairs of Customers whose events disagreed last about the owner of a key, with
// the keys of both. Left out are those who were merged, and those whom a reviewer told apart. It
// looks at every such pair.
MATCH (customer:Customer)-[doubt:MAY_BE_SAME_AS]->(other:Customer)
USING INDEX doubt:MAY_BE_SAME_AS(strength, id)
WHERE
  doubt.strength > 0 AND
  doubt.id IS NOT NULL AND
  coalesce(customer.survivor, customer.id) <> coalesce(other.survivor, other.id) AND
  NOT EXISTS { (customer)-[:NOT_SAME_AS]-(other) }
WITH customer, doubt, other
ORDER BY doubt.lastSeen DESC
LIMIT 50
MATCH path =
  (:Identifier)-[:IDENTIFIES]->(:Customer)<-[:MERGED_INTO*0..]-(customer)
  -[doubt]->(other)-[:MERGED_INTO*0..]->(:Customer)<-[:IDENTIFIES]-(:Identifier)
RETURN path
LIMIT 500
