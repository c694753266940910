"""Suppression: rejects the events of people whose identifiers are on the suppression list."""

from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Protocol

from app.domain.suppression_errors import Suppressed
from app.errors import FieldError, ServiceError, Unavailable
from app.ingest.events import Event
from app.ingest.results import raise_for_request
from app.ingest.rows import IngestRequest
from app.ingest.write_queue import Row

MESSAGE = "must not be on the suppression list"
CUSTOMER_MESSAGE = "must not have an identifier on the suppression list"

# Returns those of Customers that have a suppressed identifier. Raises Unavailable.
FindCustomers = Callable[[Sequence[str]], Awaitable[Container[str]]]


class SuppressionCheck(Protocol):
    """A copy of the suppression list, by identifiers such as `email:jane@acme.com`."""

    @property
    def is_current(self) -> bool:
        """Whether the copy is recent enough."""
        ...

    @property
    def has_entries(self) -> bool:
        """Whether it has any identifier. Raises Unavailable if it is unknown."""
        ...

    def __contains__(self, name: str) -> bool:
        """Whether it has an identifier."""
        ...

    async def refresh(self) -> None:
        """Makes the copy a recent one. Raises Unavailable."""
        ...


async def refresh(suppressions: SuppressionCheck) -> None:
    """Makes a copy a recent one. Raises Unavailable, also if it was not read in time."""
    await suppressions.refresh()
    if not suppressions.is_current:  # the read took too long: an erasure does not wait for it
        raise Unavailable("The suppression list could not be read in time. Retry.")


async def reject_suppressed(
    request: IngestRequest,
    rows: list[Row | ServiceError],
    suppressions: SuppressionCheck,
    find_customers: FindCustomers,
) -> list[Row | ServiceError]:
    """Returns the rows of a request, with the error in place of each suppressed one.

    Reads the identifiers of the Customers that its events name, unless the list is empty. Raises
    the error of the whole request if it is not lenient, or has one event; or Unavailable if it is
    unknown which identifiers are suppressed.
    """
    if not suppressions.is_current:
        await refresh(suppressions)
    if not suppressions.has_entries:
        return rows
    named = [
        row["customer"] for row in rows if not isinstance(row, ServiceError) and row["customer"]
    ]
    customers = await find_customers(named) if named else ()
    checked = [
        row
        if isinstance(row, ServiceError)
        else _checked(request, position, row, suppressions, customers)
        for position, row in enumerate(rows)
    ]
    raise_for_request(request, checked)
    return checked


async def without_suppressed(events: list[Event], suppressions: SuppressionCheck) -> list[Event]:
    """Returns the events that have no suppressed identifier. Raises Unavailable."""
    if not suppressions.is_current:
        await refresh(suppressions)
    if not suppressions.has_entries:
        return events
    return [
        event
        for event in events
        if not any(str(identifier) in suppressions for identifier in event.identifiers)
    ]


def _checked(
    request: IngestRequest,
    position: int,
    row: Row,
    suppressions: SuppressionCheck,
    customers: Container[str],
) -> Row | ServiceError:
    names: list[str] = row["identifiers"]
    suppressed = [name for name in names if name in suppressions]
    is_named = row["customer"] in customers
    if not suppressed and not is_named:
        return row
    payload = request.payload
    paths = [payload.field_path(position, name.partition(":")[0]) for name in suppressed]
    errors = [FieldError(path, MESSAGE) for path in paths]
    if is_named:
        errors.append(FieldError(payload.field_path(position, "customer"), CUSTOMER_MESSAGE))
    return Suppressed(details=errors)
