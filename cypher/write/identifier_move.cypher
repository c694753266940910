// Moves an Identifier from its Customer to another one, or detaches it: then the other one is new.
// Touchpoints do not move. The former ownership stays as IDENTIFIED, for reads as of a point in time.
// A repeat with the same id changes nothing.
//
// $id            for the move
// $act           move or detach
// $kind          of the Identifier
// $value         of the Identifier
// $from          the id of the Customer that owns it, or did before it was merged
// $fromSurvivor  the id of its surviving Customer
// $to            the id of the Customer that gets it; for a detach, the id for a new one
// $toSurvivor    the id of its surviving Customer
// $locks         the ids of these Customers that exist, in their order
// $at            when, [seconds since 1970, nanoseconds]
// $by            the id of the API key that requests it
// $reason        why
//
// Returns one row, or none if one of the Customers does not exist or has another surviving Customer
// now, or the Identifier is of another Customer now:
//   id  of the move
CALL () {
  // As in a merge: a transaction that shares a Customer with this one waits.
  UNWIND $locks AS id
  MATCH (customer:Customer {id: id})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
WHERE locked = size($locks)
CALL () {
  // Matched again: an erasure may have taken one before this transaction got its lock.
  UNWIND $locks AS id
  MATCH (customer:Customer {id: id})
  REMOVE customer.locked
  RETURN collect(customer) AS customers
}
WITH
  datetime.fromepoch($at[0], $at[1]) AS at,
  EXISTS { (:IdentifierMove {id: $id}) } AS isDone,
  size(customers) = size($locks) AND all(customer IN customers WHERE
    CASE customer.id
      WHEN $from THEN coalesce(customer.survivor, customer.id) = $fromSurvivor
      WHEN $to THEN coalesce(customer.survivor, customer.id) = $toSurvivor
      ELSE customer.survivor IS NULL
    END
  ) AS isCurrent
CALL (at, isDone, isCurrent) {
  WITH at
  WHERE isCurrent AND NOT isDone
  MATCH (identifier:Identifier {kind: $kind, value: $value})-[old:IDENTIFIES]->(owner:Customer)
  WHERE coalesce(old.home, owner.id) = $from
  MATCH (from:Customer {id: $from})
  MATCH (fromSurvivor:Customer {id: $fromSurvivor})
  MERGE (to:Customer {id: $to})
    ON CREATE SET to.createdAt = at
  WITH at, identifier, old, from, fromSurvivor, to
  MATCH (toSurvivor:Customer {id: $toSurvivor})
  CREATE (move:IdentifierMove {
    id: $id,
    kind: $act,
    at: at,
    by: $by,
    reason: $reason,
    customers: [$from, $to]
  })
  CREATE (move)-[:MOVES]->(identifier)
  CREATE (move)-[:MOVED_FROM]->(from)
  CREATE (move)-[:MOVED_TO]->(to)
  // After the undo of the merge, the surviving Customer still is one from which it was moved.
  FOREACH (survivor IN [node IN [fromSurvivor] WHERE node <> from] |
    CREATE (move)-[:SEPARATES]->(survivor)
  )
  CREATE (identifier)-[:IDENTIFIED {since: old.since, until: at}]->(from)
  CREATE (identifier)-[:IDENTIFIES {
    since: at,
    home: CASE WHEN to <> toSurvivor THEN to.id END
  }]->(toSurvivor)
  DELETE old
  RETURN count(move) AS moves
}
WITH isDone, moves
WHERE isDone OR moves = 1
RETURN $id AS id
