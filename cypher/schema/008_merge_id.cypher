// A merge has an id of its own, by which it is undone.
CREATE CONSTRAINT merge_id IF NOT EXISTS
FOR ()-[merge:MERGED_INTO]-()
REQUIRE merge.id IS UNIQUE
