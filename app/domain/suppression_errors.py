"""The errors of the suppression list."""

from app.errors import ServiceError


class SuppressionNotFound(ServiceError):
    """404: no suppression has this ID."""

    code = "unknown_suppression"
    text = "No suppression has this ID."


class Suppressed(ServiceError):
    """422: the suppression list has an identifier of an event or of its Customer, and nothing was
    written.
    """

    code = "suppressed"
    text = "The suppression list has an identifier of the event or of its Customer. Do not retry."


class SuppressionSecretMissing(ServiceError):
    """409: the service has no secret for the suppression list."""

    code = "suppression_secret_missing"
    text = (
        "The service has no secret for the suppression list. "
        "Ask the operator to set WAYPATH_SUPPRESSION_SECRET_FILE."
    )
