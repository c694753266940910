// The API keys with these hashes.
//
// $hashes  SHA-256 digests, as hexadecimal
//
// Returns a row per API key that exists:
//   id, name, producer, hash, scopes
//   origins    of a browser key, or null
//   expiresAt  seconds since 1970, or null
//   revoked    whether it is revoked
UNWIND $hashes AS hash
MATCH (apiKey:ApiKey {hash: hash})
RETURN
  apiKey.id AS id,
  apiKey.name AS name,
  apiKey.producer AS producer,
  apiKey.hash AS hash,
  apiKey.scopes AS scopes,
  apiKey.origins AS origins,
  apiKey.expiresAt.epochSeconds AS expiresAt,
  apiKey.revokedAt IS NOT NULL AS revoked
