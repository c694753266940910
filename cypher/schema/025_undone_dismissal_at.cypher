// Undone dismissals are read latest first.
CREATE INDEX undone_dismissal_at IF NOT EXISTS
FOR ()-[dismissal:WAS_NOT_SAME_AS]-()
ON (dismissal.at, dismissal.id)
