// Erasures are read latest first.
CREATE INDEX erasure_at IF NOT EXISTS
FOR (erasure:Erasure)
ON (erasure.at, erasure.id)
