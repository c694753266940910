"""HTML: pages from templates that escape everything."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from app.errors import ServiceError
from app.http.responses import STATUS, error_headers
from app.http.web import assets

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # With no-referrer a form's Origin would be null, and nothing would tell it from a foreign one.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page, or a part of one, from a template in `templates/`."""
    text = _templates.get_template(f"{template}.html").render(values)
    # A lone surrogate has no UTF-8; the database holds none, but an address may.
    return Response(text.encode(errors="replace"), status, _HEADERS, "text/html; charset=utf-8")


def error_page(error: ServiceError, request_id: str | None = None) -> Response:
    """The page that says of an error what its JSON would say."""
    status = STATUS[error.code]
    response = page("error", status, title=status.phrase, error=error, request_id=request_id)
    response.headers.update(error_headers(error))
    return response


def customer_path(customer_id: str) -> str:
    """The address of a Customer's page."""
    return f"/customers/{quote(customer_id, safe='')}"


def event_path(event_id: str) -> str:
    """The address of the page that explains an event."""
    return f"/events/{quote(event_id, safe='')}"


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["assets"] = {name: asset.address for name, asset in assets.load().items()}
    environment.globals["customer_path"] = customer_path
    environment.globals["event_path"] = event_path
    environment.filters["moment"] = _moment
    return environment


def _moment(text: str) -> str:
    """A moment to the minute, as a person reads it: `2026-04-29 10:14`."""
    day, _, time = text.partition("T")
    return f"{day} {time[:5]}"


_templates = _environment()
