// Processes read the changes of the suppression list in the order of their commits.
CREATE CONSTRAINT suppression_change_version IF NOT EXISTS
FOR (change:SuppressionChange)
REQUIRE change.version IS UNIQUE
