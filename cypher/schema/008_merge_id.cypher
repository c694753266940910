// A merge has an id, by which it is undone.
CREATE CONSTRAINT merge_id IF NOT EXISTS
FOR ()-[merge:MERGED_INTO]-()
REQUIRE merge.id IS UNIQUE
