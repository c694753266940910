"""The page that previews the split of a Customer, and splits it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from app.access.api_keys import IDENTITY_WRITE
from app.customers.names import NameReader
from app.errors import InvalidPayload, MergeConflict, NothingToSplit, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.conflicts import names_of
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import audit_path
from app.identity.split_preview import SplitPreview, SplitQuery
from app.identity.splits import SplitRequest, SplitService

PATH = "/customers/{id}/split"
CHANGED = "The preview changed. Check it, and split again."
MAX_TOUCHPOINTS = 2000  # that the page reads before the form asks for all
MAX_FORM_BYTES = 512 * 1024  # 100 names of 255 characters, each of up to 12 bytes
MAX_FORM_FIELDS = 2000  # a Customer may have more identifiers than may be ticked


class SplitPages:
    """The preview of a split, and the form that splits."""

    def __init__(self, splits: SplitService, names: NameReader) -> None:
        self._splits = splits
        self._names = names

    @Page(method="GET", path=PATH, scope=IDENTITY_WRITE)
    async def preview(self, call: Call[None]) -> Response:
        """The preview without shared identifiers besides those that are marked.

        It has the latest Touchpoints of the Customer alone. The form previews all of them.
        """
        preview, older = await self._splits.preview_latest(call.id, MAX_TOUCHPOINTS)
        return await self._render(call, preview, older=older)

    @Form(path=PATH, scope=IDENTITY_WRITE, max_bytes=MAX_FORM_BYTES, max_fields=MAX_FORM_FIELDS)
    async def split(self, call: Call[Fields]) -> Response:
        """With the `action` split, splits as the form shows; else returns the preview."""
        fields = call.payload
        shared = fields.texts("shared")
        try:
            decoding.convert({"shared": shared}, SplitQuery)
        except InvalidPayload as error:
            return await self._show(call, [], error)
        if fields.text("action") != "split":
            return await self._show(call, shared)
        try:
            request = decoding.convert(
                {"reason": fields.text("reason"), "shared": shared}, SplitRequest
            )
            if fields.text("preview") != _digest(await self._splits.preview(call.id, shared)):
                raise MergeConflict(CHANGED)
            await self._splits.split(call.id, request, call.api_key.id)
        except (InvalidPayload, NothingToSplit, MergeConflict) as error:
            return await self._show(call, shared, error)
        return RedirectResponse(audit_path(call.id), 303)

    async def _show(
        self,
        call: Call[Any],
        shared: list[str],
        error: ServiceError | None = None,
    ) -> Response:
        try:
            preview = await self._splits.preview(call.id, shared)
        except InvalidPayload as changed:  # another request took one of the shared identifiers
            shared, error = [], error or changed
            preview = await self._splits.preview(call.id, shared)
        return await self._render(call, preview, shared=shared, error=error)

    async def _render(
        self,
        call: Call[Any],
        preview: SplitPreview,
        *,
        older: int = 0,
        shared: Sequence[str] = (),
        error: ServiceError | None = None,
    ) -> Response:
        identifiers = [
            name for part in (preview.stays, *preview.parts) for name in part.identifiers
        ]
        return render(
            call,
            "split",
            STATUS[error.code] if error else 200,
            preview=preview,
            digest=_digest(preview),
            older=older,
            latest=MAX_TOUCHPOINTS,
            identifiers=identifiers,
            shared=shared,
            names=await names_of(call, self._names, {call.id}),
            error=error,
            reason=call.payload.text("reason") if call.payload else "",
        )


def _digest(preview: SplitPreview) -> str:
    """The digest of a preview, by which a form names the one that it shows."""
    return hashlib.sha256(msgspec.json.encode(preview)).hexdigest()
