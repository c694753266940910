"""The errors of responses: one family, each with the code of the contract."""

from msgspec import Struct


class FieldError(Struct, frozen=True):
    """An error of a field: `path` says where (`events[3].timestamp`), `message` what."""

    path: str
    message: str


class ServiceError(Exception):
    """500: an error of ours; its `requestId` finds it in the log.

    The root of the family: `code` is the contract's, `retry_after` is in seconds.
    """

    code = "internal"
    retry_after: int | None = None

    def __init__(self, message: str, details: list[FieldError] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or []


class InvalidPayload(ServiceError):
    """400: the request cannot be taken as it is; nothing of it was written."""

    code = "invalid_payload"


class InvalidRequest(ServiceError):
    """400: what was sent is not HTTP/1.1."""

    code = "invalid_request"


class Unauthenticated(ServiceError):
    """401: the API key is missing or not valid."""

    code = "unauthenticated"


class ForbiddenScope(ServiceError):
    """403: the API key lacks a scope."""

    code = "forbidden_scope"


class ForbiddenOrigin(ServiceError):
    """403: a browser sent the request from another site."""

    code = "forbidden_origin"


class MisdirectedRequest(ServiceError):
    """421: the `Host` header names a host that the service does not accept."""

    code = "misdirected_request"


class NotFound(ServiceError):
    """404: there is no such route."""

    code = "not_found"


class CustomerNotFound(ServiceError):
    """404: nobody is known by this id or these identifiers."""

    code = "unknown_customer"


class SplitNotFound(ServiceError):
    """404: there is no split of this id."""

    code = "unknown_split"


class EventNotFound(ServiceError):
    """404: there is no event of this id, or there was none at the moment that was asked about."""

    code = "unknown_event"


class MergeNotFound(ServiceError):
    """404: there is no merge of this id."""

    code = "unknown_merge"


class DismissalNotFound(ServiceError):
    """404: there is no dismissal of this id."""

    code = "unknown_dismissal"


class IdentityConflictNotFound(ServiceError):
    """404: there is no identity conflict of this id, or its Customers are merged."""

    code = "unknown_conflict"


class MethodNotAllowed(ServiceError):
    """405: the route does not take this method; `Allow` names those that it takes."""

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message)
        self.allowed = allowed


class RequestTimeout(ServiceError):
    """408: the body did not come in time."""

    code = "request_timeout"


class IdempotencyConflict(ServiceError):
    """409: the idempotency key was used before, with another payload."""

    code = "idempotency_conflict"


class NothingToSplit(ServiceError):
    """409: the events of the Customer connect all its Identifiers."""

    code = "nothing_to_split"


class MergeConflict(ServiceError):
    """409: the Customers are merged or the merge undone already, or others changed them."""

    code = "merge_conflict"


class PayloadTooLarge(ServiceError):
    """413: the body, or the batch, is larger than can ever be taken."""

    code = "payload_too_large"


class UnsupportedMediaType(ServiceError):
    """415: the body is not JSON in UTF-8."""

    code = "unsupported_media_type"


class HeadersTooLarge(ServiceError):
    """431: the headers are larger, or more, than can be taken."""

    code = "headers_too_large"


class RateLimited(ServiceError):
    """429: the API key sent too much; to wait for `Retry-After` seconds is enough."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """503: the database cannot be used now, or is overloaded; send it again, with the same key."""

    code = "unavailable"
    retry_after = 1


class Overloaded(Unavailable):
    """503: the request would wait too long; `Retry-After` follows from what waits before it."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Overloaded: too many events wait for the database. Retry after {retry_after} s."
        )
        self.retry_after = retry_after


class DatabaseTimeout(Unavailable):
    """503: the database does not answer, which may pass by itself."""

    def __init__(self) -> None:
        super().__init__("the database did not answer in time")
