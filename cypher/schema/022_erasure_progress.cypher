// Unfinished erasures are found by the time of their latest progress. A finished one has none.
CREATE INDEX erasure_progress IF NOT EXISTS
FOR (erasure:Erasure)
ON (erasure.progressAt)
