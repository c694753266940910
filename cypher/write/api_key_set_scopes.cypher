// Replaces the scopes of an API key.
//
// $hash    the SHA-256 of its text, as hexadecimal
// $scopes  its scopes
//
// Returns one row:
//   id
MATCH (apiKey:ApiKey {hash: $hash})
SET apiKey.scopes = $scopes
RETURN apiKey.id AS id
