// Revokes an API key for good. Revoking it again changes nothing.
//
// $id  its id
//
// Returns its id; no row where there is no such key.
MATCH (apiKey:ApiKey {id: $id})
SET apiKey.revokedAt = coalesce(apiKey.revokedAt, datetime())
RETURN apiKey.id AS id
