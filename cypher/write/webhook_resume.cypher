// Ends the wait for the next attempt, also after the receiver was gone. The process that has the lease
// loses it, so that it does not overwrite a new position.
//
// $name   the name of the endpoint
// $start  the time from which entries are delivered again, [seconds since 1970, nanoseconds], or null
//         to continue after the last delivered one
//
// Returns one row, or none if nothing was delivered or attempted yet:
//   at  the time after which entries are delivered, as a text
MATCH (endpoint:WebhookEndpoint {name: $name})
SET
  endpoint.failures = 0,
  endpoint.entryId = CASE WHEN $start IS NULL THEN endpoint.entryId ELSE '' END,
  endpoint.entryAt = CASE
    WHEN $start IS NULL THEN endpoint.entryAt
    ELSE datetime.fromepoch($start[0], $start[1])
  END
REMOVE
  endpoint.holder,
  endpoint.expiresAt,
  endpoint.nextAttemptAt,
  endpoint.failingSince,
  endpoint.error,
  endpoint.gone
RETURN toString(endpoint.entryAt) AS at
