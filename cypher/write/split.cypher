// Splits parts from a Customer. Each part is a new Customer, which some of the Identifiers point at
// from then on. The identifiers that connected the parts are marked as shared. A repeat with the
// same ids changes nothing.
//
// $customer  the id of the Customer to split
// $survivor  the id of its surviving Customer, which its Identifiers point at
// $parts     maps of id, of the split; customer, the id of the new Customer; and identifiers, maps
//            of kind and value
// $shared    the identifiers that connected the parts: maps of kind and value
// $at        when, [seconds since 1970, nanoseconds]
// $by        the id of the API key that requests it
// $reason    why
//
// Returns one row, or none if there is no such Customer, it has another surviving Customer now, or
// another split took one of the Identifiers:
//   identifiers  how many moved
CALL () {
  // As in a merge: a transaction that shares a Customer with this one waits.
  UNWIND CASE
    WHEN $survivor < $customer THEN [$survivor, $customer]
    ELSE [$customer, $survivor]
  END AS id
  MATCH (customer:Customer {id: id})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
WHERE locked = 2
MATCH (customer:Customer {id: $customer})
MATCH (survivor:Customer {id: $survivor})
REMOVE customer.locked, survivor.locked
WITH customer, survivor, datetime.fromepoch($at[0], $at[1]) AS at
WHERE
  coalesce(customer.survivor, customer.id) = survivor.id AND
  NOT EXISTS {
    UNWIND $parts AS part
    UNWIND part.identifiers AS key
    MATCH (identifier:Identifier {kind: key.kind, value: key.value})
      -[owned:IDENTIFIES]->(owner:Customer)
    WHERE NOT coalesce(owned.home, owner.id) IN [customer.id, part.customer]
    RETURN key
  }
CALL (at) {
  UNWIND $shared AS key
  MATCH (identifier:Identifier {kind: key.kind, value: key.value})
  SET identifier.shared = coalesce(identifier.shared, at)
}
CALL (customer, survivor, at) {
  UNWIND $parts AS part
  MERGE (new:Customer {id: part.customer})
    ON CREATE SET new.createdAt = at
  WITH customer, survivor, at, part, new
  WHERE NOT EXISTS { (new)-[:SPLIT_FROM]->(customer) }
  CREATE (new)-[:SPLIT_FROM {id: part.id, at: at, by: $by, reason: $reason}]->(customer)
  WITH customer, survivor, part, new
  UNWIND part.identifiers AS key
  MATCH (identifier:Identifier {kind: key.kind, value: key.value})
    -[old:IDENTIFIES]->(owner:Customer)
  WHERE coalesce(old.home, owner.id) = customer.id
  CREATE (identifier)-[:IDENTIFIES {since: old.since}]->(new)
  DELETE old
  RETURN count(identifier) AS identifiers
}
RETURN identifiers
