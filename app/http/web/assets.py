"""Assets: the static files of the pages, each at a URL that changes with its content."""

import hashlib
from pathlib import Path

from msgspec import Struct

ROUTE = "/static/{name}"

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(Struct, frozen=True):
    """The content of a file, its media type, and its URL."""

    content: bytes
    media_type: str
    address: str


def load() -> dict[str, Asset]:
    """The files in `static/`, by their names."""
    folder = Path(__file__).parent / "static"
    return {file.name: _asset(file) for file in folder.iterdir() if file.suffix in _TYPES}


def _asset(file: Path) -> Asset:
    content = file.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:16]
    address = f"{ROUTE.format(name=file.name)}?v={version}"
    return Asset(content, _TYPES[file.suffix], address)
