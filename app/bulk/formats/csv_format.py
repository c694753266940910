"""CSV: the rows below a header row (RFC 4180, in UTF-8), as the records of a file."""

import csv
from collections.abc import Iterator

import msgspec
from msgspec import Raw

from app.bulk import records
from app.bulk.records import RawRecord
from app.bulk.source import MAX_LINE_BYTES, Lines, SourceRejected

COLUMNS = (
    *("event", "customer", "email", "phone", "externalId", "anonymousId"),
    *("timestamp", "properties", "idempotencyKey"),
)
PROPERTY_PREFIX = "properties."

_raw = msgspec.json.Decoder(Raw)
_object = msgspec.json.Decoder(dict[str, Raw])


def read(lines: Lines, key_column: str | None) -> Iterator[RawRecord]:
    """Reads the header row at once, and returns the records in the rows below it.

    An empty cell counts as absent. `key_column` has the idempotency keys. Raises
    SourceRejected, which names each invalid column.
    """
    rows = _Rows(lines)
    header = _read_header(rows, key_column)
    return _records(rows, header, key_column)


def require_header(lines: Lines, key_column: str | None) -> None:
    """Reads the header row. Raises SourceRejected, which names each invalid column."""
    _read_header(_Rows(lines), key_column)


def _read_header(rows: "_Rows", key_column: str | None) -> list[str]:
    try:
        header = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise SourceRejected(f"the header row must be CSV: {error}") from error
    unknown = [
        name
        for name in header
        if name not in COLUMNS and name != key_column and not _is_property(name)
    ]
    errors = [f"unknown column {name!r}" for name in unknown]
    errors += [f"duplicate column {name!r}" for name in {*header} if header.count(name) > 1]
    if key_column and key_column not in header:
        errors.append(f"missing column {key_column!r} (see --key)")
    if not header:
        errors.append("missing header row")
    if errors:
        known = f"allowed: {', '.join(COLUMNS)} and {PROPERTY_PREFIX}NAME"
        raise SourceRejected(f"{'; '.join(errors)} ({known})")
    return header


def _is_property(name: str) -> bool:
    return name.startswith(PROPERTY_PREFIX) and name != PROPERTY_PREFIX


def _records(rows: "_Rows", header: list[str], key_column: str | None) -> Iterator[RawRecord]:
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            not_csv = records.record_error("", f"must be CSV: {error}")
            yield RawRecord(rows.first_line, rows.raw[: MAX_LINE_BYTES + 1], not_csv)
            continue
        if row is None:
            return
        if row:  # the reader returns an empty one for a blank line
            yield records.to_raw_record(
                rows.first_line, rows.raw, lambda _, row=row: _event(header, row, key_column)
            )


class _Rows:
    """The rows of a CSV reader, with the first line's number and the bytes of the last row."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._row_lines: list[bytes] = []
        self._reader = csv.reader(self._decoded(), strict=True)

    def __iter__(self) -> "_Rows":
        return self

    def __next__(self) -> list[str]:
        self._row_lines.clear()
        return next(self._reader)

    @property
    def first_line(self) -> int:
        return self._lines.count - len(self._row_lines) + 1

    @property
    def raw(self) -> bytes:
        return b"".join(self._row_lines).rstrip(b"\r\n")

    def _decoded(self) -> Iterator[str]:
        for line in self._lines:
            self._row_lines.append(line)
            # Bytes that are not UTF-8 fail in their cell. Only the header may begin with a BOM.
            text = line.decode("utf-8", "surrogateescape")
            yield text.removeprefix("\ufeff") if self._lines.count == 1 else text


def _event(header: list[str], row: list[str], key_column: str | None) -> bytes:
    if len(row) != len(header):
        raise records.record_error(
            "", f"must have {len(header)} cells like the header, not {len(row)}"
        )
    cells = {name: cell for name, cell in zip(header, row, strict=True) if cell.strip()}
    if key_column:
        if key_column not in cells:
            raise records.record_error(key_column, "is required")
        is_field = key_column in COLUMNS
        cells["idempotencyKey"] = cells[key_column] if is_field else cells.pop(key_column)
    members: dict[str, object] = {name: cells[name] for name in COLUMNS if name in cells}
    columns = {
        name.removeprefix(PROPERTY_PREFIX): cells[name] for name in cells if _is_property(name)
    }
    try:
        members["properties"] = _properties(cells.get("properties"), columns)
        return msgspec.json.encode(members)
    except UnicodeEncodeError:
        raise records.record_error("", "must be UTF-8") from None


def _properties(text: str | None, columns: dict[str, str]) -> Raw | dict[str, object]:
    try:
        if columns:
            return {**_object.decode(text or "{}"), **columns}
        # Validated first: invalid JSON could change the event into which it is inserted.
        return _raw.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise records.record_error("properties", f"must be a JSON object: {error}") from None
