// Ends the deliveries of a process, so that another one continues. A repeat changes nothing.
//
// $name    the name of the endpoint
// $holder  the id of the process that began
//
// Returns nothing.
MATCH (endpoint:WebhookEndpoint {name: $name})
SET endpoint.locked = true
REMOVE endpoint.locked
WITH endpoint
WHERE endpoint.holder = $holder
REMOVE endpoint.holder, endpoint.expiresAt
