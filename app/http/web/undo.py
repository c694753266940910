"""The page that undoes a decision of the audit log: a merge, split, dismissal, move or detach."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import IDENTITY_WRITE
from app.customers.names import NameReader
from app.errors import InvalidPayload, MergeConflict, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web import session
from app.http.web.conflicts import names_of
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import audit_path
from app.identity.audit import AuditReader
from app.identity.reason import UndoRequest

PATH = "/audit/{id}/undo"

# Undoes the decision with an ID, for a reason, on behalf of an API key with an ID.
Undo = Callable[[str, str | None, str], Awaitable[object]]


class UndoPages:
    """The page of the undo of a decision. `next` is the path that it leads back to."""

    def __init__(self, audit: AuditReader, undos: Mapping[str, Undo], names: NameReader) -> None:
        """`undos` has the undo of each kind of entry."""
        self._audit = audit
        self._undos = undos
        self._names = names

    @Page(method="GET", path=PATH, scope=IDENTITY_WRITE)
    async def ask(self, call: Call[None]) -> Response:
        """Shows the decision, and asks why it is undone."""
        return await self._show(call, call.request.query_params.get("next", ""))

    @Form(path=PATH, scope=IDENTITY_WRITE)
    async def undo(self, call: Call[Fields]) -> Response:
        """Undoes the decision, and leads to `next`."""
        target, reason = call.payload.text("next"), call.payload.text("reason")
        entry = await self._audit.entry(call.id)
        try:
            request = decoding.convert({"reason": reason or None}, UndoRequest)
            await self._undos[entry.kind](entry.id, request.reason, call.api_key.id)
        except (InvalidPayload, MergeConflict) as error:
            return await self._show(call, target, error)
        return RedirectResponse(_local(target), 303)

    async def _show(
        self,
        call: Call[Any],
        target: str,
        error: ServiceError | None = None,
    ) -> Response:
        entry = await self._audit.entry(call.id)
        return render(
            call,
            "undo",
            STATUS[error.code] if error else 200,
            entry=entry,
            next=_local(target),
            names=await names_of(call, self._names, set(entry.customers), own=True),
            error=error,
            reason=call.payload.text("reason") if call.payload else "",
        )


def _local(target: str) -> str:
    return session.local(target) if target else audit_path()
