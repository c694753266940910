"""The page that erases a Customer, and suppresses the person."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from app.access.api_keys import CUSTOMERS_DELETE
from app.customers.names import NameReader
from app.customers.profile import Profile, ProfileReader
from app.domain.suppression_errors import SuppressionSecretMissing
from app.errors import CustomerNotFound, InvalidPayload, MergeConflict, ServiceError
from app.http import decoding
from app.http.endpoints import Call
from app.http.responses import STATUS
from app.http.web.conflicts import names_of
from app.http.web.page import Fields, Form, Page, render
from app.http.web.templates import erase_path
from app.identity.erasure import ErasureService
from app.identity.erasure_query import ErasureQuery

PATH = "/customers/{id}/erase"
UNCONFIRMED = "Confirm that the erasure is permanent, or do not erase."


class ErasePages:
    """The form that erases a Customer, and afterwards the record of the erasure."""

    def __init__(
        self, profiles: ProfileReader, erasures: ErasureService, names: NameReader
    ) -> None:
        self._profiles = profiles
        self._erasures = erasures
        self._names = names

    @Page(method="GET", path=PATH, scope=CUSTOMERS_DELETE)
    async def ask(self, call: Call[None]) -> Response:
        """The data to erase, with the form; or the erasure, if there is one."""
        return await self._show(call)

    @Form(path=PATH, scope=CUSTOMERS_DELETE)
    async def erase(self, call: Call[Fields]) -> Response:
        """Erases the Customer, if this is confirmed."""
        fields = call.payload
        query = {
            "customer": call.id,
            "reason": fields.text("reason") or None,
            "suppress": bool(fields.text("suppress")),
        }
        try:
            if not fields.text("confirmed"):
                raise InvalidPayload(UNCONFIRMED)
            await self._erasures.erase(decoding.convert(query, ErasureQuery), call.api_key.id)
        except (InvalidPayload, MergeConflict, SuppressionSecretMissing) as error:
            return await self._show(call, error)
        return RedirectResponse(erase_path(call.id), 303)

    async def _show(self, call: Call[Any], error: ServiceError | None = None) -> Response:
        fields = call.payload or Fields({})
        profile, erasure = await self._profile(call.id), None
        if profile is None and not (erasure := await self._erasures.find(call.id)):
            raise CustomerNotFound.of_id(call.id)
        customer = profile.customer_id if profile else call.id
        return render(
            call,
            "erase",
            STATUS[error.code] if error else 200,
            customer_id=customer,
            profile=profile,
            erasure=erasure,
            names=await names_of(call, self._names, {customer}, own=True) if profile else {},
            error=error,
            reason=fields.text("reason"),
            suppress=bool(fields.text("suppress")),
        )

    async def _profile(self, customer: str) -> Profile | None:
        try:
            return await self._profiles.read(customer)
        except CustomerNotFound:
            return None
