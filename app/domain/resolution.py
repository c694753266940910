"""Identity resolution: which identifier matched, and the limits of identifiers."""

from typing import Annotated

from msgspec import Meta, Struct

from app.domain.identifiers import WEIGHTS

Resolved = Annotated[
    str,
    Meta(
        description="The field that matched, or `new` for a new Customer.",
        extra_json_schema={"enum": ["customer", "email", "phone", "externalId", "new"]},
    ),
]

# Of a stored event, which may come from a tracking SDK.
ResolvedBy = Annotated[
    str,
    Meta(
        description="The field that matched, or `new` for a new Customer.",
        extra_json_schema={"enum": ["customer", *WEIGHTS, "new"]},
    ),
]


class ResolutionLimits(Struct, frozen=True, rename="camel"):
    """The number of identifiers of a kind that a Customer may have, and the shared ones.

    An identifier is marked as shared once events carried it with those of `shared_after` other
    Customers.
    """

    email: int = 100
    phone: int = 100
    external_id: int = 1000
    anonymous_id: int = 1000
    shared_after: int = 5
