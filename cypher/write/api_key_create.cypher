// Records an API key, once: a repeat changes nothing.
//
// $id       its id
// $name     its display name
// $hash     the SHA-256 of its text, as hexadecimal
// $scopes   its scopes
// $origins  the origins of a browser key, or null
//
// Returns one row:
//   id
//   revoked  whether it is revoked
MERGE (apiKey:ApiKey {hash: $hash})
  ON CREATE SET
    apiKey.id = $id,
    apiKey.producer = $id,
    apiKey.name = $name,
    apiKey.scopes = $scopes,
    apiKey.origins = $origins,
    apiKey.createdAt = datetime()
RETURN apiKey.id AS id, apiKey.revokedAt IS NOT NULL AS revoked
