// An erasure that is not finished is found by when it last went on; one that is has no such moment.
CREATE INDEX erasure_progress IF NOT EXISTS
FOR (erasure:Erasure)
ON (erasure.progressAt)
