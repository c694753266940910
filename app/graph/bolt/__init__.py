"""The Bolt protocol: the only package that uses Neo4j's driver."""
