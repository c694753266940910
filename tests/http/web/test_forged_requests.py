"""Requests that another site forges: they change nothing. No page changes anything by GET."""

import pytest

from app.access import api_keys
from app.graph import statements
from app.graph.graph import Graph
from app.http.endpoints import Operation
from tests.support import http_client
from tests.support.openapi import ENDPOINTS
from tests.support.pages import Parsed, hidden

pytest_plugins = ["tests.support.stewarding"]

PAGES = [endpoint for endpoint in ENDPOINTS if not isinstance(endpoint, Operation)]
FORMS = [endpoint.path for endpoint in PAGES if endpoint.method != "GET"]
READS = [endpoint.path for endpoint in PAGES if endpoint.method == "GET"]
CHANGES = [
    (operation.method, operation.path)
    for operation in ENDPOINTS
    if isinstance(operation, Operation) and operation.method != "GET"
]
FORGED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://example.net"},
    {"Origin": "null"},
]
# In the background. It begins no erasure, and finishes those of other tests.
OF_THE_SERVICE = {"activity_record", "activity_forget"} | {
    name
    for name in statements.load("write")
    if name.startswith("erasure_") and name != "erasure_begin"
}


@pytest.fixture
def browser_of_all(browser, make_key):
    return browser(make_key(*api_keys.SCOPES))


@pytest.fixture
def form(browser_of_all, steward_key, path, two, office):
    """The URL and the fields of a form that changes something, by the path of its route."""
    customer, phone = office
    split = f"/customers/{customer}/split"

    def undo():
        browser_of_all.post(path, data={"action": "dismiss", "reason": "x"})
        links = Parsed(browser_of_all.get(path).text).links
        return next(link for link in links if "/undo?" in link).partition("?")[0]

    def preview():
        page = browser_of_all.post(split, data={"action": "preview", "shared": phone})
        return hidden(page, "preview")

    move = f"/customers/{customer}/move"

    def move_preview():
        return hidden(browser_of_all.get(move, params={"identifier": phone}), "preview")

    def suppression():
        fields = {"identifiers": f"externalId:of {customer}", "reason": "x"}
        browser_of_all.post("/suppressions", data=fields)
        links = Parsed(browser_of_all.get("/suppressions").text).links
        return next(link for link in links if link.startswith("/suppressions/"))

    forms = {
        "/login": lambda: ("/login", {"key": steward_key}),
        "/logout": lambda: ("/logout", {}),
        "/conflicts/{id}": lambda: (path, {"action": "dismiss", "reason": "x"}),
        "/conflicts/{id}/merge": lambda: (
            f"{path}/merge",
            {"survivor": two[0], "from": two[1], "reason": "x"},
        ),
        "/customers/{id}/split": lambda: (
            split,
            {"action": "split", "shared": phone, "reason": "x", "preview": preview()},
        ),
        "/customers/{id}/move": lambda: (
            move,
            {"action": "move", "identifier": phone, "reason": "x", "preview": move_preview()},
        ),
        "/audit/{id}/undo": lambda: (undo(), {"reason": "x"}),
        "/customers/{id}/erase": lambda: (f"/customers/{customer}/erase", {"confirmed": "yes"}),
        "/suppressions": lambda: (
            "/suppressions",
            {"identifiers": "email:jane@forged.example", "reason": "x"},
        ),
        "/suppressions/{id}/undo": lambda: (suppression(), {"reason": "x"}),
    }
    return lambda route: forms[route]()


@pytest.fixture
def writes(monkeypatch):
    """The names of the statements that write from now on, and how often each has run."""
    names = []
    write = Graph.write

    async def noted(graph, name, *arguments, **parameters):
        if name not in OF_THE_SERVICE:
            names.append(name)
        return await write(graph, name, *arguments, **parameters)

    def begin():
        monkeypatch.setattr(Graph, "write", noted)
        return names

    return begin


@pytest.mark.parametrize("headers", FORGED, ids=lambda headers: "=".join(*headers.items()))
@pytest.mark.parametrize("route", FORMS)
def test_a_form_of_another_site_changes_nothing(browser_of_all, form, writes, route, headers):
    url, fields = form(route)
    written = writes()

    response = browser_of_all.post(url, data=fields, headers=headers)

    assert response.status_code == 403
    assert "The form was sent from another site." in response.text
    assert "set-cookie" not in response.headers
    assert written == []


@pytest.mark.parametrize("route", FORMS)
def test_the_same_form_of_our_own_page_is_accepted(browser_of_all, form, route):
    url, fields = form(route)

    response = browser_of_all.post(url, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    assert response.status_code == 303


@pytest.mark.parametrize("route", READS)
def test_a_page_changes_nothing_by_get(browser_of_all, path, office, writes, route):
    ids = {"/conflicts": path.rpartition("/")[2], "/customers": office[0]}
    id_ = next((id_ for start, id_ in ids.items() if route.startswith(start)), "x")
    written = writes()

    with browser_of_all.stream("GET", route.replace("{id}", id_).replace("{name}", "x")):
        pass

    assert written == []


@pytest.mark.parametrize(("method", "route"), CHANGES)
def test_the_cookie_of_a_page_opens_no_route_of_the_api(address, steward_key, method, route):
    """A browser adds the cookie to a request by itself, and never the header."""
    headers = {"Cookie": f"waypath_key={steward_key}", "Content-Type": "application/json"}
    url = address + route.replace("{id}", "x").replace("{kind}", "email")

    response = http_client.request(method, url, headers=headers, content=b"{}")

    assert response.status_code == 401
