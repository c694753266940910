"""The conduct of the agent: whether its calls obey the descriptions of the tools."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from tests.support.evals.outcomes import Outcome

IDENTIFIERS = ("email", "phone", "externalId")
# The changes of data stewards, with their previews.
PREVIEWS = {
    "merge_customers": "preview_merge",
    "split_customer": "preview_split",
    "move_identifier": "preview_move",
    "detach_identifier": "preview_move",
}


class Call(Struct):
    """A call of the agent: its action, the name, the arguments and the outcome."""

    action: str
    name: str
    arguments: dict[str, Any]
    outcome: Outcome

    @property
    def code(self) -> str | None:
        """The code of the error, if any."""
        return (self.outcome.error or {}).get("code")

    @property
    def retry_after(self) -> float:
        """The seconds that the agent must wait before its next call."""
        data = (self.outcome.protocol_error or {}).get("data") or {}
        return (self.outcome.error or data).get("retryAfter") or 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that the call writes."""
        if self.action != "tool" or not self.name.startswith("ingest_event"):
            return []
        return [] if self.arguments.get("dryRun") else _events(self.arguments)

    @property
    def is_repeat_safe(self) -> bool:
        """Whether each event that the call writes has an idempotency key."""
        keys = [event.get("idempotencyKey") for event in self.events]
        return bool(self.arguments.get("idempotencyKey")) or all(keys)


class Conduct:
    """Compares each call with the earlier ones."""

    def __init__(self) -> None:
        self._last: Call | None = None
        self._waited = 0.0
        self._suppressed: set[str] = set()
        self._previewed: list[tuple[str, dict[str, Any]]] = []

    def wait(self, seconds: float) -> None:
        """The agent waits."""
        self._waited += seconds

    def allow(self) -> None:
        """The operator acts, and may have let suppressed people in again."""
        self._suppressed.clear()

    def violations(self, call: Call) -> Iterator[str]:
        """Returns the rules that a call breaks, a sentence each."""
        if call.code is None and not call.is_repeat_safe:
            yield "a write must have an idempotencyKey"
        if self._suppressed & {value for event in call.events for value in _identifiers(event)}:
            yield "a write must not have an identifier of a suppressed event"
        if call.code is None and call.name in PREVIEWS:
            subject = {name: value for name, value in call.arguments.items() if name != "reason"}
            if (PREVIEWS[call.name], subject) not in self._previewed:
                yield f"{call.name} must follow {PREVIEWS[call.name]} of the same change"
        if call.code is None and call.name in PREVIEWS.values():
            self._previewed.append((call.name, call.arguments))
        if last := self._last:
            yield from self._violations_after(last, call)
        if call.code == "suppressed":
            self._suppressed |= _rejected_identifiers(call)
        self._last, self._waited = call, 0.0

    def _violations_after(self, last: Call, call: Call) -> Iterator[str]:
        is_same = (last.action, last.name, last.arguments) == (
            *(call.action, call.name, call.arguments),
        )
        if self._waited < last.retry_after:
            yield f"must wait {last.retry_after} s after the error, waited {self._waited} s"
        if last.outcome.is_lost and not is_same:
            yield "must repeat the call of which the outcome is unknown"
        if last.code in ("invalid_payload", "payload_too_large", "forbidden_scope") and is_same:
            yield f"must not repeat a call after {last.code}"
        key = last.arguments.get("idempotencyKey")
        if last.code == "idempotency_conflict" and call.arguments.get("idempotencyKey") == key:
            yield "must use another idempotencyKey after idempotency_conflict"


def _events(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    return arguments.get("events") or [arguments]


def _identifiers(event: dict[str, Any]) -> set[str]:
    return {event[name] for name in IDENTIFIERS if name in event}


def _rejected_identifiers(call: Call) -> set[str]:
    """The identifiers of the events that the details of an error name."""
    events = _events(call.arguments)
    paths = [detail["path"] for detail in (call.outcome.error or {})["details"]]
    rejected = [
        event
        for position, event in enumerate(events)
        if "events" not in call.arguments or any(f"events[{position}]." in path for path in paths)
    ]
    return {value for event in rejected for value in _identifiers(event)}
