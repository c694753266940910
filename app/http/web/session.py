"""The login: an API key in a cookie that is HttpOnly and SameSite=Strict."""

from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.http.errors import ForbiddenOrigin

COOKIE = "waypath_key"
PATH = "/login"
MAX_AGE_SECONDS = 12 * 3600  # a working day


def key(request: Request) -> str:
    """Returns the API key in the cookie, or an empty text."""
    return request.cookies.get(COOKIE, "")


def set_session(response: Response, request: Request, text: str) -> Response:
    """Returns the response, with a cookie that has the API key."""
    _set_cookie(response, request, text, MAX_AGE_SECONDS)
    return response


def clear_session(response: Response, request: Request) -> Response:
    """Returns the response, which removes the cookie."""
    _set_cookie(response, request, "", 0)
    return response


def redirect_to_login(request: Request) -> Response:
    """Returns a redirect to the login, which then redirects to the URL of the request."""
    query = request.url.query
    target = quote(request.url.path) + (f"?{query}" if query else "")
    return RedirectResponse(f"{PATH}?{urlencode({'next': target})}", 303)


def local(address: str) -> str:
    """Returns the path to redirect to after the login: `/` if it could be on another site."""
    # Browsers read a backslash as a slash, and skip tabs and line breaks.
    is_plain = address.isprintable() and "\\" not in address
    if is_plain and address.startswith("/") and not address.startswith("//"):
        return address
    return "/"


def require_same_origin(request: Request) -> None:
    """Raises ForbiddenOrigin if a form was sent from another site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_same_origin = site in ("same-origin", "none")
    else:  # browsers send Sec-Fetch-Site only over https and to localhost
        origin = request.headers.get("origin")
        is_same_origin = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_same_origin:
        raise ForbiddenOrigin()


def _set_cookie(response: Response, request: Request, value: str, max_age: int) -> None:
    response.set_cookie(
        COOKIE,
        value,
        max_age=max_age,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
