"""The page of the open identity conflicts, the strongest first."""

from typing import Any

from starlette.responses import Response

from app.access.api_keys import CONTEXT_READ, IDENTITY_READ
from app.customers.names import NameReader
from app.http.endpoints import Call
from app.http.web.page import Page, render
from app.identity.conflicts import IdentityConflictQuery, IdentityConflictReader


class ConflictPages:
    """The page that lists identity conflicts for a data steward."""

    def __init__(self, conflicts: IdentityConflictReader, names: NameReader) -> None:
        self._conflicts = conflicts
        self._names = names

    @Page(method="GET", path="/conflicts", scope=IDENTITY_READ)
    async def conflicts(self, call: Call[None]) -> Response:
        """A page of conflicts; with `cursor`, the one that begins there."""
        cursor = call.request.query_params.get("cursor")
        page = await self._conflicts.read(IdentityConflictQuery(cursor=cursor))
        customers = {
            customer.customer_id for conflict in page.conflicts for customer in conflict.customers
        }
        names = await names_of(call, self._names, customers)
        return render(call, "conflicts", page=page, names=names, is_first=cursor is None)


async def names_of(
    call: Call[Any], names: NameReader, customers: set[str], *, own: bool = False
) -> dict[str, str]:
    """The names of Customers, as the NameReader gives them; none without `context:read`."""
    if CONTEXT_READ not in call.api_key.scopes:
        return {}
    return await names.read(customers, own=own)
