// Undoes a move of an identifier: its former Customer has it again. Deletes the Customer that a
// detach created if it has nothing else; then nothing but the audit log has a trace of the detach. A
// repeat changes nothing.
//
// $id            of the move
// $from          the id of the Customer that had the identifier
// $fromSurvivor  the id of its surviving Customer
// $to            the id of the Customer that got it
// $toSurvivor    the id of its surviving Customer
// $locks         the ids of these Customers, in their order
// $at            when, [seconds since 1970, nanoseconds]
// $by            the id of the API key that requests it
// $reason        why, or null
//
// Returns one row, of the first undo if it is repeated, or none if there is no such move, one of the
// Customers has another surviving Customer now, or the identifier is of another Customer now:
//   undoneAt, undoneBy, undoReason
//   deleted  whether the Customer that got it is deleted
CALL () {
  // As in a merge: a transaction that shares a Customer with this one waits.
  UNWIND $locks AS id
  MATCH (customer:Customer {id: id})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
CALL () {
  // Matched again: an erasure may have taken one before this transaction got its lock.
  UNWIND $locks AS id
  MATCH (customer:Customer {id: id})
  REMOVE customer.locked
  RETURN collect(customer) AS customers
}
MATCH (move:IdentifierMove {id: $id})
WITH
  move,
  datetime.fromepoch($at[0], $at[1]) AS at,
  size(customers) = size($locks) AND all(customer IN customers WHERE
    CASE customer.id
      WHEN $from THEN coalesce(customer.survivor, customer.id) = $fromSurvivor
      WHEN $to THEN coalesce(customer.survivor, customer.id) = $toSurvivor
      ELSE customer.survivor IS NULL
    END
  ) AS isCurrent
CALL (move, at, isCurrent) {
  WITH move, at
  WHERE isCurrent AND move.undoneAt IS NULL
  MATCH (move)-[:MOVES]->(identifier:Identifier)-[old:IDENTIFIES]->(owner:Customer)
  WHERE coalesce(old.home, owner.id) = $to
  MATCH (from:Customer {id: $from})
  MATCH (fromSurvivor:Customer {id: $fromSurvivor})
  MATCH (to:Customer {id: $to})
  OPTIONAL MATCH (identifier)-[past:IDENTIFIED {until: move.at}]->(from)
  WITH *,
    // With the move and the Identifier alone.
    move.kind = 'detach' AND owner = to AND COUNT { (to)--() } = 2 AS isEmpty
  CREATE (identifier)-[:IDENTIFIES {
    since: CASE WHEN isEmpty THEN coalesce(past.since, at) ELSE at END,
    home: CASE WHEN from <> fromSurvivor THEN from.id END
  }]->(fromSurvivor)
  FOREACH (_ IN CASE WHEN isEmpty THEN [] ELSE [true] END |
    CREATE (identifier)-[:IDENTIFIED {since: old.since, until: at}]->(to)
  )
  SET
    move.undoneAt = at,
    move.undoneBy = $by,
    move.undoReason = $reason,
    move.deleted = CASE WHEN isEmpty THEN true END
  DELETE old
  WITH move, past, to, isEmpty
  WHERE isEmpty
  MATCH (move)-[moved:MOVED_TO]->(to)
  DELETE moved, past
  // Without DETACH: fails, and is retried, if a writer that had found it has attached a Touchpoint.
  DELETE to
}
WITH move
WHERE move.undoneAt IS NOT NULL
RETURN
  toString(move.undoneAt) AS undoneAt,
  move.undoneBy AS undoneBy,
  move.undoReason AS undoReason,
  coalesce(move.deleted, false) AS deleted
