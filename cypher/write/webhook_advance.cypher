// Saves the position of the webhooks in the audit log. A repeat changes nothing but the times.
//
// $name         the name of the endpoint
// $holder       the id of the process that began
// $lease        the time of the lease from now on, in seconds
// $at           the time of the entry before the position, [seconds since 1970, nanoseconds]
// $id           its id
// $isDelivered  whether any entry was delivered since the last save; if not, all were passed over
//
// Returns one row, or none if another process has the lease:
//   savedAt  when, as a text
MATCH (endpoint:WebhookEndpoint {name: $name})
SET endpoint.locked = true
REMOVE endpoint.locked
WITH endpoint, datetime() AS now
WHERE endpoint.holder = $holder
SET
  endpoint.entryAt = datetime.fromepoch($at[0], $at[1]),
  endpoint.entryId = $id,
  endpoint.expiresAt = now + duration({seconds: $lease})
FOREACH (delivered IN [node IN [endpoint] WHERE $isDelivered] |
  SET delivered.deliveredAt = now, delivered.failures = 0
  REMOVE delivered.nextAttemptAt, delivered.failingSince, delivered.error, delivered.gone
)
RETURN toString(now) AS savedAt
