"""Search: the queries for the text in the search box."""

from collections.abc import Callable

from app.customers.context import ContextQuery
from app.domain import identifiers

_CUSTOMER = "cus_"


def queries(text: str) -> list[ContextQuery]:
    """Returns the queries for a text, in order; none if it cannot be an identifier.

    An external ID may look like an email address or like the ID of a Customer, so a query for it
    is always included.
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
