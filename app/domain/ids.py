"""IDs: opaque, prefixed, and sorted by time unless derived from an idempotency key.

UUIDs of version 7 (RFC 9562) give the order, also within a millisecond.
"""

import hashlib
import re

from uuid_utils import uuid7

_REVIEW_ID = re.compile("rev_[0-9a-f]{32}")


def new_event_id() -> str:
    """Returns a new ID of a Touchpoint: `evt_` and a UUID."""
    return f"evt_{uuid7().hex}"


def derived_event_id(*parts: str) -> str:
    """Returns the ID of a Touchpoint that is derived from `parts`: equal parts have equal IDs."""
    digest = hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in _encoded(parts)))
    return f"evt_{digest.hexdigest()[:32]}"


def customer_id(event_id: str) -> str:
    """Returns the ID of the Customer that an event creates: `cus_` and the rest of the event's."""
    return f"cus_{event_id.removeprefix('evt_')}"


def merge_id(event_id: str) -> str:
    """Returns the ID of the merge that an event causes: `mrg_` and the rest of the event's."""
    return f"mrg_{event_id.removeprefix('evt_')}"


def new_key_id() -> str:
    """Returns a new ID of an API key: `key_` and a UUID."""
    return f"key_{uuid7().hex}"


def new_merge_id() -> str:
    """Returns a new ID of a merge: `mrg_` and a UUID."""
    return f"mrg_{uuid7().hex}"


def new_split_id() -> str:
    """Returns a new ID of a split: `spl_` and a UUID."""
    return f"spl_{uuid7().hex}"


def new_identifier_move_id() -> str:
    """Returns a new ID of a move of an Identifier: `mov_` and a UUID."""
    return f"mov_{uuid7().hex}"


def new_dismissal_id() -> str:
    """Returns a new ID of a dismissal: `dsm_` and a UUID."""
    return f"dsm_{uuid7().hex}"


def new_review_id() -> str:
    """Returns a new ID of the review of an Identifier: `rev_` and a UUID."""
    return f"rev_{uuid7().hex}"


def is_review_id(text: str) -> bool:
    """Whether the text has the form of the ID of a review."""
    return bool(_REVIEW_ID.fullmatch(text))


def new_erasure_id() -> str:
    """Returns a new ID of an erasure: `ers_` and a UUID."""
    return f"ers_{uuid7().hex}"


def new_suppression_id() -> str:
    """Returns a new ID of a change of the suppression list: `sup_` and a UUID."""
    return f"sup_{uuid7().hex}"


def new_prune_id() -> str:
    """Returns a new ID of a deletion of old Touchpoints: `prn_` and a UUID."""
    return f"prn_{uuid7().hex}"


def new_webhook_sender_id() -> str:
    """Returns a new ID of a process that delivers webhooks: `whs_` and a UUID."""
    return f"whs_{uuid7().hex}"


def new_test_message_id() -> str:
    """Returns a new ID of a test webhook: `msg_` and a UUID."""
    return f"msg_{uuid7().hex}"


def rejection_group_id(*parts: str) -> str:
    """Returns the ID of a group of rejections, derived from its API key, code and field."""
    return f"rej_{derived_event_id(*parts).removeprefix('evt_')}"


def new_activity_writer_id() -> str:
    """Returns a new ID of a process that writes statistics: `act_` and a UUID."""
    return f"act_{uuid7().hex}"


def activity_writer_id_at(seconds: int) -> str:
    """Returns a text between such IDs from before and after a time, in seconds since 1970."""
    return f"act_{seconds * 1000:012x}"


def _encoded(parts: tuple[str, ...]) -> list[bytes]:
    return [part.encode() for part in parts]
