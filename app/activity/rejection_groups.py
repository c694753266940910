"""The groups of rejected events, counted in memory until they are written."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from app.activity import masking
from app.domain import ids, timestamps
from app.errors import ServiceError
from app.graph.graph import Row
from app.ingest.observer import ObservedRequest
from app.observability.metrics import Metrics

MAX_GROUPS = 200  # of an API key; `activity_record` replaces the last ones in the graph
MAX_PENDING_GROUPS = 2000  # of all API keys, between two writes
# Between two writes: then a group without a sample alone gets one.
MAX_SAMPLES = 50
MAX_FIELD_CHARACTERS = 100
MAX_MESSAGE_CHARACTERS = 200

OTHER = "other"  # the code of the group of those for which there is no room

_Detail = tuple[str, str]  # the field and the message of an error


class _Group(Struct):
    code: str
    field: str
    message: str
    first_seen: float
    last_seen: float
    count: int = 0
    sample: str | None = None


class RejectionGroups:
    """Counts rejected events by API key, error code and field, with the latest masked sample.

    Its memory is bounded. A valid event of a rejected batch does not count.
    """

    def __init__(self, metrics: Metrics | None = None, *, has_samples: bool = True) -> None:
        self._metrics = metrics or Metrics()
        self._has_samples = has_samples
        self._keys: dict[str, dict[_Detail, _Group]] = {}
        self._pending = self._samples = 0

    def add(self, request: ObservedRequest) -> int:
        """Counts the rejected events of a request. Returns their number."""
        error = request.error
        if request.result is None and error and not error.details:
            # All events of the request have the same error.
            self._count(request, 0, error.code, [("", error.message)], request.count)
            return request.count
        rejected = 0
        for event in request.events():
            if event.outcome == "rejected" and event.error:
                rejected += 1
                details = _fields(event.error) or [("", event.error.message)]
                self._count(request, event.position, event.error.code, details, 1)
        return rejected

    def take(self) -> list[Row]:
        """Returns the new groups since the last call, as parameters of `activity_record`."""
        keys, self._keys = self._keys, {}
        self._pending = self._samples = 0
        return [
            {"id": key, "groups": [_row(key, group) for group in keys[key].values()]}
            for key in sorted(keys)
        ]

    def _count(
        self, request: ObservedRequest, position: int, code: str, details: list[_Detail], count: int
    ) -> None:
        groups = self._keys.setdefault(request.sender.key_id or "", {})
        for field, message in details:
            self._metrics.count_rejections(code, field, count)
            group = self._group(groups, code, field, request.time)
            group.count += count
            group.last_seen = request.time
            group.message = _message(message)
            if self._has_samples and (self._samples < MAX_SAMPLES or group.sample is None):
                self._samples += 1
                group.sample = _sample(request.body(position))

    def _group(self, groups: dict[_Detail, _Group], code: str, field: str, time: float) -> _Group:
        if (group := groups.get((code, field))) is None:
            if len(groups) >= MAX_GROUPS or self._pending >= MAX_PENDING_GROUPS:
                code, field = OTHER, ""
                if group := groups.get((code, field)):
                    return group
            group = groups[code, field] = _Group(code, field, "", time, time)
            self._pending += 1
        return group


def _fields(error: ServiceError) -> list[_Detail]:
    """The fields of an error, each once, with its first message."""
    fields: dict[str, str] = {}
    for detail in error.details:
        fields.setdefault(masking.name(detail.path)[:MAX_FIELD_CHARACTERS], detail.message)
    return list(fields.items())


def _message(text: str) -> str:
    # After a colon, the text may quote the value.
    rule = text if text == timestamps.FORM else text.partition(": ")[0]
    return rule[:MAX_MESSAGE_CHARACTERS]


def _sample(body: bytes) -> str | None:
    sent = msgspec.json.decode(body)
    return masking.sample(sent) if sent else None


def _row(key: str, group: _Group) -> Row:
    return {
        "id": ids.rejection_group_id(key, group.code, group.field),
        "code": group.code,
        "field": group.field,
        "count": group.count,
        "firstSeen": list(_instant(group.first_seen)),
        "lastSeen": list(_instant(group.last_seen)),
        "message": group.message,
        "sample": group.sample,
    }


def _instant(time: float) -> Iterator[int]:
    seconds = int(time)
    yield seconds
    yield int((time - seconds) * 1_000_000) * 1000
