// All transactions of a day, or of a command, add to one entry of the audit log.
CREATE CONSTRAINT prune_id IF NOT EXISTS
FOR (prune:Prune)
REQUIRE prune.id IS UNIQUE
