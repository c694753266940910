"""The labels of metrics. Clients cannot add a value, so the number of series is bounded."""

# Clients may send any method. All unknown ones share one series, named as in OpenTelemetry.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"
RETRY_REASONS = ("connection", "deadlock", "race", "transient")
RESOLVED_BY = ("new", "customer", "email", "phone", "externalId", "anonymousId")
REJECTED = ("invalid_payload", "idempotency_conflict", "suppressed", "unavailable", "internal")
REJECTION_CODES = (*REJECTED, "rate_limited", "payload_too_large", "unsupported_media_type")
REJECTION_FIELDS = (
    "",
    "event",
    "events",
    "customer",
    "email",
    "phone",
    "externalId",
    "anonymousId",
    "properties",
    "timestamp",
    "idempotencyKey",
    "Idempotency-Key",
    # Members of the calls of tracking SDKs
    "batch",
    "type",
    "messageId",
    "userId",
    "previousId",
    "originalTimestamp",
    "traits",
    "traits.email",
    "traits.phone",
    "context",
    "context.traits.email",
    "context.traits.phone",
)
# The series of rejected events that start at 0, each an error code and a field.
REJECTIONS = (
    *((code, "") for code in REJECTION_CODES),
    *(("invalid_payload", field) for field in REJECTION_FIELDS if field),
)
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def method(name: str) -> str:
    """The label of an HTTP method."""
    return name if name in METHODS else OTHER


def rejection(code: str, field: str) -> tuple[str, str]:
    """The labels of a rejection: its error code, and its field."""
    return (
        code if code in REJECTION_CODES else OTHER,
        field if field in REJECTION_FIELDS else OTHER,
    )
