// The audit log is read by time.
CREATE INDEX identifier_move_at IF NOT EXISTS
FOR (move:IdentifierMove)
ON (move.at, move.id)
