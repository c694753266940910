"""Erased Customers, of which the processes forget the records that they keep."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from app.activity.record import Record
from app.domain.identity_fields import parse_identifier

MAX_IDENTIFIERS = 1000  # in a message


class Erased(Struct, frozen=True):
    """IDs of erased Customers, and their identifiers, such as `email:jane@acme.com`."""

    customers: frozenset[str]
    identifiers: frozenset[str]

    def is_in_record(self, record: Record) -> bool:
        """Whether a record is of such a Customer, or carries its identifiers."""
        if bytes(record.payload).startswith(b'"') and self._is_in_text(record.payload):
            return True
        return self._is_any((record.customer, record.customer_id), record.identifiers)

    def _is_any(self, customers: Iterable[str | None], names: Iterable[str]) -> bool:
        if any(customer and customer.strip() in self.customers for customer in customers):
            return True
        return any(
            name in self.identifiers or _normalised(name) in self.identifiers for name in names
        )

    def _is_in_text(self, body: bytes) -> bool:
        """Whether a body that was not decoded names one of them."""
        text = bytes(body).decode(errors="replace").casefold()
        values = (name.partition(":")[2] for name in self.identifiers)
        return any(word.casefold() in text for word in (*self.customers, *values))


def messages(customers: Iterable[str], names: Iterable[str]) -> Iterator[Erased]:
    """Yields the erased Customers in messages of a bounded size."""
    own, rest = frozenset(customers), [*names]
    for begin in range(0, max(1, len(rest)), MAX_IDENTIFIERS):
        yield Erased(own, frozenset(rest[begin : begin + MAX_IDENTIFIERS]))


def _normalised(name: str) -> str:
    """An identifier as it was sent, in the form in which it is stored."""
    try:
        return str(parse_identifier(name))
    except ValueError:
        return name
