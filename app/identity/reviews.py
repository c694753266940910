"""Reviews: dismissals of identity conflicts, their undos, and marks of shared identifiers."""

from msgspec import Struct

from app.domain import identity_fields, ids, timestamps
from app.domain.identifiers import Identifier
from app.domain.validation import FieldErrors
from app.errors import CustomerNotFound, DismissalNotFound, IdentityConflictNotFound
from app.graph.graph import Graph
from app.graph.rows import first
from app.identity.audit_entry import AuditEntry, audit_entry
from app.identity.reason import Reason

NO_OWNER = "No Customer has this identifier."
ONE_IDENTIFIER = "must have exactly one of email, phone, externalId, anonymousId"


class Dismissal(Struct, frozen=True, forbid_unknown_fields=True):
    """That the two Customers of an identity conflict are not the same person."""

    reason: Reason


class SharedMark(Struct, forbid_unknown_fields=True, rename="camel"):
    """Whether several people share an identifier. A blank or null field counts as absent."""

    shared: bool
    reason: Reason
    email: identity_fields.EmailField = None
    phone: identity_fields.PhoneField = None
    external_id: identity_fields.ExternalIdField = None
    anonymous_id: identity_fields.AnonymousIdField = None


class ReviewService:
    """Stores decisions in the graph. `by` is the ID of an API key."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def dismiss(self, conflict: str, dismissal: Dismissal, by: str) -> AuditEntry:
        """Dismisses an identity conflict: the two are not the same; a repeat returns the first.

        Raises IdentityConflictNotFound or Unavailable.
        """
        one, _, other = conflict.partition("~")
        rows = await self._graph.write(
            "conflict_dismiss",
            one=one,
            other=other,
            id=ids.new_dismissal_id(),
            at=timestamps.now()[1],
            by=by,
            reason=dismissal.reason,
        )
        return audit_entry(first(rows, IdentityConflictNotFound()))

    async def undo_dismissal(self, dismissal_id: str, reason: str | None, by: str) -> AuditEntry:
        """Undoes a dismissal: its identity conflict is listed again; a repeat returns the first.

        Raises DismissalNotFound or Unavailable.
        """
        rows = await self._graph.write(
            "conflict_undo_dismissal",
            id=dismissal_id,
            at=timestamps.now()[1],
            by=by,
            reason=reason,
        )
        return audit_entry(first(rows, DismissalNotFound()))

    async def mark(self, mark: SharedMark, by: str, review_id: str | None = None) -> AuditEntry:
        """Marks an identifier as shared, or unmarks it. A repeat of a `review_id` changes nothing.

        Raises InvalidPayload, CustomerNotFound if no Customer has the identifier, or Unavailable.
        """
        identifier = _identifier(mark)
        rows = await self._graph.write(
            "identifier_review",
            kind=identifier.kind,
            value=identifier.value,
            shared=mark.shared,
            id=review_id or ids.new_review_id(),
            at=timestamps.now()[1],
            by=by,
            reason=mark.reason,
        )
        return audit_entry(first(rows, CustomerNotFound(NO_OWNER)))


def _identifier(mark: SharedMark) -> Identifier:
    errors = FieldErrors()
    identifiers = identity_fields.parse_identifiers(mark, errors)
    if len(identifiers) != 1 and not errors.items:
        errors.add("", ONE_IDENTIFIER)
    errors.raise_any()
    return identifiers[0]
