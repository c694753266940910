"""axe-core finds nothing on any page, in both themes. The application's routes are the list."""

import pytest

from app.access import api_keys
from app.http.web import templates
from app.http.web.page import Page
from tests.support import axe, http_client
from tests.support.openapi import ENDPOINTS
from tests.support.pages import Parsed

pytest_plugins = ["tests.support.chromium", "tests.support.stewarding"]

PARTS = {"/live/stream", "/customers/{id}/timeline", "/static/{name}"}  # they are no documents
DOCUMENTS = [
    endpoint.path
    for endpoint in ENDPOINTS
    if isinstance(endpoint, Page) and endpoint.method == "GET" and endpoint.path not in PARTS
]


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def sender(address, key):
    with http_client.Client(base_url=address, headers={"X-API-Key": key}) as client:
        yield client


@pytest.fixture
def url(sender, browser, key, path, two, office):
    """The URL of a page with content, by the path of its route."""
    event = {"event": "w" * 100, "customer": two[0], "properties": {"a": {"b": [1, None]}}}
    result = http_client.ok_json(sender.post("/v1/events", json=event))
    sender.post("/v1/events", json=event | {"timestamp": "now", "email": "jane@"})

    def undo():
        person = browser(key)
        person.post(path, data={"action": "dismiss", "reason": "x"})
        return next(link for link in Parsed(person.get(path).text).links if "/undo?" in link)

    def suppression():
        body = {"identifiers": [f"email:{result['eventId']}@acme.com"], "reason": "request 1044"}
        change = http_client.ok_json(sender.post("/v1/suppressions", json=body))
        return f"/suppressions/{change['id']}/undo"

    urls = {
        "/customers/{id}": lambda: f"/customers/{two[0]}",
        "/customers/{id}/erase": lambda: f"/customers/{two[0]}/erase",
        "/customers/{id}/split": lambda: f"/customers/{office[0]}/split",
        "/customers/{id}/move": lambda: templates.move_path(*office),
        "/conflicts/{id}": lambda: path,
        "/conflicts/{id}/merge": lambda: f"{path}/merge",
        "/events/{id}": lambda: f"/events/{result['eventId']}",
        "/audit/{id}/undo": undo,
        "/suppressions/{id}/undo": suppression,
        "/search": lambda: "/search?q=nobody",
    }
    return lambda route: urls[route]() if route in urls else route


@pytest.fixture
def open_page(open_window, key):
    return lambda target, scheme: open_window(key, target, color_scheme=scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("route", DOCUMENTS)
def test_axe_finds_nothing(open_page, url, route, scheme):
    page = open_page(url(route), scheme)
    page.evaluate("document.querySelectorAll('details').forEach((details) => details.open = true)")

    assert axe.violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("target", ["/customers/cus_nobody", "/events/x", "/audit?cursor=x"])
def test_axe_finds_nothing_on_a_page_of_an_error(open_page, target, scheme):
    assert axe.violations(open_page(target, scheme)) == []
