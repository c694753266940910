"""Neo4j: driver, retries, statements, readiness."""
