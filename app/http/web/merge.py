"""The page that previews the merge of two Customers, and merges them."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import IDENTITY_WRITE
from app.customers.names import NameReader
from app.errors import InvalidPayload, MergeConflict, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.compare import Attempt, ComparePage
from app.http.web.conflicts import names_of
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import conflict_path
from app.identity.merge_preview import MergePreview
from app.identity.merges import MergeRequest, MergeService

PATH = "/conflicts/{id}/merge"
CHANGED = "One of the Customers changed meanwhile. Check the preview, and merge again."
UNCONFIRMED = "Confirm each warning, or do not merge."


class MergePages:
    """The preview of a merge, and the form that merges."""

    def __init__(self, page: ComparePage, merges: MergeService, names: NameReader) -> None:
        self._page = page
        self._merges = merges
        self._names = names

    @Page(method="GET", path=PATH, scope=IDENTITY_WRITE)
    async def preview(self, call: Call[None]) -> Response:
        """The preview, in which the Customer `survivor` survives."""
        preview = await self._preview(call, call.request.query_params.get("survivor", ""))
        if preview is None:
            return RedirectResponse(conflict_path(call.id), 303)
        return await self._show(call, preview)

    @Form(path=PATH, scope=IDENTITY_WRITE)
    async def merge(self, call: Call[Fields]) -> Response:
        """Merges, if each warning of the preview is confirmed."""
        fields = call.payload
        preview = await self._preview(call, fields.text("survivor"))
        if preview is None:
            return await self._page.show(call, Attempt(MergeConflict()))
        pair = (preview.customer.customer_id, preview.from_.customer_id)
        if pair != (fields.text("survivor"), fields.text("from")):
            return await self._show(call, preview, MergeConflict(CHANGED))
        confirmed = fields.texts("confirmed")
        try:
            request = decoding.convert(
                {"reason": fields.text("reason"), "from": pair[1]}, MergeRequest
            )
            if any(warning.code not in confirmed for warning in preview.warnings):
                raise InvalidPayload(UNCONFIRMED)
            await self._merges.merge(pair[0], request, call.api_key.id)
        except InvalidPayload as error:
            return await self._show(call, preview, error)
        except MergeConflict as error:
            return await self._page.show(call, Attempt(error))
        return RedirectResponse(conflict_path(call.id), 303)

    async def _preview(self, call: Call[Any], survivor: str) -> MergePreview | None:
        """The preview of the two surviving Customers; None if they are one."""
        comparison = await self._page.read(call.id)
        customers = [customer.customer_id for customer in comparison.customers]
        if len(customers) == 1:
            return None
        into = survivor if survivor in customers else customers[0]
        (other,) = (customer for customer in customers if customer != into)
        try:
            return await self._merges.preview(into, other)
        except MergeConflict:  # merged since the comparison was read
            return None

    async def _show(
        self,
        call: Call[Any],
        preview: MergePreview,
        error: ServiceError | None = None,
    ) -> Response:
        pair = {preview.customer.customer_id, preview.from_.customer_id}
        return render(
            call,
            "merge",
            STATUS[error.code] if error else 200,
            preview=preview,
            names=await names_of(call, self._names, pair),
            path=conflict_path(call.id),
            error=error,
            reason=call.payload.text("reason") if call.payload else "",
            confirmed=call.payload.texts("confirmed") if call.payload else [],
        )
