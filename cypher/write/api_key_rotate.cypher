// Records the successor of an API key, and lets the key itself expire after a grace period.
// The two are one producer, so that an event sent again under the new key is still a repeat.
// A repeat changes nothing.
//
// $id         of the key
// $successor  id of the new key
// $hash       the SHA-256 of the new key's text, as hexadecimal
// $grace      how long the key still works, in seconds
//
// Returns one row, or none if there is no such API key or it was revoked:
//   id  of the successor
MATCH (apiKey:ApiKey {id: $id})
WHERE apiKey.revokedAt IS NULL
MERGE (successor:ApiKey {hash: $hash})
  ON CREATE SET
    successor.id = $successor,
    successor.producer = apiKey.producer,
    successor.name = apiKey.name,
    successor.scopes = apiKey.scopes,
    successor.createdAt = datetime(),
    apiKey.expiresAt = datetime() + duration({seconds: $grace})
RETURN successor.id AS id
