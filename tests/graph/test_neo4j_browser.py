"""Neo4j Browser in Chromium: the links that open it, the saved queries and the style."""

import os
import uuid
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import expect

from app.graph import browser_links, statements
from tests.support import http_client
from tests.support.database import DATABASE

pytest_plugins = ["tests.support.chromium"]
expect.set_options(timeout=60_000)  # a busy host draws slowly

FOLDER = statements.folder("browser")
EVENTS = ["demo_booked", "email_opened", "page_viewed"]
DROP = """([name, text]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  const target = document.querySelector("[data-testid=stream]");
  for (const type of ["dragenter", "dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
  }
}"""


@pytest.fixture(scope="module")
def neo4j_browser(pytestconfig, database):
    """Where the Neo4j Browser of the test database is."""
    address = pytestconfig.stash[DATABASE].browser
    if address is None:
        pytest.skip("NEO4J_BROWSER does not say where the given Neo4j has its Browser")
    if database.password is None:
        pytest.skip("the given Neo4j asks for no password, so there is no login to test")
    response = http_client.get(address, follow_redirects=True)
    if response.status_code != 200:
        pytest.skip(f"no Neo4j Browser is at {address}: {response.status_code}")
    return address


@pytest.fixture(scope="module")
def server(database):
    scheme, _, host = database.uri.partition("://")
    return f"{scheme}://{database.username}@{host}"


@pytest.fixture(scope="module")
def email():
    return f"{uuid.uuid4().hex}@acme.com"


@pytest.fixture(scope="module")
def customer(ingest, email):
    """A Customer with a Touchpoint for each of the events."""
    events = [{"event": event, "email": email} for event in EVENTS]
    return ingest(events)["results"][0]["customerId"]


@pytest.fixture(scope="module")
def new_page(chromium, neo4j_browser):
    """Opens a page that reaches nothing but Neo4j Browser and its database."""
    here = httpx2.URL(neo4j_browser).host
    pages = []

    def reach(route):
        if httpx2.URL(route.request.url).host == here:
            route.continue_()
        else:
            route.abort()

    def opened():
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        pages.append(page)
        page.route("**/*", reach)
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture(scope="module")
def enter(new_page, database):
    """Opens a link, logs in, and returns the page."""

    def through(link):
        page = new_page()
        page.goto(link)
        page.get_by_test_id("password").fill(database.password)
        page.get_by_test_id("connect").click()
        expect(page.get_by_text("You are connected as user")).to_be_visible()
        expect(page.get_by_test_id("disconnectedBanner")).to_have_count(0)
        return page

    return through


@pytest.fixture(scope="module")
def logged_in(enter, neo4j_browser, server, customer):
    """The page that the link of the customer opens, after the login."""
    return enter(browser_links.link(neo4j_browser, customer, server))


def test_a_link_fills_in_the_address_and_the_user(neo4j_browser, server, database, customer, page):
    page.goto(browser_links.link(neo4j_browser, customer, server))

    expect(page.get_by_test_id("boltaddress")).to_have_value(database.uri.partition("://")[2])
    expect(page.get_by_test_id("username")).to_have_value(database.username)


def test_after_the_login_the_query_of_a_link_draws_the_customer_and_its_touchpoints(
    logged_in, customer
):
    expect(_editor(logged_in)).to_contain_text(f"(customer:Customer {{id: '{customer}'}})")
    expect(_editor(logged_in)).to_contain_text("ORDER BY touchpoint.occurredAt DESC")

    logged_in.get_by_test_id("editor-Run").click()

    expect(_nodes(logged_in)).to_have_count(1 + 1 + len(EVENTS))


def test_a_link_without_a_server_opens_the_query_too(neo4j_browser, page):
    page.goto(browser_links.link(neo4j_browser, "cus_x"))

    expect(_editor(page)).to_contain_text("(customer:Customer {id: 'cus_x'})")


def test_a_link_keeps_every_character_of_an_email(neo4j_browser, page):
    page.goto(browser_links.link_by_email(neo4j_browser, "o'neil&co+x#50%{1}?arg=2@acme.com"))

    expect(_editor(page)).to_contain_text(r"'o\'neil\u0026co+x\u002350%{1}?arg=2@acme.com'")
    expect(_editor(page)).to_contain_text("LIMIT 100")


@pytest.mark.usefixtures("customer")
def test_the_query_of_a_link_by_email_draws_them_too(enter, neo4j_browser, server, email):
    page = enter(browser_links.link_by_email(neo4j_browser, email, server))
    page.get_by_test_id("editor-Run").click()

    expect(_nodes(page)).to_have_count(1 + 1 + len(EVENTS))


@pytest.mark.usefixtures("customer")
def test_the_saved_timeline_is_drawn_with_the_captions_of_the_style(logged_in, email, tmp_path):
    _drop(logged_in, "style.grass")
    expect(logged_in.get_by_text(":style")).to_be_visible()
    _run(logged_in, f":param who => '{email}'")
    _drop(logged_in, "timeline.cypher")
    logged_in.get_by_role("button", name="Paste in editor").click()
    expect(_editor(logged_in)).to_contain_text(_title("timeline.cypher"))
    logged_in.get_by_test_id("editor-Run").click()

    expect(_nodes(logged_in)).to_have_count(1 + 1 + len(EVENTS))
    for caption in [*EVENTS, "Customer"]:
        expect(_nodes(logged_in).filter(has_text=caption)).to_have_count(1)
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    logged_in.screenshot(path=folder / "neo4j-browser.png")


def test_a_saved_query_is_listed_by_its_title(logged_in):
    logged_in.get_by_test_id("navigationFavorites").click()

    for file in sorted(FOLDER.glob("*.cypher")):
        _drop(logged_in, file.name)
        logged_in.get_by_role("button", name="Save to favorites").click()
        # A file that is dropped before the one before it is saved would be forgotten.
        expect(logged_in.get_by_text(_title(file.name), exact=True)).to_be_visible()


def _editor(page):
    return page.locator("[data-testid=activeEditor] .view-lines")


def _nodes(page):
    """The nodes that the latest result draws."""
    return page.get_by_test_id("frame").first.locator("svg g.node")


def _run(page, text):
    page.get_by_test_id("activeEditor").get_by_role("code").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.get_by_test_id("editor-Run").click()
    expect(page.get_by_test_id("frameCommand").first).to_contain_text(text)


def _title(name):
    return (FOLDER / name).read_text("utf-8").splitlines()[0].removeprefix("// ")


def _drop(page, name):
    page.evaluate(DROP, [name, (FOLDER / name).read_text("utf-8")])
