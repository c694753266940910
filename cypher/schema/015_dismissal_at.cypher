// Dismissals are read latest first.
CREATE INDEX dismissal_at IF NOT EXISTS
FOR ()-[dismissal:NOT_SAME_AS]-()
ON (dismissal.at, dismissal.id)
