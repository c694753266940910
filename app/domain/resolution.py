"""Resolution: which identifier decided on a Customer, and how far identifiers are trusted."""

from typing import Annotated

from msgspec import Meta, Struct

Resolved = Annotated[
    str,
    Meta(
        description="What decided on the Customer: the key that matched, or `new` for a new one.",
        extra_json_schema={"enum": ["customer", "email", "phone", "externalId", "new"]},
    ),
]


class ResolutionLimits(Struct, frozen=True, rename="camel"):
    """How far identifiers are trusted: how many of a kind a Customer may have, and which is shared.

    An identifier that came with identifiers of `shared_after` other Customers is marked as shared.
    """

    email: int = 100
    phone: int = 100
    external_id: int = 1000
    shared_after: int = 5
