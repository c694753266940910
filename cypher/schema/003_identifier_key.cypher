// An identifier belongs to one Customer at most: an Identifier is unique by its kind and value.
CREATE CONSTRAINT identifier_key IF NOT EXISTS
FOR (identifier:Identifier)
REQUIRE (identifier.kind, identifier.value) IS UNIQUE
