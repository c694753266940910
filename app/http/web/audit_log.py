"""The page of the audit log, the latest decision first."""

from starlette.responses import Response

from app.access.api_keys import IDENTITY_READ
from app.customers.names import NameReader
from app.errors import CustomerNotFound
from app.http.endpoints import Call
from app.http.web.conflicts import names_of
from app.http.web.page import Page, render
from app.identity.audit import AuditPage, AuditQuery, AuditReader


class AuditPages:
    """The page that lists decisions about identities."""

    def __init__(self, audit: AuditReader, names: NameReader) -> None:
        self._audit = audit
        self._names = names

    @Page(method="GET", path="/audit", scope=IDENTITY_READ)
    async def audit(self, call: Call[None]) -> Response:
        """A page of the log; with `customer`, of that Customer; with `cursor`, from there."""
        parameters = call.request.query_params
        customer, cursor = parameters.get("customer", "").strip(), parameters.get("cursor")
        status = 200
        try:
            page = await self._audit.read(AuditQuery(customer=customer or None, cursor=cursor))
        except CustomerNotFound:
            status, page = 404, AuditPage([])
        customers = {id_ for entry in page.changes for id_ in entry.customers}
        return render(
            call,
            "audit",
            status,
            page=page,
            customer=customer,
            is_unknown=status == 404,
            is_first=cursor is None,
            names=await names_of(call, self._names, customers, own=True),
            return_to=_address(call),
        )


def _address(call: Call[None]) -> str:
    """The path and query of the page, to return to it."""
    url = call.request.url
    return f"{url.path}?{url.query}" if url.query else url.path
