// Records a failed attempt to deliver the next entry. A repeat changes nothing but the times.
//
// $name      the name of the endpoint
// $holder    the id of the process that began
// $lease     the time of the lease from now on, in seconds
// $failures  the number of failed attempts since the last delivery
// $delay     the time until the next attempt, in milliseconds
// $error     the error
// $gone      the digest of the URL if it no longer wants webhooks, else null
//
// Returns one row, or none if another process has the lease:
//   failingSince  the time of the first of these failures, as a text
MATCH (endpoint:WebhookEndpoint {name: $name})
SET endpoint.locked = true
REMOVE endpoint.locked
WITH endpoint, datetime() AS now
WHERE endpoint.holder = $holder
SET
  endpoint.failures = $failures,
  endpoint.error = $error,
  endpoint.failingSince = coalesce(endpoint.failingSince, now),
  endpoint.nextAttemptAt = now + duration({milliseconds: $delay}),
  endpoint.gone = $gone,
  endpoint.expiresAt = now + duration({seconds: $lease})
RETURN toString(endpoint.failingSince) AS failingSince
