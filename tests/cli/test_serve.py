"""`waypath serve`: the errors that keep it from starting."""

from click.testing import CliRunner

from app import server
from app.cli.serve import serve_command
from app.errors import Unavailable


def test_an_embedded_neo4j_with_an_unknown_migration_is_an_error_with_exit_code_1(monkeypatch):
    def serve(config):
        raise Unavailable("the graph has an unknown schema migration")

    monkeypatch.setattr(server, "serve", serve)

    result = CliRunner().invoke(serve_command)

    assert result.exit_code == 1
    assert result.output == "Error: the graph has an unknown schema migration\n"
