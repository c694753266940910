// Begins or continues to deliver webhooks, unless another process does. A process that has the lease
// and makes no transaction for the time of the lease loses it. The first one starts with the entries
// of the audit log from now on.
//
// $name    the name of the endpoint
// $holder  an id of the process
// $lease   the time of the lease from now on, in seconds
//
// Returns one row, or none if another process has the lease:
//   at        the time of the last delivered entry, [seconds since 1970, nanoseconds]
//   id        its id, or an empty text if none was delivered
//   failures  the number of failed attempts since the last delivery
//   isDue     whether the time of the next attempt has come
//   gone      the digest of the URL that no longer wants webhooks, or null
OPTIONAL MATCH (known:WebhookEndpoint {name: $name})
WITH known, datetime() AS now
// First without a lock: mostly, another process has the lease.
WHERE coalesce(known.expiresAt <= now OR known.holder = $holder, true)
MERGE (endpoint:WebhookEndpoint {name: $name})
  ON CREATE SET endpoint.entryAt = now, endpoint.entryId = '', endpoint.failures = 0
SET endpoint.locked = true
REMOVE endpoint.locked
WITH endpoint, now
WHERE coalesce(endpoint.expiresAt <= now OR endpoint.holder = $holder, true)
SET endpoint.holder = $holder, endpoint.expiresAt = now + duration({seconds: $lease})
RETURN
  [endpoint.entryAt.epochSeconds, endpoint.entryAt.nanosecond] AS at,
  endpoint.entryId AS id,
  endpoint.failures AS failures,
  coalesce(endpoint.nextAttemptAt <= now, true) AS isDue,
  endpoint.gone AS gone
