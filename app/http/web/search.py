"""Search: the queries for the text in the search box."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CONTEXT_READ
from app.customers.context import ContextReader
from app.customers.context_query import ContextQuery
from app.domain import identifiers
from app.errors import CustomerNotFound, InvalidPayload
from app.http.endpoints import Call
from app.http.web import templates
from app.http.web.page import Page, render

_CUSTOMER = "cus_"


class SearchPages:
    """The pages that find a Customer."""

    def __init__(self, contexts: ContextReader) -> None:
        self._contexts = contexts

    @Page(method="GET", path="/search", scope=CONTEXT_READ)
    async def search(self, call: Call[None]) -> Response:
        """Redirects to the Customer with the identifier `q`, or shows that no Customer matches."""
        text = call.request.query_params.get("q", "")
        for query in queries(text):
            try:
                context = await self._contexts.read(query)
            except (CustomerNotFound, InvalidPayload):  # the latter for a blocked value
                continue
            return RedirectResponse(templates.customer_path(context.customer_id), 303)
        return render(call, "search", 404, query=text, is_empty=True)


def queries(text: str) -> list[ContextQuery]:
    """Returns the queries for a text, in order; none if it cannot be an identifier.

    An external or anonymous ID may look like an email address or like the ID of a Customer, so a
    query for it is always included.
    """
    text = text.strip()
    if not _is(identifiers.opaque_id, text):
        return []
    by_identifiers = ContextQuery(external_id=text, anonymous_id=text, limit=0)
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
