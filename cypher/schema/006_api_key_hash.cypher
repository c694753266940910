// The service finds an API key by the SHA-256 of its text. It never stores the text.
CREATE CONSTRAINT api_key_hash IF NOT EXISTS
FOR (apiKey:ApiKey)
REQUIRE apiKey.hash IS UNIQUE
