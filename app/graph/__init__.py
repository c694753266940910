"""Neo4j: driver, retries, statements, schema migrations, readiness."""
