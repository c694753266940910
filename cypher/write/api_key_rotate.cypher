// Records the successor of an API key, and lets the API key expire after a grace period. The two
// are one producer, so an event that is retried under the new API key is still a repeat. A repeat
// of the rotation changes nothing.
//
// $id         of the API key
// $successor  id of the new API key
// $hash       the SHA-256 of the new API key's text, as hexadecimal
// $grace      how long the old API key still works, in seconds
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
    successor.origins = apiKey.origins,
    successor.createdAt = datetime(),
    apiKey.expiresAt = datetime() + duration({seconds: $grace})
RETURN successor.id AS id
