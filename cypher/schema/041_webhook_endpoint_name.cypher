// One process at a time delivers webhooks, from the position of the last one.
CREATE CONSTRAINT webhook_endpoint_name IF NOT EXISTS
FOR (endpoint:WebhookEndpoint)
REQUIRE endpoint.name IS UNIQUE
