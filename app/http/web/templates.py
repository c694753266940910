"""HTML: pages from templates that escape everything."""

from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from app.errors import ServiceError
from app.http.responses import STATUS, error_headers
from app.http.web import assets, navigation

SUPPRESSIONS_PATH = "/suppressions"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # With no-referrer, the Origin of a form is null, as is that of some other sites.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, scopes: Collection[str] = (), **values: Any) -> Response:
    """Returns a page, or a part of one, from a template in `templates/`.

    `scopes` are those of the API key: the template offers nothing else.
    """
    text = _templates.get_template(f"{template}.html").render(values, scopes=scopes)
    # A single surrogate has no UTF-8. Neo4j stores none, but a URL may contain one.
    return Response(text.encode(errors="replace"), status, _HEADERS, "text/html; charset=utf-8")


def error_page(
    error: ServiceError, request_id: str | None = None, scopes: Collection[str] = ()
) -> Response:
    """Returns the page of an error, with the message and the headers of its JSON."""
    status = STATUS[error.code]
    values = {"title": status.phrase, "error": error, "request_id": request_id}
    response = page("error", status, scopes, **values)
    response.headers.update(error_headers(error))
    return response


def customer_path(customer_id: str) -> str:
    """Returns the path of the page of a Customer."""
    return f"/customers/{quote(customer_id, safe='')}"


def event_path(event_id: str) -> str:
    """Returns the path of the page that explains an event."""
    return f"/events/{quote(event_id, safe='')}"


def conflict_path(conflict: str) -> str:
    """Returns the path of the page that compares two Customers: the ID joins theirs by a tilde."""
    return f"/conflicts/{quote(conflict, safe='~')}"


def audit_path(customer: str | None = None) -> str:
    """Returns the path of the audit log, of all Customers or of one."""
    return f"/audit?customer={quote(customer, safe='')}" if customer else "/audit"


def move_path(customer_id: str, identifier: str) -> str:
    """Returns the path of the page that moves an identifier, `kind:value`, of a Customer."""
    return f"{customer_path(customer_id)}/move?identifier={quote(identifier, safe='')}"


def undo_path(change: str, target: str) -> str:
    """Returns the path of the page that undoes a decision, and then leads to a path."""
    return f"/audit/{quote(change, safe='')}/undo?next={quote(target, safe='')}"


def erase_path(customer_id: str) -> str:
    """Returns the path of the page that erases a Customer."""
    return f"{customer_path(customer_id)}/erase"


def suppression_undo_path(suppression: str) -> str:
    """Returns the path of the page that undoes a suppression."""
    return f"{SUPPRESSIONS_PATH}/{quote(suppression, safe='')}/undo"


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["assets"] = {name: asset.address for name, asset in assets.load().items()}
    environment.globals["navigation"] = navigation.PLACES
    for path in (
        customer_path,
        event_path,
        conflict_path,
        audit_path,
        move_path,
        undo_path,
        erase_path,
        suppression_undo_path,
    ):
        environment.globals[path.__name__] = path
    environment.filters["minute"] = _minute
    return environment


def _minute(text: str) -> str:
    """Returns a time to the minute: `2026-04-29 10:14`."""
    day, _, time = text.partition("T")
    return f"{day} {time[:5]}"


_templates = _environment()
