// Marks an Identifier as shared, or removes the mark and restarts the count of the Customers that
// it is seen with. A repeat with the same id changes nothing.
//
// $kind    of the Identifier
// $value   of the Identifier
// $shared  whether it is shared
// $id      the id for the review
// $at      now, [seconds since 1970, nanoseconds]
// $by      the id of the API key that requests it
// $reason  why
//
// Returns one row, or none if no Customer has the Identifier:
//   id, at, by, reason
//   kind        review
//   customers   the id of the Customer that owns the Identifier, or did before it was merged
//   identifier  as kind:value
//   shared      whether it is marked as shared
MATCH (identifier:Identifier {kind: $kind, value: $value})-[identifies:IDENTIFIES]->(owner:Customer)
OPTIONAL MATCH (home:Customer {id: identifies.home})
WITH identifier, coalesce(home, owner) AS customer
MERGE (identifier)-[review:REVIEWED {id: $id}]->(customer)
  ON CREATE SET
    review.shared = $shared,
    review.at = datetime.fromepoch($at[0], $at[1]),
    review.by = $by,
    review.reason = $reason,
    identifier.shared = CASE WHEN $shared
      THEN coalesce(identifier.shared, datetime.fromepoch($at[0], $at[1]))
    END,
    identifier.seenWith = CASE WHEN $shared THEN identifier.seenWith ELSE 0 END
RETURN
  review.id AS id,
  'review' AS kind,
  toString(review.at) AS at,
  review.by AS by,
  review.reason AS reason,
  [customer.id] AS customers,
  identifier.kind + ':' + identifier.value AS identifier,
  review.shared AS shared
