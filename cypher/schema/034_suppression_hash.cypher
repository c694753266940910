// A suppressed identifier is one node, by its keyed hash.
CREATE CONSTRAINT suppression_hash IF NOT EXISTS
FOR (suppression:Suppression)
REQUIRE suppression.hash IS UNIQUE
