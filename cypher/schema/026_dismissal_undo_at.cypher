// Undos of dismissals are read latest first.
CREATE INDEX dismissal_undo_at IF NOT EXISTS
FOR ()-[dismissal:WAS_NOT_SAME_AS]-()
ON (dismissal.undoneAt, dismissal.id)
