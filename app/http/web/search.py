"""Search: whom a text that a person typed may mean."""

from collections.abc import Callable

from app.customers.context import ContextQuery
from app.domain import identifiers

_CUSTOMER = "cus_"


def queries(text: str) -> list[ContextQuery]:
    """The queries for a text, in their order; none if it cannot be an identifier.

    An id in another system may look like an email address or like a Customer's own id, so it is
    always among them.
    """
    text = text.strip()
    if not _is(identifiers.opaque_id, text):
        return []
    by_identifiers = ContextQuery(external_id=text, limit=0)
    if "@" in text and _is(identifiers.email, text):
        by_identifiers.email = text
    elif _is(identifiers.phone, text):
        by_identifiers.phone = text
    by_id = [ContextQuery(customer=text, limit=0)] if text.startswith(_CUSTOMER) else []
    return [*by_id, by_identifiers]


def _is(kind: Callable[[str], object], text: str) -> bool:
    try:
        return bool(kind(text))
    except ValueError:
        return False
