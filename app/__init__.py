"""Waypath Events: marketing events, each resolved to a Customer in Neo4j."""
