"""The messages: an entry of the audit log in the form of Standard Webhooks."""

from typing import Any

import msgspec
from msgspec import Struct

from app.domain import ids, timestamps
from app.identity.audit_entry import AuditEntry

TEST = "webhook.test"

# By the kind of the entry.
_TYPES = {
    "merge": "customer.merged",
    "split": "customer.split",
    "erasure": "customer.erased",
    "dismissal": "conflict.dismissed",
    "move": "identifier.moved",
    "detach": "identifier.detached",
    "review": "identifier.reviewed",
    "suppression": "identifier.suppressed",
    "unsuppression": "identifier.unsuppressed",
    "prune": "touchpoint.pruned",
}
# By the start of the ID of what was undone.
_UNDO_TYPES = {
    "mrg": "customer.merge_undone",
    "dsm": "conflict.dismissal_undone",
    "mov": "identifier.move_undone",
}

TYPES = frozenset((*_TYPES.values(), *_UNDO_TYPES.values()))


class Message(Struct, frozen=True):
    """A message. Its ID is the same in each attempt; `body` is JSON."""

    id: str
    type: str
    body: bytes


def parse_types(text: str | None) -> frozenset[str]:
    """The types in a text, separated by commas; without one, all. Raises ValueError if unknown."""
    if text is None:
        return TYPES
    types = {name.strip() for name in text.split(",")}
    if unknown := types - TYPES:
        raise ValueError(f"{', '.join(sorted(unknown))} is none of {', '.join(sorted(TYPES))}")
    return frozenset(types)


def entry_message(entry: AuditEntry) -> Message:
    """The message about an entry of the audit log."""
    # An undo has the ID of what it undoes.
    return _message(f"{entry.id}-{entry.kind}", entry_type(entry), entry.at, entry)


def entry_type(entry: AuditEntry) -> str:
    """The type of an entry. It has two parts, of which the first is what changed."""
    if entry.kind == "undo":
        return _UNDO_TYPES[entry.id.partition("_")[0]]
    return _TYPES[entry.kind]


def test_message() -> Message:
    """A message that tests a receiver: it is about no entry."""
    at, _ = timestamps.now()
    data = {"text": "A test of your webhook receiver."}
    return _message(ids.new_test_message_id(), TEST, at, data)


def _message(message_id: str, type_: str, at: str, data: Any) -> Message:
    body = msgspec.json.encode({"type": type_, "timestamp": at, "data": data})
    return Message(message_id, type_, body)
