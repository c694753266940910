"""The Cypher statements: the files in `cypher/`, each called by its name."""

import re
from pathlib import Path

from msgspec import Struct

from app import paths

_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
_DECLARED = re.compile(r"^//\s+\$(\w+)", re.MULTILINE)
_USED = re.compile(r"\$(\w+)")


class Statement(Struct, frozen=True):
    """A Cypher statement: its text without comments, and the parameters that it takes."""

    name: str
    text: str
    parameters: frozenset[str]


def folder(access: str) -> Path:
    """The folder of the statements of one access mode: `schema`, `write`, `read`, `check`."""
    return paths.carried("cypher") / access


def load(access: str) -> dict[str, Statement]:
    """The statements of one access mode by their names, in the order of their names.

    Raises ValueError if the parameters in a header differ from those in the statement.
    """
    files = sorted(folder(access).glob("*.cypher"))
    return {file.stem: _parse(file.stem, file.read_text("utf-8")) for file in files}


def _parse(name: str, source: str) -> Statement:
    text = _COMMENT.sub("", source).strip()
    declared, used = set(_DECLARED.findall(source)), set(_USED.findall(text))
    if declared != used:
        difference = ", ".join(f"${parameter}" for parameter in sorted(declared ^ used))
        raise ValueError(f"cypher statement {name}: declared only or used only: {difference}")
    return Statement(name, text, frozenset(used))
