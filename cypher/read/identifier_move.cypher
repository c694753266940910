// A move of an identifier, with its current state.
//
// $id  of the move
//
// Returns one row, or none if there is no such move:
//   kind          move or detach
//   identifier    as kind:value
//   from, to      the ids of the Customer that had it, and of the one that got it
//   fromSurvivor, toSurvivor  the ids of their surviving Customers; toSurvivor is null if the undo
//                 deleted the Customer
//   home          the id of the Customer that owns the identifier now, or did before it was merged
//   at, by, reason
//   undoneAt, undoneBy, undoReason  null if the move is not undone
//   deleted       whether the undo deleted the Customer that got it
MATCH (move:IdentifierMove {id: $id})-[:MOVES]->(identifier:Identifier)
OPTIONAL MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
OPTIONAL MATCH (from:Customer {id: move.customers[0]})
OPTIONAL MATCH (to:Customer {id: move.customers[1]})
RETURN
  move.kind AS kind,
  identifier.kind + ':' + identifier.value AS identifier,
  move.customers[0] AS from,
  move.customers[1] AS to,
  coalesce(from.survivor, from.id) AS fromSurvivor,
  coalesce(to.survivor, to.id) AS toSurvivor,
  coalesce(identifies.home, owner.id) AS home,
  toString(move.at) AS at,
  move.by AS by,
  move.reason AS reason,
  toString(move.undoneAt) AS undoneAt,
  move.undoneBy AS undoneBy,
  move.undoReason AS undoReason,
  coalesce(move.deleted, false) AS deleted
