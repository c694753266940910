"""Event names: the warning of an event whose name may be a misspelt one."""

from collections.abc import Callable

import msgspec

from app.domain.event_warnings import SIMILAR_EVENT_NAME, EventWarning
from app.errors import ServiceError
from app.ingest.results import IngestResult
from app.ingest.rows import IngestRequest

# Returns the frequent name that a name is similar to, if it is not frequent itself. It is called
# for each event.
SuggestEventName = Callable[[str], str | None]


def warn_of_similar_names(
    request: IngestRequest, result: IngestResult, suggest: SuggestEventName
) -> None:
    """Adds a warning to each result of an event whose name is similar to a frequent one."""
    for position, row in enumerate(result.rows):
        if isinstance(row, ServiceError) or (suggestion := suggest(row["event"])) is None:
            continue
        item = result.results[position]
        if not isinstance(item, ServiceError):
            path = request.payload.field_path(position, "event")
            warnings = [*(item.warnings or ()), _warning(path, suggestion)]
            result.results[position] = msgspec.structs.replace(item, warnings=warnings)


def _warning(path: str, suggestion: str) -> EventWarning:
    message = f"a similar name is much more frequent; did you mean {suggestion}?"
    return EventWarning(path, SIMILAR_EVENT_NAME, message)
