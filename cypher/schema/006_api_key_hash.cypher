// An API key is found by the SHA-256 of its text; the text itself is never stored.
CREATE CONSTRAINT api_key_hash IF NOT EXISTS
FOR (apiKey:ApiKey)
REQUIRE apiKey.hash IS UNIQUE
