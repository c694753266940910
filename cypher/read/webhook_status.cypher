// The state of the deliveries of webhooks.
//
// $name  the name of the endpoint
//
// Returns one row, or none if no process has begun to deliver:
//   deliveredAt   the time of the last delivery, as a text, or null
//   failures      the number of failed attempts since then
//   failingSince  the time of the first of them, as a text, or null
//   error         the error of the last attempt, or null
//   gone          the digest of the URL that no longer wants webhooks, or null
MATCH (endpoint:WebhookEndpoint {name: $name})
RETURN
  toString(endpoint.deliveredAt) AS deliveredAt,
  endpoint.failures AS failures,
  toString(endpoint.failingSince) AS failingSince,
  endpoint.error AS error,
  endpoint.gone AS gone
