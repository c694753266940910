"""Transcripts: the task of a user, the calls of the agent, and the facts that must hold then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from app.access.api_keys import CONTEXT_READ, EVENTS_WRITE
from tests.support.checkout import CHECKOUT
from tests.support.evals import expectations
from tests.support.evals.expectations import Present

FOLDER = CHECKOUT / "tests" / "evals" / "transcripts"
ACTIONS = ("tool", "resource", "prompt", "complete", "operator", "wait", "outage")


class _Form(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Rejects a misspelt field, which would otherwise check nothing."""


class Step(
    _Form,
    frozen=True,
    kw_only=True,
    rename={"as_": "as", "protocol_error": "protocolError"},
):
    """One call of the agent, or of the operator, and what it must return.

    Exactly one field of ACTIONS is present. Without an expected error, the call must succeed.
    """

    as_: str | None = None  # the name under which later steps refer to the result
    tool: str | None = None
    resource: str | None = None  # a URI
    prompt: str | None = None
    complete: str | None = None  # the name of a prompt, or a URI template
    operator: str | None = None  # a method and a path of the HTTP API
    wait: Any = None  # in seconds, by the clock of the rate limit
    outage: Literal["begins", "ends"] | None = None  # of Neo4j
    arguments: dict[str, Any] = {}
    repeat: int = 1  # `$n` in the arguments is the number of the call
    eventually: bool = False  # the result may take a second
    fault: Literal["request lost", "response lost"] | None = None
    result: Any = None
    text: Any = None  # the first text of a tool's result
    error: dict[str, Any] | None = None
    protocol_error: dict[str, Any] | None = None

    @property
    def action(self) -> str:
        """The field of ACTIONS that is present."""
        return next(name for name in ACTIONS if getattr(self, name) is not None)

    def __str__(self) -> str:
        name = f", as {self.as_}" if self.as_ else ""
        return f"{self.action} {getattr(self, self.action)}{name}"


class Reply(_Form, frozen=True):
    """The agent's reply: `says` has values of results, and `expected` is the whole text."""

    says: str
    expected: str


class GraphCheck(_Form, frozen=True):
    """A fact of the graph: the rows that a statement in Cypher must return, in their order.

    The people and the results of the steps are its parameters.
    """

    fact: str
    cypher: str
    rows: list[list[Any]]


class Transcript(_Form, frozen=True):
    """A task in the words of the user, the recorded steps, and the facts that must hold."""

    task: str
    people: list[str]
    steps: list[Step]
    graph: list[GraphCheck]
    reply: Reply | None = None
    scopes: tuple[str, ...] = (EVENTS_WRITE, CONTEXT_READ)


class InvalidTranscript(Exception):
    """A transcript breaks a rule of its form."""


def files() -> list[Path]:
    """The files of all transcripts, in the order of their names."""
    return sorted(FOLDER.glob("*/*.yaml"))


def read(text: str) -> Transcript:
    """Returns the transcript in a text of YAML. Raises InvalidTranscript."""
    try:
        transcript = msgspec.convert(yaml.load(text, _Loader), Transcript)
    except (yaml.YAMLError, ValueError) as error:  # also of msgspec
        raise InvalidTranscript(str(error)) from error
    for number, step in enumerate(transcript.steps, 1):
        if sum(getattr(step, name) is not None for name in ACTIONS) != 1:
            raise InvalidTranscript(f"step {number} must have one of {', '.join(ACTIONS)}")
    names = [*transcript.people, "task", "n", *(step.as_ for step in transcript.steps if step.as_)]
    if len(names) != len(set(names)):
        raise InvalidTranscript("a name must be that of one person or one step")
    if not transcript.graph or not all("MATCH" in check.cypher for check in transcript.graph):
        raise InvalidTranscript("graph must have checks, and each must read the graph by MATCH")
    return transcript


class _Loader(yaml.SafeLoader):
    """Reads a timestamp as text, and the expectations by their tags."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _constructor(kind: type[Present]) -> Callable[[_Loader, yaml.ScalarNode], Present]:
    return lambda loader, node: kind(str(loader.construct_scalar(node)))


for _tag, _kind in expectations.TAGS.items():
    _Loader.add_constructor(f"!{_tag}", _constructor(_kind))
