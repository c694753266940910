// An undone dismissal keeps its id.
CREATE CONSTRAINT undone_dismissal_id IF NOT EXISTS
FOR ()-[dismissal:WAS_NOT_SAME_AS]-()
REQUIRE dismissal.id IS UNIQUE
