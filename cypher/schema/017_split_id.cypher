// A split has an id of its own, by which it is undone.
CREATE CONSTRAINT split_id IF NOT EXISTS
FOR ()-[split:SPLIT_FROM]-()
REQUIRE split.id IS UNIQUE
