// All API keys, oldest first.
//
// Returns a row per API key:
//   id, name, scopes
//   origins  of a browser key, or null
//   createdAt, expiresAt, revokedAt  as texts, or null
MATCH (apiKey:ApiKey)
WHERE apiKey.id >= 'key_'
RETURN
  apiKey.id AS id,
  apiKey.name AS name,
  apiKey.scopes AS scopes,
  apiKey.origins AS origins,
  toString(apiKey.createdAt) AS createdAt,
  toString(apiKey.expiresAt) AS expiresAt,
  toString(apiKey.revokedAt) AS revokedAt
ORDER BY id
