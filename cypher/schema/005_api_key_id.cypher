// The service revokes an API key by its id.
CREATE CONSTRAINT api_key_id IF NOT EXISTS
FOR (apiKey:ApiKey)
REQUIRE apiKey.id IS UNIQUE
