"""The inspector's command-line client, on the service over HTTP."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.sdks import installation
from tests.support.mcp_client import EXAMPLE

PACKAGES = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def inspect(address, key):
    """Runs the inspector with a method and its arguments, and returns the result."""
    packages = installation.node_modules(PACKAGES) / "@modelcontextprotocol"
    program = packages / "inspector-cli" / "build" / "index.js"

    def run(method, *arguments):
        ended = subprocess.run(
            [
                *(installation.BIN / "node", program, f"{address}/mcp", "--transport", "http"),
                *("--header", f"X-API-Key: {key}", "--method", method, *arguments),
            ],
            env=os.environ | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run


def test_the_inspector_lists_the_tools(inspect):
    names = [tool["name"] for tool in inspect("tools/list")["tools"]]

    assert names[0] == "ingest_event"


def test_the_inspector_records_an_event(inspect, unique):
    arguments = {"event": EXAMPLE["event"], "email": f"{unique}@acme.com"}
    options = [f"{name}={value}" for name, value in arguments.items()]

    result = inspect("tools/call", "--tool-name", "ingest_event", "--tool-arg", *options)

    assert result["structuredContent"]["resolved"] == "new"


def test_the_inspector_reads_a_resource(inspect):
    result = inspect("resources/read", "--uri", "waypath://glossary")

    assert result["contents"][0]["mimeType"] == "text/markdown"


def test_the_inspector_gets_a_prompt(inspect):
    arguments = ["--prompt-name", "log_action", "--prompt-args", "action=called"]

    result = inspect("prompts/get", *arguments)

    assert result["messages"][0]["content"]["text"].endswith('{"action": "called"}')
