"""CSV rows: the rows below a header row (RFC 4180, in UTF-8), as the records of a file."""

import csv
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from app.bulk import records
from app.bulk.records import Text
from app.bulk.source import LINE, Lines, SourceRefused

COLUMNS = (
    *("event", "customer", "email", "phone", "externalId"),
    *("timestamp", "properties", "idempotencyKey"),
)
PROPERTY = "properties."

_raw = msgspec.json.Decoder(Raw)
_object = msgspec.json.Decoder(dict[str, Raw])


def texts(lines: Lines, key: str | None) -> Iterator[Text]:
    """The records in rows. An empty cell counts as absent; `key` is the column of the keys.

    Raises SourceRefused, which names the columns that cannot be used.
    """
    rows = _Rows(lines)
    try:
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise SourceRefused(f"the header row is not CSV: {error}") from error
    _check(header, key)
    return _texts(rows, header, key)


def _check(header: list[str], key: str | None) -> None:
    unknown = [
        name for name in header if name not in COLUMNS and name != key and not _is_property(name)
    ]
    faults = [f"unknown column {name!r}" for name in unknown]
    faults += [f"column {name!r} twice" for name in {*header} if header.count(name) > 1]
    if key and key not in header:
        faults.append(f"no column {key!r}")
    if not header:
        faults.append("no header row")
    if faults:
        known = f"known are {', '.join(COLUMNS)} and {PROPERTY}NAME"
        raise SourceRefused(f"{'; '.join(faults)} ({known})")


def _is_property(name: str) -> bool:
    return name.startswith(PROPERTY) and name != PROPERTY


def _texts(rows: "_Rows", header: list[str], key: str | None) -> Iterator[Text]:
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            fault = records.fault("", f"is not CSV: {error}")
            yield Text(rows.first, rows.raw[: LINE + 1], fault)
            continue
        if row is None:
            return
        if row:  # the reader gives an empty one for a blank line
            yield records.text(rows.first, rows.raw, lambda _, row=row: _event(header, row, key))


class _Rows:
    """The rows of a CSV reader, each with its number of its first line and its bytes."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._taken: list[bytes] = []
        self._reader = csv.reader(self._decoded(), strict=True)

    def __iter__(self) -> "_Rows":
        return self

    def __next__(self) -> list[str]:
        self._taken.clear()
        return next(self._reader)

    @property
    def first(self) -> int:
        return self._lines.count - len(self._taken) + 1

    @property
    def raw(self) -> bytes:
        return b"".join(self._taken).rstrip(b"\r\n")

    def _decoded(self) -> Iterator[str]:
        for line in self._lines:
            self._taken.append(line)
            # What is not UTF-8 is found again in the cell; a BOM stands before the header alone.
            text = line.decode("utf-8", "surrogateescape")
            yield text.removeprefix("\ufeff") if self._lines.count == 1 else text


def _event(header: list[str], row: list[str], key: str | None) -> bytes:
    if len(row) != len(header):
        raise records.fault("", f"has {len(row)} cells, and the header {len(header)}")
    cells = {name: cell for name, cell in zip(header, row, strict=True) if cell.strip()}
    if key:
        if key not in cells:
            raise records.fault(key, "is required")
        cells["idempotencyKey"] = cells[key] if key in COLUMNS else cells.pop(key)
    members: dict[str, object] = {name: cells[name] for name in COLUMNS if name in cells}
    named = {
        name.removeprefix(PROPERTY): cell for name, cell in cells.items() if _is_property(name)
    }
    try:
        members["properties"] = _properties(cells.get("properties"), named)
        return msgspec.json.encode(members)
    except UnicodeEncodeError:
        raise records.fault("", "is not UTF-8") from None


def _properties(text: str | None, named: dict[str, str]) -> Raw | dict[str, object]:
    try:
        if named:
            return {**_object.decode(text or "{}"), **named}
        # Checked before it stands in the event's own JSON, where it could end that.
        return _raw.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise records.fault("properties", f"is not an object in JSON: {error}") from None
