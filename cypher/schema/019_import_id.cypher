// A repeated import finds its checkpoint.
CREATE CONSTRAINT import_id IF NOT EXISTS
FOR (import:Import)
REQUIRE import.id IS UNIQUE
