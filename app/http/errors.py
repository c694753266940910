"""The errors of HTTP itself: of the request line, the headers, the body and the route."""

from app.errors import ServiceError


class InvalidRequest(ServiceError):
    """400: the request is not valid HTTP/1.1."""

    code = "invalid_request"
    text = "The request is not valid HTTP/1.1."


class ForbiddenOrigin(ServiceError):
    """403: a browser sent the request from another site."""

    code = "forbidden_origin"
    text = "The form was sent from another site."


class MisdirectedRequest(ServiceError):
    """421: the `Host` header names a host that the service does not accept."""

    code = "misdirected_request"
    text = "The Host header names an unknown host. Add the host to WAYPATH_MCP_HOSTS."


class NotFound(ServiceError):
    """404: no such route."""

    code = "not_found"
    text = "No such route."


class MethodNotAllowed(ServiceError):
    """405: the route does not support the method; `Allow` lists the methods that it supports."""

    code = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__("The route does not support this method. See the Allow header.")
        self.allowed = allowed


class RequestTimeout(ServiceError):
    """408: the body did not arrive in time."""

    code = "request_timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The body did not arrive within {seconds:g} s.")


class UnsupportedMediaType(ServiceError):
    """415: the body is not JSON in UTF-8."""

    code = "unsupported_media_type"
    text = "The Content-Type must be application/json."


class HeadersTooLarge(ServiceError):
    """431: the headers exceed 64 KiB or 200 lines."""

    code = "headers_too_large"
