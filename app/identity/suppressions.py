"""Suppressions: identifiers of people who must not be collected, stored as keyed hashes only."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from app.domain import identifiers, ids, timestamps
from app.domain.identifiers import MAX_ID_LENGTH
from app.domain.identity_fields import IDENTIFIER_FORM, parse_identifier
from app.domain.suppression_errors import SuppressionNotFound
from app.domain.validation import FieldErrors
from app.graph.graph import Graph, Row
from app.graph.rows import first
from app.identity.reason import MAX_REASON_LENGTH
from app.identity.suppression_list import SuppressionList
from app.identity.suppression_secret_file import SuppressionSecretFile

MAX_IDENTIFIERS = 1000  # in a request, and in a transaction
# The kind, a colon and the value.
MAX_NAME_LENGTH = max(map(len, identifiers.PARSERS)) + 1 + MAX_ID_LENGTH

_Reason = Annotated[
    str,
    Meta(
        description="Why, for the audit log: no personal data.",
        min_length=1,
        max_length=MAX_REASON_LENGTH,
        pattern=r"\S",
    ),
]


class SuppressionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The identifiers to suppress, or to allow again, and the reason."""

    identifiers: Annotated[
        list[Annotated[str, Meta(max_length=MAX_NAME_LENGTH)]],
        Meta(
            description="Each `kind:value`, such as `email:jane@acme.com`. The kind is `email`, "
            "`phone`, `externalId` or `anonymousId`. Normalised as in events.",
            min_length=1,
            max_length=MAX_IDENTIFIERS,
        ),
    ]
    reason: _Reason


class SuppressionChange(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A change of the suppression list. The ID of a suppression undoes it."""

    id: Annotated[str, Meta(extra_json_schema={"pattern": "^sup_"})]
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["suppression", "unsuppression"]})]
    identifiers: Annotated[
        int,
        Meta(description="Number of identifiers that were added or removed, without those before."),
    ]
    at: str
    by: Annotated[str, Meta(description="The ID of the API key, or `cli` for the command line.")]
    reason: str | None = None


class SuppressionService:
    """Changes the suppression list in the graph. `by` is the ID of an API key, or `cli`.

    This process checks its next events against the change, every other one after 5 s at most.
    """

    def __init__(
        self, graph: Graph, secret_file: SuppressionSecretFile, copy: SuppressionList | None = None
    ) -> None:
        self._graph = graph
        self._secret_file = secret_file
        self._copy = copy

    async def suppress(self, request: SuppressionRequest, by: str) -> SuppressionChange:
        """Adds identifiers to the list.

        Raises InvalidPayload, SuppressionSecretMissing or Unavailable.
        """
        return await self.add(parse(request.identifiers), request.reason, by)

    async def add(self, names: Iterable[str], reason: str | None, by: str) -> SuppressionChange:
        """Adds normalised identifiers to the list, at most MAX_IDENTIFIERS.

        Raises SuppressionSecretMissing or Unavailable.
        """
        newest = self._secret_file.newest()
        items = [
            {"hash": newest.hash(name), "known": self.hashes(name)} for name in dict.fromkeys(names)
        ]
        return await self._write("suppression_add", by, reason, items=items)

    def hashes(self, name: str) -> list[str]:
        """The hashes of a normalised identifier by all secrets."""
        return [secret.hash(name) for secret in self._secret_file.secrets]

    async def allow(self, request: SuppressionRequest, by: str) -> SuppressionChange:
        """Removes identifiers from the list.

        Raises InvalidPayload, SuppressionSecretMissing or Unavailable.
        """
        return await self.remove(parse(request.identifiers), request.reason, by)

    async def remove(self, names: Iterable[str], reason: str | None, by: str) -> SuppressionChange:
        """Removes normalised identifiers from the list, at most MAX_IDENTIFIERS.

        Raises SuppressionSecretMissing or Unavailable.
        """
        self._secret_file.newest()  # without a secret, no hash would match
        hashes = [hash_ for name in names for hash_ in self.hashes(name)]
        return await self._write("suppression_remove", by, reason, hashes=hashes, undoes=None)

    async def undo(self, suppression: str, reason: str | None, by: str) -> SuppressionChange:
        """Removes the identifiers that a suppression added. A repeat returns the first undo.

        Raises SuppressionNotFound or Unavailable.
        """
        rows = await self._graph.read("suppression", id=suppression)
        row = first(rows, SuppressionNotFound())
        if row["undo"]:
            return _change(row["undo"])
        return await self._write(
            "suppression_remove", by, reason, hashes=row["hashes"], undoes=suppression
        )

    async def _write(
        self, statement: str, by: str, reason: str | None, **parameters: object
    ) -> SuppressionChange:
        (row,) = await self._graph.write(
            statement,
            id=ids.new_suppression_id(),
            at=timestamps.now()[1],
            by=by,
            reason=reason,
            **parameters,
        )
        if self._copy:
            await self._copy.refresh_again()
        return _change(row)


def parse(names: Sequence[str]) -> list[str]:
    """The identifiers `kind:value` in their normalised form. Raises InvalidPayload."""
    errors = FieldErrors()
    parsed = [
        errors.parse(name, f"identifiers[{position}]", parse_identifier)
        for position, name in enumerate(names)
    ]
    for position, name in enumerate(names):
        if not name or name.isspace():
            errors.add(f"identifiers[{position}]", IDENTIFIER_FORM)
    errors.raise_any()
    return [str(identifier) for identifier in parsed if identifier]


def _change(row: Row) -> SuppressionChange:
    return msgspec.convert(row, SuppressionChange)
