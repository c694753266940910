"""The terms that the project does not use, and the uses of them that are allowed."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from checks.texts import Text

FILE = Path(__file__).with_name("language.toml")


@dataclass(frozen=True)
class Finding:
    """A term that stands in a text, and the term to use in its place."""

    file: str
    line: int
    term: str
    replacement: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: “{self.term}”: write {self.replacement}"


class Allowed:
    """An allowed use: words that contain a term, in some files, for a reason."""

    def __init__(self, text: str, reason: str, files: Iterable[str] = ("*",)) -> None:
        self.text, self.reason = text, reason
        self.is_used = False
        self._files = tuple(files)
        self._pattern = _compiled(text)

    def covers(self, match: re.Match[str], text: Text) -> bool:
        """Whether a match of a term in a text is part of this use."""
        is_covered = any(fnmatch(text.file, file) for file in self._files) and any(
            use.start() <= match.start() and match.end() <= use.end()
            for use in self._pattern.finditer(text.text)
        )
        self.is_used |= is_covered
        return is_covered


class Terms:
    """Searches texts for the terms of a file."""

    def __init__(self, content: str) -> None:
        data = tomllib.loads(content)
        self._terms = [(_compiled(term), say) for term, say in data["terms"].items()]
        self._any = re.compile("|".join(term.pattern for term, _ in self._terms), re.IGNORECASE)
        self._allowed = [Allowed(**use) for use in data.get("allowed", [])]

    def findings(self, texts: Iterable[Text]) -> list[Finding]:
        """The terms in the texts, without the allowed uses, in the order of files and lines."""
        found = [
            Finding(text.file, text.line_of(match.start(), match[0]), match[0], replacement)
            for text in texts
            if self._any.search(text.text)
            for term, replacement in self._terms
            for match in term.finditer(text.text)
            if not any(use.covers(match, text) for use in self._allowed)
        ]
        return sorted(found, key=lambda finding: (finding.file, finding.line))

    def unused(self) -> list[str]:
        """The allowed uses that covered nothing in the texts searched so far."""
        return [use.text for use in self._allowed if not use.is_used]


def load() -> Terms:
    """The terms of the project."""
    return Terms(FILE.read_text())


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
