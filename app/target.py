"""The target: the database that the settings name."""

from app.database import Database
from app.embedded import running
from app.settings import Settings


def database(config: Settings) -> Database:
    """The given database, or the embedded one that runs now.

    Raises LookupError where no embedded one runs.
    """
    if config.neo4j_uri:
        return Database(
            config.neo4j_uri,
            config.neo4j_username,
            config.neo4j_password,
            config.neo4j_database,
            config.neo4j_password_file,
            config.neo4j_token_file,
            config.neo4j_ca_file,
            config.neo4j_reads,
        )
    connection = running(config.neo4j_home)
    if connection is None:
        raise LookupError(f"no Neo4j runs in {config.neo4j_home}")
    return Database(connection.uri, connection.username, connection.password, config.neo4j_database)
