// Records that the entry of the audit log at a position is delivered. A repeat changes nothing.
//
// $name    the name of the endpoint
// $holder  the id of the process that began
// $lease   the time of the lease from now on, in seconds
// $at      the time of the entry, [seconds since 1970, nanoseconds]
// $id      its id
//
// Returns one row, or none if another process has the lease:
//   deliveredAt  when, as a text
MATCH (endpoint:WebhookEndpoint {name: $name})
SET endpoint.locked = true
REMOVE endpoint.locked
WITH endpoint, datetime() AS now
WHERE endpoint.holder = $holder
SET
  endpoint.entryAt = datetime.fromepoch($at[0], $at[1]),
  endpoint.entryId = $id,
  endpoint.deliveredAt = now,
  endpoint.expiresAt = now + duration({seconds: $lease}),
  endpoint.failures = 0
REMOVE endpoint.nextAttemptAt, endpoint.failingSince, endpoint.error, endpoint.gone
RETURN toString(now) AS deliveredAt
