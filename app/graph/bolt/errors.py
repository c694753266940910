"""Errors of Neo4j and of its driver, and the meaning of each for a call."""

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

# `cypher/write/ingest.cypher` aborts a lost race by naming this unknown coordinate reference
# system. Neo4j repeats the name in the message of an ARGUMENT_ERROR.
LOST_RACE = "waypath_lost_race"
ARGUMENT_ERROR = "Neo.ClientError.Statement.ArgumentError"
# Two instances created the same index at the same time, in spite of IF NOT EXISTS.
LOST_INDEX_RACE = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
# An entity was deleted between the read and the write of a statement: a Customer was erased.
LOST_ENTITY = "Neo.ClientError.Statement.EntityNotFound"
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
# After three wrong passwords, the database accepts no login of the user for five seconds.
LOCKED_OUT = "Neo.ClientError.Security.AuthenticationRateLimit"
# An operator, or the database itself, ended a transaction, which is rolled back. The database calls
# these errors transient. The driver turns them into client errors, and would not retry them.
TERMINATED = (
    "Neo.ClientError.Transaction.Terminated",
    "Neo.ClientError.Transaction.LockClientStopped",
)
# The database stopped a transaction at its timeout: the remaining time of the call.
TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
REFUSED_LOGIN = (
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.TokenExpired",
    LOCKED_OUT,
)
# The driver's message if every member of a cluster failed. Its cause has the reason.
_NO_ROUTE = "Unable to retrieve routing information"

DRIVER_ERRORS = (DriverError, Neo4jError)


class CredentialsReloaded(ServiceUnavailable):
    """The database rejected a login, and the credentials file has a new secret since then."""


class LostConnection(ServiceUnavailable):
    """The database responds, but no longer runs a statement without a response."""


def is_transient(error: BaseException) -> bool:
    """Whether a retry of the same statement may succeed."""
    if isinstance(error, ServiceUnavailable) or _is_lost_race(error):
        return True
    if isinstance(error, Neo4jError) and error.code in (*TERMINATED, LOCKED_OUT):
        return True
    return isinstance(error, DRIVER_ERRORS) and error.is_retryable()


def is_unusable(error: BaseException) -> bool:
    """Whether the connection or the login fails, rather than the statement."""
    return isinstance(error, DriverError | AuthError)


def is_busy(error: BaseException) -> bool:
    """Whether the database itself responds with a transient error: it is busy, not unavailable."""
    return isinstance(error, Neo4jError) and is_transient(error)


def is_refusal(error: BaseException) -> bool:
    """Whether the database rejects the login or its rights, or any login for some seconds."""
    return isinstance(error, AuthError | Forbidden) or (
        isinstance(error, Neo4jError) and error.code == LOCKED_OUT
    )


def is_unreachable(error: BaseException) -> bool:
    """Whether no connection to the database could be made."""
    # A call was connected if its own deadline ended it, or if the database rejected the login.
    return isinstance(error, ServiceUnavailable) and not isinstance(
        error.__cause__, TimeoutError | Neo4jError
    )


def retry_reason(error: BaseException | None) -> str:
    """The reason for a retry: `connection`, `deadlock`, `race` or `transient`."""
    if isinstance(error, DriverError):
        return "connection"
    if _is_lost_race(error):
        return "race"
    is_deadlock = isinstance(error, Neo4jError) and error.code == DEADLOCK
    return "deadlock" if is_deadlock else "transient"


def describe_error(error: BaseException) -> str:
    """The text of an error for an operator, with the reason from its causes."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = "set NEO4J_CA_FILE to the CA bundle that issued it"
            return f"its certificate is not trusted: {cause.verify_message} ({hint})"
    texts = [
        getattr(cause, "message", None) or str(cause)
        for cause in causes
        if isinstance(cause, DRIVER_ERRORS)
    ]
    text = next((text for text in texts if text != _NO_ROUTE), str(error))
    return " ".join(text.split())  # the driver's texts have line breaks


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
