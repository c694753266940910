// A move of an identifier is one node, by its id.
CREATE CONSTRAINT identifier_move_id IF NOT EXISTS
FOR (move:IdentifierMove)
REQUIRE move.id IS UNIQUE
