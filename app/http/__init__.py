"""All that speaks HTTP: the protocol, the middleware, bodies and responses."""
