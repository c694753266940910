// An import that is run again finds how far it had come.
CREATE CONSTRAINT import_id IF NOT EXISTS
FOR (import:Import)
REQUIRE import.id IS UNIQUE
