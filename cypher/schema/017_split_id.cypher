// A split has an id, by which it is undone.
CREATE CONSTRAINT split_id IF NOT EXISTS
FOR ()-[split:SPLIT_FROM]-()
REQUIRE split.id IS UNIQUE
