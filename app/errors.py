"""The errors of responses: one family, each with the code of the contract and a message."""

from typing import ClassVar

from msgspec import Struct


class FieldError(Struct, frozen=True):
    """An error of a field: `path` is the field (`events[3].timestamp`), `message` the rule."""

    path: str
    message: str


class ServiceError(Exception):
    """500: an internal error, which the log has under its request ID.

    The root of the family: `code` is the contract's, `text` the message if none is given, and
    `retry_after` is in seconds.
    """

    code = "internal"
    text: ClassVar[str] = "Internal error. Quote the request ID to the operator."
    retry_after: int | None = None

    def __init__(self, message: str | None = None, details: list[FieldError] | None = None) -> None:
        self.message = message or self.text
        self.details = details or []
        super().__init__(self.message)


class InvalidPayload(ServiceError):
    """400: the request has validation errors, and nothing was written."""

    code = "invalid_payload"
    text = "1 validation error."


class Unauthenticated(ServiceError):
    """401: the API key is missing, unknown, expired or revoked."""

    code = "unauthenticated"
    text = "The API key is missing. Send it in the X-API-Key header."
    challenge = "ApiKey"  # the way to authenticate (RFC 9110, 11.6.1)


class ForbiddenScope(ServiceError):
    """403: the API key lacks the required scope."""

    code = "forbidden_scope"
    challenge: str | None = None  # the scopes to ask an OAuth issuer for (RFC 6750, 3)

    def __init__(self, scope: str, credential: str = "API key") -> None:
        super().__init__(f"The {credential} lacks the required scope {scope}.")


class ForbiddenBrowserKey(ForbiddenScope):
    """403: the API key is a browser key, and the route is not for browsers."""

    text = "A browser key can only send calls of tracking SDKs. Use another API key."

    def __init__(self) -> None:
        ServiceError.__init__(self)


class CustomerNotFound(ServiceError):
    """404: no Customer matches, or it was erased."""

    code = "unknown_customer"
    text = "No Customer matches."

    @classmethod
    def of_id(cls, customer: str) -> "CustomerNotFound":
        """The error of an ID that no Customer has."""
        return cls(f"No Customer has the ID {customer}.")


class SplitNotFound(ServiceError):
    """404: no split has this ID."""

    code = "unknown_split"
    text = "No split has this ID."


class IdentifierMoveNotFound(ServiceError):
    """404: no move of an identifier has this ID."""

    code = "unknown_move"
    text = "No move of an identifier has this ID."


class EventNotFound(ServiceError):
    """404: no event has this ID, or none had it at `asOf`."""

    code = "unknown_event"
    text = "No event has this ID."


class MergeNotFound(ServiceError):
    """404: no merge has this ID."""

    code = "unknown_merge"
    text = "No merge has this ID."


class DismissalNotFound(ServiceError):
    """404: no dismissal has this ID."""

    code = "unknown_dismissal"
    text = "No dismissal has this ID."


class IdentityConflictNotFound(ServiceError):
    """404: no identity conflict has this ID, or its Customers are merged."""

    code = "unknown_conflict"
    text = "No identity conflict has this ID, or its Customers are merged."


class IdempotencyConflict(ServiceError):
    """409: the idempotency key was used before with another payload."""

    code = "idempotency_conflict"
    text = (
        "The idempotency key was used before with another payload. Use a new one for another event."
    )


class NothingToSplit(ServiceError):
    """409: the events connect all Identifiers of the Customer."""

    code = "nothing_to_split"
    text = "The events connect all Identifiers of the Customer. List the shared ones in `shared`."


class MergeConflict(ServiceError):
    """409: already merged, already undone, or changed by another request at the same time."""

    code = "merge_conflict"
    text = "The Customers are already merged."


class PayloadTooLarge(ServiceError):
    """413: the body exceeds its limit, or the batch exceeds the rate limit of a whole minute."""

    code = "payload_too_large"


class RateLimited(ServiceError):
    """429: the API key exceeded its rate limit. Retry after `Retry-After` seconds.

    `limit` is in events a minute.
    """

    code = "rate_limited"

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(
            f"Rate limit exceeded: {limit:,} events/min for this API key. "
            f"Retry after {retry_after} s."
        )
        self.retry_after = retry_after


class TooManyStreams(ServiceError):
    """429: the API key has too many open streams in a worker."""

    code = "rate_limited"
    retry_after = 5

    def __init__(self, limit: int) -> None:
        super().__init__(f"The API key has {limit} open streams, the most allowed. Close one.")


class Unavailable(ServiceError):
    """503: Neo4j is unavailable, or the service is overloaded. Retry with the same idempotency key.

    It may be unknown whether the events were stored.
    """

    code = "unavailable"
    text = "Neo4j is unavailable. Retry after 1 s."
    retry_after = 1


class Overloaded(Unavailable):
    """503: the wait in the write queue would be too long; `retry_after` follows from its length."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Overloaded: the write queue is full. Retry after {retry_after} s.")
        self.retry_after = retry_after


class DatabaseTimeout(Unavailable):
    """503: Neo4j did not respond in time; a retry may succeed."""

    text = "Neo4j did not respond in time. Retry after 1 s."
