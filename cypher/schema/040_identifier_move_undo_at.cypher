// The audit log is read by time, also the undos of moves of identifiers.
CREATE INDEX identifier_move_undo_at IF NOT EXISTS
FOR (move:IdentifierMove)
ON (move.undoneAt, move.id)
