// A Touchpoint is written once: a repeated write finds the first one by its id.
CREATE CONSTRAINT touchpoint_id IF NOT EXISTS
FOR (touchpoint:Touchpoint)
REQUIRE touchpoint.id IS UNIQUE
