// Splits are read latest first.
CREATE INDEX split_at IF NOT EXISTS
FOR ()-[split:SPLIT_FROM]-()
ON (split.at, split.id)
