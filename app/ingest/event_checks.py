"""Event checks: the blocklist, the suppression list and the event names of a write or a dry run."""

from collections.abc import Container

from app.domain.identifiers import Identifier
from app.errors import ServiceError
from app.graph.graph import Graph
from app.ingest.event_names import SuggestEventName, warn_of_similar_names
from app.ingest.events import Event
from app.ingest.results import IngestResult, ingest_result, raise_for_request
from app.ingest.rows import IngestRequest, build_rows
from app.ingest.suppressed_customers import SuppressedCustomers
from app.ingest.suppression import SuppressionCheck, reject_suppressed, without_suppressed
from app.ingest.write_queue import Row
from app.ingest.writer import RowResult


class EventChecks:
    """Checks the events of a request before a write, and warns of their names after it.

    A blocked identifier is ignored. A suppressed one rejects the events that carry it, and those
    that name its Customer. Without `suggest_event_name`, there is no warning of names.
    """

    def __init__(
        self,
        graph: Graph,
        blocklist: Container[Identifier],
        suppressions: SuppressionCheck,
        suggest_event_name: SuggestEventName | None = None,
    ) -> None:
        self._blocklist = blocklist
        self._suppressions = suppressions
        self._customers = SuppressedCustomers(graph, blocklist, suppressions)
        self._suggest_event_name = suggest_event_name

    def rows(self, request: IngestRequest) -> list[Row | ServiceError]:
        """Returns for each event its row, or its error. The rows exclude blocked identifiers."""
        return build_rows(request, self._blocklist)

    async def reject_suppressed(
        self, request: IngestRequest, rows: list[Row | ServiceError]
    ) -> list[Row | ServiceError]:
        """Returns the rows of a request, with the error in place of each suppressed one.

        Raises InvalidPayload, Suppressed or IdempotencyConflict if the whole request is rejected;
        or Unavailable if it is unknown which identifiers are suppressed.
        """
        raise_for_request(request, rows)
        return await reject_suppressed(request, rows, self._suppressions, self._customers.find)

    async def without_suppressed(self, events: list[Event]) -> list[Event]:
        """Returns the events that have no suppressed identifier. Raises Unavailable."""
        return await without_suppressed(events, self._suppressions)

    def result(
        self, request: IngestRequest, rows: list[Row | ServiceError], written: list[RowResult]
    ) -> IngestResult:
        """Returns the result of a request, with the warnings of event names.

        `written` has a result of each valid row. Raises InvalidPayload, Suppressed or
        IdempotencyConflict if the whole request is rejected.
        """
        result = ingest_result(request, rows, written)
        if self._suggest_event_name is not None:
            warn_of_similar_names(request, result, self._suggest_event_name)
        return result
