"""Errors of an embedded Neo4j."""


class EmbeddedError(Exception):
    """The embedded Neo4j cannot be used. The message has the reason, for the user."""
