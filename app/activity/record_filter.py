"""The filter of a stream: which records its reader gets."""

from typing import Annotated

from msgspec import Meta, Struct

from app.activity.record import Record


class RecordFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """Selects the records that match every field that is set."""

    event: Annotated[str | None, Meta(description="Only records with this event name.")] = None
    customer: Annotated[
        str | None,
        Meta(
            description="Only records with this Customer ID, email, phone, external ID or "
            "anonymous ID."
        ),
    ] = None
    rejected: Annotated[
        bool, Meta(description="If true, only records of events that were not stored.")
    ] = False

    def matches(self, record: Record) -> bool:
        """Whether a record is selected."""
        if self.rejected and record.error is None:
            return False
        if self.event and record.event != self.event:
            return False
        return not self.customer or self._is_of_customer(record, self.customer)

    def _is_of_customer(self, record: Record, customer: str) -> bool:
        if customer in (record.customer_id, record.customer):
            return True
        wanted = customer.casefold()
        return any(
            wanted in (identifier.casefold(), identifier.partition(":")[2].casefold())
            for identifier in record.identifiers
        )
