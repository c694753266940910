"""Ids: opaque, prefixed, and sorted by the time of their making unless derived from a key."""

import hashlib

from ulid import ULID, LaxMonotonicPolicy, ULIDGenerator

# Within a millisecond each id is the one before plus one, so that a batch keeps its order.
_ulids = ULIDGenerator(policy=LaxMonotonicPolicy())


def new_event_id() -> str:
    """A fresh id for a Touchpoint, `evt_` and a ULID."""
    return f"evt_{_ulid()}"


def derived_event_id(*parts: str) -> str:
    """The id of a Touchpoint that follows from `parts`, the same whenever they are the same."""
    digest = hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in _encoded(parts)))
    return f"evt_{ULID.from_bytes(digest.digest()[:16])}".lower()


def customer_id(event_id: str) -> str:
    """The id for a Customer that an event makes: `cus_`, and the rest of the event's own."""
    return f"cus_{event_id.removeprefix('evt_')}"


def new_key_id() -> str:
    """A fresh id for an API key, `key_` and a ULID."""
    return f"key_{_ulid()}"


def new_merge_id() -> str:
    """A fresh id for a merge, `mrg_` and a ULID."""
    return f"mrg_{_ulid()}"


def new_split_id() -> str:
    """A fresh id for a split, `spl_` and a ULID."""
    return f"spl_{_ulid()}"


def new_dismissal_id() -> str:
    """A fresh id for a dismissal, `dsm_` and a ULID."""
    return f"dsm_{_ulid()}"


def new_review_id() -> str:
    """A fresh id for the review of an Identifier, `rev_` and a ULID."""
    return f"rev_{_ulid()}"


def _encoded(parts: tuple[str, ...]) -> list[bytes]:
    return [part.encode() for part in parts]


def _ulid() -> str:
    return str(_ulids.generate()).lower()
