// A suppression is undone by its id.
CREATE CONSTRAINT suppression_change_id IF NOT EXISTS
FOR (change:SuppressionChange)
REQUIRE change.id IS UNIQUE
