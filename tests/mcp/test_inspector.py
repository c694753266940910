"""The inspector's command-line client, on the service over HTTP."""

import json
import os
import subprocess

import pytest

from tests.mcp.packages import PACKAGES
from tests.sdks import installation
from tests.support.mcp_client import EXAMPLE


@pytest.fixture(scope="module", params=["modern", "legacy"])
def inspect(address, key, request, tmp_path_factory):
    """Runs the inspector with a method and its options, and returns the result.

    It speaks a revision of the protocol that is stateless, or one that begins with a handshake.
    """
    inspector = installation.node_modules(PACKAGES) / "@modelcontextprotocol" / "inspector"
    program = inspector / "clients" / "launcher" / "build" / "index.js"
    home = str(tmp_path_factory.mktemp("home"))  # it stores its settings there

    def run(method, *options):
        ended = subprocess.run(
            [
                *(installation.BIN / "node", program, "--cli", f"{address}/mcp", "--quiet"),
                *("--transport", "http", "--protocol-era", request.param, "--format", "json"),
                *("--header", f"X-API-Key: {key}", "--method", method, *options),
            ],
            env=os.environ | {"NO_COLOR": "1", "HOME": home},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)["result"]

    return run


def test_the_inspector_finds_no_error_in_the_schemas_of_the_tools(inspect):
    listed = inspect("tools/list", "--strict")

    assert "ingest_event" in [tool["name"] for tool in listed["tools"]]


def test_the_inspector_records_an_event(inspect, unique):
    arguments = json.dumps(EXAMPLE | {"email": f"{unique}@acme.com"})

    result = inspect("tools/call", "--tool-name", "ingest_event", "--tool-args-json", arguments)

    assert result["structuredContent"]["resolved"] == "new"


def test_the_inspector_reads_a_resource(inspect):
    result = inspect("resources/read", "--uri", "waypath://glossary")

    assert result["contents"][0]["mimeType"] == "text/markdown"


def test_the_inspector_gets_a_prompt(inspect):
    result = inspect("prompts/get", "--prompt-name", "log_action", "--prompt-args", "action=called")

    assert result["messages"][0]["content"]["text"].endswith('{"action": "called"}')
