"""Split: a Customer parted into several, as it is asked for, foreseen and told."""

from typing import Annotated

from msgspec import Meta, Struct

from app.identity.reason import Reason

SHARED_COUNT = 100

_Shared = Annotated[
    list[str],
    Meta(
        max_length=SHARED_COUNT,
        description="The Identifiers (`kind:value`) that connect nobody: an office's phone, say. "
        "Those that are marked as shared already need not be named.",
        examples=[["phone:+14155552671"]],
    ),
]


class SplitQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not to count as a connection."""

    shared: _Shared = []


class SplitRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not to count as a connection from now on, and why."""

    reason: Reason
    shared: _Shared = []


class Part(Struct, frozen=True, rename="camel"):
    """Identifiers that came together in events, and how many Touchpoints carry one of them."""

    identifiers: list[str]
    touchpoints: int


class SplitPreview(Struct, frozen=True, rename="camel"):
    """The parts that the recorded events imply. The first stays, with all that connects nobody."""

    customer_id: str
    stays: Part
    parts: list[Part]


class NewPart(Part, frozen=True, rename="camel", kw_only=True):
    """A part that is a Customer by itself now; its `splitId` undoes that."""

    split_id: Annotated[str, Meta(extra_json_schema={"pattern": "^spl_"})]
    customer_id: str


class Split(Struct, frozen=True, rename="camel"):
    """A split: who was parted into whom, when, by which API key, and why."""

    customer_id: str
    parts: list[NewPart]
    at: str
    by: str
    reason: str
