"""The pages of the suppression list: its changes, and the forms that change and undo them."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CUSTOMERS_DELETE, IDENTITY_READ
from app.domain.suppression_errors import SuppressionSecretMissing
from app.errors import FieldError, InvalidPayload, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import SUPPRESSIONS_PATH
from app.identity.reason import UndoRequest
from app.identity.suppression_history import SuppressionHistory
from app.identity.suppression_list import SuppressionList
from app.identity.suppressions import SuppressionRequest, SuppressionService

PATH = SUPPRESSIONS_PATH
UNDO_PATH = f"{PATH}/{{id}}/undo"
MAX_FORM_BYTES = 512 * 1024  # 1,000 identifiers of 40 characters, each of up to 12 bytes


class SuppressionPages:
    """The history of the list for data stewards; the forms need the scope of erasures."""

    def __init__(
        self,
        history: SuppressionHistory,
        suppressions: SuppressionService,
        suppression_list: SuppressionList,
    ) -> None:
        self._history = history
        self._suppressions = suppressions
        self._list = suppression_list

    @Page(method="GET", path=PATH, scope=IDENTITY_READ)
    async def changes(self, call: Call[None]) -> Response:
        """A page of the history; with `cursor`, from there."""
        return await self._show(call, cursor=call.request.query_params.get("cursor"))

    @Form(path=PATH, scope=CUSTOMERS_DELETE, max_bytes=MAX_FORM_BYTES)
    async def change(self, call: Call[Fields]) -> Response:
        """With the `action` remove, ends the suppression of the identifiers; else begins it."""
        lines = _lines(call.payload)
        is_removal = call.payload.text("action") == "remove"
        run = self._suppressions.allow if is_removal else self._suppressions.suppress
        body = {"identifiers": [text for _, text in lines], "reason": call.payload.text("reason")}
        try:
            await run(decoding.convert(body, SuppressionRequest), call.api_key.id)
        except InvalidPayload as error:
            return await self._show(call, _of_lines(error, lines))
        except SuppressionSecretMissing as error:
            return await self._show(call, error)
        return RedirectResponse(PATH, 303)

    @Page(method="GET", path=UNDO_PATH, scope=CUSTOMERS_DELETE)
    async def ask(self, call: Call[None]) -> Response:
        """Shows a suppression, and asks why it is undone."""
        return await self._show_undo(call)

    @Form(path=UNDO_PATH, scope=CUSTOMERS_DELETE)
    async def undo(self, call: Call[Fields]) -> Response:
        """Removes the identifiers that the suppression added."""
        try:
            request = decoding.convert({"reason": call.payload.text("reason") or None}, UndoRequest)
            await self._suppressions.undo(call.id, request.reason, call.api_key.id)
        except InvalidPayload as error:
            return await self._show_undo(call, error)
        return RedirectResponse(PATH, 303)

    async def _show(
        self, call: Call[Any], error: ServiceError | None = None, cursor: str | None = None
    ) -> Response:
        scopes = call.api_key.scopes
        return render(
            call,
            "suppressions",
            STATUS[error.code] if error else 200,
            page=await self._history.read(cursor) if IDENTITY_READ in scopes else None,
            size=self._list.size,
            is_first=cursor is None,
            error=error,
            identifiers=call.payload.text("identifiers") if call.payload else "",
            reason=call.payload.text("reason") if call.payload else "",
        )

    async def _show_undo(self, call: Call[Any], error: ServiceError | None = None) -> Response:
        return render(
            call,
            "suppression_undo",
            STATUS[error.code] if error else 200,
            undoable=await self._history.suppression(call.id),
            error=error,
            reason=call.payload.text("reason") if call.payload else "",
        )


def _lines(fields: Fields) -> list[tuple[int, str]]:
    """The identifiers in the form, with the numbers of their lines."""
    lines = enumerate(fields.text("identifiers").split("\n"), 1)
    return [(number, line.strip()) for number, line in lines if line.strip()]


def _of_lines(error: InvalidPayload, lines: list[tuple[int, str]]) -> InvalidPayload:
    """The error with the numbers of lines in place of those of list items."""
    numbers = {f"identifiers[{position}]": number for position, (number, _) in enumerate(lines)}
    return InvalidPayload(
        error.message,
        details=[
            FieldError(f"line {numbers[detail.path]}", detail.message)
            if detail.path in numbers
            else detail
            for detail in error.details
        ],
    )
