// Records that two Customers are not the same person, once: a repeat changes nothing.
//
// $one     the id of one Customer of an identity conflict
// $other   the id of the other
// $id      the id for the dismissal
// $at      now, [seconds since 1970, nanoseconds]
// $by      the id of the API key that requests it
// $reason  why
//
// Returns one row, of the first dismissal if it is repeated, or none if there is no identity
// conflict between the two, or they are merged:
//   id, at, by, reason
//   kind        dismissal
//   customers   the ids of the two
//   identifier  null
//   shared      null
MATCH (one:Customer {id: $one})
MATCH (other:Customer {id: $other})
CALL (one, other) {
  // As in a merge: a transaction that shares a Customer with this one waits. An undo that ran at
  // the same time could delete the relationship before its properties are read.
  UNWIND CASE WHEN one.id < other.id THEN [one, other] ELSE [other, one] END AS customer
  SET customer.locked = true
  RETURN count(customer) AS locked
}
REMOVE one.locked, other.locked
WITH one, other
WHERE
  EXISTS { (one)-[:NOT_SAME_AS]-(other) } OR
  coalesce(one.survivor, one.id) <> coalesce(other.survivor, other.id) AND
  EXISTS { (one)-[:MAY_BE_SAME_AS]-(other) }
MERGE (one)-[dismissal:NOT_SAME_AS]-(other)
  ON CREATE SET
    dismissal.id = $id,
    dismissal.at = datetime.fromepoch($at[0], $at[1]),
    dismissal.by = $by,
    dismissal.reason = $reason
RETURN
  dismissal.id AS id,
  'dismissal' AS kind,
  toString(dismissal.at) AS at,
  dismissal.by AS by,
  dismissal.reason AS reason,
  [startNode(dismissal).id, endNode(dismissal).id] AS customers,
  null AS identifier,
  null AS shared
