"""Errors of Neo4j and of its driver: what each means for a call."""

import ssl
from collections.abc import Iterator

from neo4j.exceptions import (
    AuthError,
    ConstraintError,
    DriverError,
    Forbidden,
    Neo4jError,
    ServiceUnavailable,
)

# The name by which `cypher/write/ingest.cypher` aborts a lost race. It stands in the message of an
# ARGUMENT_ERROR, as that of a coordinate reference system that no Neo4j knows.
LOST_RACE = "waypath_lost_race"
ARGUMENT_ERROR = "Neo.ClientError.Statement.ArgumentError"
# Two instances created one index at the same time, in spite of IF NOT EXISTS.
LOST_INDEX_RACE = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
# An entity that a write had read was deleted before it could write: a Customer who is erased.
LOST_ENTITY = "Neo.ClientError.Statement.EntityNotFound"
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
# The database accepts no login of the user for five seconds, after three wrong ones.
LOCKED_OUT = "Neo.ClientError.Security.AuthenticationRateLimit"
# An operator, or the database itself, ended a transaction, which is rolled back. The driver makes
# client errors of what the database calls transient, and would not repeat them.
TERMINATED = (
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.LockClientStopped",
)
# The database stopped a transaction, which had carried the remaining time as its timeout.
TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
REFUSED_LOGIN = (
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.TokenExpired",
    LOCKED_OUT,
)
# The driver says this if every member of a cluster failed, and hides the reason below it.
_NO_ROUTE = "Unable to retrieve routing information"

DRIVER_ERRORS = (DriverError, Neo4jError)


class CredentialsReloaded(ServiceUnavailable):
    """The database refused a login, and the file has another one by now."""


class LostConnection(ServiceUnavailable):
    """The database responds, and no longer runs a statement that has no response."""


def is_transient(error: BaseException) -> bool:
    """Whether the same statement may succeed if it is repeated."""
    if isinstance(error, ServiceUnavailable) or _is_lost_race(error):
        return True
    if isinstance(error, Neo4jError) and error.code in (*TERMINATED, LOCKED_OUT):
        return True
    return isinstance(error, DRIVER_ERRORS) and error.is_retryable()


def is_unusable(error: BaseException) -> bool:
    """Whether the connection or the login fails, rather than the statement."""
    return isinstance(error, DriverError | AuthError)


def is_busy(error: BaseException) -> bool:
    """Whether the database itself responds with a transient error: it is busy, not away."""
    return isinstance(error, Neo4jError) and is_transient(error)


def is_refusal(error: BaseException) -> bool:
    """Whether the database refuses the login, its rights, or any login for some seconds."""
    return isinstance(error, AuthError | Forbidden) or (
        isinstance(error, Neo4jError) and error.code == LOCKED_OUT
    )


def is_unreachable(error: BaseException) -> bool:
    """Whether no connection to the database could be made."""
    # A call that our own deadline ended was connected, and so was one whose login was refused.
    return isinstance(error, ServiceUnavailable) and not isinstance(
        error.__cause__, TimeoutError | Neo4jError
    )


def retry_reason(error: BaseException | None) -> str:
    """Why a statement is repeated: `connection`, `deadlock`, `race` or `transient`."""
    if isinstance(error, DriverError):
        return "connection"
    if _is_lost_race(error):
        return "race"
    is_deadlock = isinstance(error, Neo4jError) and error.code == DEADLOCK
    return "deadlock" if is_deadlock else "transient"


def describe_error(error: BaseException) -> str:
    """The text of an error for an operator, with the cause that the driver hides below it."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "NEO4J_CA_FILE names who may issue it"
            return f"its certificate is not trusted: {cause.verify_message} ({hint})"
    texts = [
        getattr(cause, "message", None) or str(cause)
        for cause in causes
        if isinstance(cause, DRIVER_ERRORS)
    ]
    return next((text for text in texts if text != _NO_ROUTE), str(error))


def _is_lost_race(error: BaseException | None) -> bool:
    if not isinstance(error, Neo4jError):
        return False
    if error.code == ARGUMENT_ERROR:
        return LOST_RACE in (error.message or "")
    return isinstance(error, ConstraintError) or error.code in (LOST_INDEX_RACE, LOST_ENTITY)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__
