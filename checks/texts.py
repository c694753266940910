"""The texts of the project that a person reads, each with its file and its lines.

Code is not text: fenced blocks, code spans, and string literals without a space are left out.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "docs/**/*.json",
    "app/**/*.py",
    "app/**/*.html",
    "app/**/*.js",
    "app/**/*.css",
    "bench/**/*.py",
    "checks/**/*.py",
    "supply/**/*.py",
    "tests/**/*.py",
    "cypher/**/*.cypher",
    "Makefile",
    "Dockerfile",
    "docker-compose.yml",
    "deploy/**/*.py",
    "deploy/**/*.yaml",
    "pyproject.toml",
    ".ci/*",
)
# A code span counts as one word, which no term matches.
CODE = "`"

_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINE_COMMENT = re.compile(r"^[ \t]*(?://|#+)[ \t]?(.*)$|[ \t](?://|#+)[ \t](.*)$")
_BLOCK_COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
_QUOTED = re.compile(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*? (?:(?!\1)[^\\\n]|\\.)*)\1""")
# A header names parameters, and columns in front of two spaces.
_HEADER_NAMES = re.compile(r"\$\w+|(?<=^//) {3,}[\w`]+(?:, [\w`]+)*(?=  |$)", re.MULTILINE)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SHOWN_IN_JSON = re.compile(r'"(?:title|description|legendFormat)": "((?:[^"\\]|\\.)*)"')
_SHOWN_ATTRIBUTES = {"alt", "aria-label", "content", "placeholder", "title"}


@dataclass(frozen=True)
class Text:
    """A text of one kind: `prose`, `heading`, `cell`, `comment`, `docstring`, `literal`, `name`."""

    path: Path
    kind: str
    line: int
    text: str
    source: str = ""  # the lines of the file that hold it, from `line` on

    @property
    def file(self) -> str:
        """The path, from the project's root for a file of the project."""
        is_ours = self.path.is_relative_to(ROOT)
        return str(self.path.relative_to(ROOT) if is_ours else self.path)

    def line_of(self, position: int, words: str) -> int:
        """The line of the words that stand at this position of the text."""
        first = re.escape(words.split(maxsplit=1)[0])
        earlier = len(re.findall(first, self.text[:position]))
        found = list(re.finditer(first, self.source))
        if not found:
            return self.line
        return self.line + self.source.count("\n", 0, found[min(earlier, len(found) - 1)].start())


def read_all() -> Iterator[Text]:
    """All texts of the project."""
    for pattern in PATTERNS:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                yield from read(path)


def read(path: Path) -> Iterator[Text]:
    """The texts of a file."""
    return _READERS.get(path.suffix, _from_commented)(path, path.read_text())


def _from_markdown(path: Path, source: str) -> Iterator[Text]:
    lines = source.splitlines()
    kind, start, end = "prose", 0, 0
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        if token.type in ("paragraph_open", "heading_open", "tr_open"):
            kind = {"p": "prose", "tr": "cell"}.get(token.tag, "heading")
        if token.map:
            start, end = token.map
        if token.type == "inline":
            block = "\n".join(lines[start:end])
            yield Text(path, kind, start + 1, _plain(token.children or []), block)


def _plain(tokens: list[Token]) -> str:
    parts = []
    for token in tokens:
        match token.type:
            case "text":
                parts.append(token.content)
            case "code_inline":
                parts.append(CODE)
            case "softbreak" | "hardbreak":
                parts.append(" ")
            case "image":
                parts.append(_plain(token.children or []))
    return "".join(parts)


def _from_python(path: Path, source: str) -> Iterator[Text]:
    lines = source.splitlines()
    docstrings = set()

    def text(node: ast.expr, kind: str, value: str) -> Text:
        block = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        return Text(path, kind, node.lineno, _without_code(value), block)

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(ast.Constant(str(value)) as first), *_]:
                    docstrings.add(first)
                    yield text(first, "docstring", value)
            if not isinstance(node, ast.Module) and node.name.startswith("test_"):
                yield Text(path, "name", node.lineno, node.name.replace("_", " "))
        elif "tests" in path.parts or node in docstrings:
            continue
        elif isinstance(node, ast.JoinedStr):
            docstrings.update(node.values)
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            if " " in (value := "".join(map(str, parts))):
                yield text(node, "literal", value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield text(node, "literal", node.value)
    comments = (
        (token.start[0], token.string.lstrip("#: "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    yield from _joined(path, comments)


def _from_commented(path: Path, source: str) -> Iterator[Text]:
    comments = (
        (number, match[1] or match[2] or "")
        for number, line in enumerate(source.splitlines(), 1)
        if (match := _LINE_COMMENT.search(line))
    )
    yield from _joined(path, comments)


def _from_cypher(path: Path, source: str) -> Iterator[Text]:
    yield from _from_commented(path, _HEADER_NAMES.sub(f" {CODE}", source))


def _joined(path: Path, comments: Iterator[tuple[int, str]]) -> Iterator[Text]:
    """Comments on successive lines are one text."""
    numbered = enumerate(comments)
    for _, group in groupby(numbered, key=lambda item: item[1][0] - item[0]):
        lines = [line for _, line in group]
        block = "\n".join(text for _, text in lines)
        yield Text(path, "comment", lines[0][0], _without_code(block), block)


def _from_script(path: Path, source: str) -> Iterator[Text]:
    yield from _from_commented(path, source)
    for kind, pattern, group in (("comment", _BLOCK_COMMENT, 1), ("literal", _QUOTED, 2)):
        for match in pattern.finditer(source):
            line = source.count("\n", 0, match.start()) + 1
            yield Text(path, kind, line, _without_code(match[group]), match[0])


def _from_html(path: Path, source: str) -> Iterator[Text]:
    for match in _JINJA.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        for quoted in _QUOTED.finditer(match[0]):
            yield Text(path, "literal", line, quoted[2], match[0])
    parser = _ShownText(path)
    parser.feed(_JINJA.sub(lambda match: " " * len(match[0]), source))
    yield from parser.texts


class _ShownText(HTMLParser):
    """Collects the text of a page and of the attributes that a browser shows or reads out."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.texts: list[Text] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _SHOWN_ATTRIBUTES and value:
                self._add(value)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._add(data)

    def _add(self, text: str) -> None:
        line = self.getpos()[0]
        self.texts.append(Text(self._path, "literal", line, " ".join(text.split()), text))


def _from_json(path: Path, source: str) -> Iterator[Text]:
    for match in _SHOWN_IN_JSON.finditer(source):
        yield Text(path, "literal", source.count("\n", 0, match.start()) + 1, match[1], match[0])


def _without_code(text: str) -> str:
    return " ".join(_CODE_SPAN.sub(CODE, text).split())


_READERS: dict[str, Callable[[Path, str], Iterator[Text]]] = {
    ".md": _from_markdown,
    ".py": _from_python,
    ".js": _from_script,
    ".css": _from_script,
    ".cypher": _from_cypher,
    ".html": _from_html,
    ".json": _from_json,
}
