// A rejection is counted in the group of its API key, its error code and its field.
CREATE CONSTRAINT rejection_group_key IF NOT EXISTS
FOR (rejections:RejectionGroup)
REQUIRE (rejections.apiKey, rejections.code, rejections.field) IS UNIQUE
