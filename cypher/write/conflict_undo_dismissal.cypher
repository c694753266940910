// Undoes a dismissal: the two Customers are listed as an identity conflict again. A repeat changes
// nothing.
//
// $id      of the dismissal
// $at      when, [seconds since 1970, nanoseconds]
// $by      the id of the API key that requests it
// $reason  why, or null
//
// Returns one row, of the first undo if it is repeated, or none if there is no such dismissal:
//   id          of the dismissal
//   at, by, reason
//   kind        undo
//   customers   the ids of the two
//   identifier  null
//   shared      null
CALL () {
  MATCH (one:Customer)-[:NOT_SAME_AS {id: $id}]->(other:Customer)
  RETURN one, other
  UNION
  MATCH (one:Customer)-[:WAS_NOT_SAME_AS {id: $id}]->(other:Customer)
  RETURN one, other
}
CALL (one, other) {
  // As in a merge: a transaction that shares a Customer with this one waits.
  UNWIND CASE WHEN one.id < other.id THEN [one, other] ELSE [other, one] END AS customer
  SET customer.locked = true
  RETURN count(customer) AS locked
}
REMOVE one.locked, other.locked
WITH one, other
CALL (one, other) {
  MATCH (one)-[dismissal:NOT_SAME_AS {id: $id}]->(other)
  CREATE (one)-[undone:WAS_NOT_SAME_AS]->(other)
  SET undone = properties(dismissal)
  SET undone += {
    undoneAt: datetime.fromepoch($at[0], $at[1]),
    undoneBy: $by,
    undoReason: $reason
  }
  DELETE dismissal
  RETURN count(undone) AS count
}
MATCH (one)-[undone:WAS_NOT_SAME_AS {id: $id}]->(other)
RETURN
  undone.id AS id,
  'undo' AS kind,
  toString(undone.undoneAt) AS at,
  undone.undoneBy AS by,
  undone.undoReason AS reason,
  [one.id, other.id] AS customers,
  null AS identifier,
  null AS shared
