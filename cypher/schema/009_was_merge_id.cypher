// An undone merge keeps its id.
CREATE CONSTRAINT was_merge_id IF NOT EXISTS
FOR ()-[merge:WAS_MERGED_INTO]-()
REQUIRE merge.id IS UNIQUE
