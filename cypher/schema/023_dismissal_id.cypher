// A dismissal has an id, by which it is undone.
CREATE CONSTRAINT dismissal_id IF NOT EXISTS
FOR ()-[dismissal:NOT_SAME_AS]-()
REQUIRE dismissal.id IS UNIQUE
