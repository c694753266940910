"""Errors of an embedded Neo4j."""


class EmbeddedError(Exception):
    """The embedded Neo4j cannot be used; the message tells a user why."""
