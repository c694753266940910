// Revokes an API key permanently. A repeat changes nothing.
//
// $id  its id
//
// Returns one row, or none if there is no such API key:
//   id
MATCH (apiKey:ApiKey {id: $id})
SET apiKey.revokedAt = coalesce(apiKey.revokedAt, datetime())
RETURN apiKey.id AS id
