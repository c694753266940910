"""The home page and the page of rejected events in Chromium."""

from functools import partial

import pytest

from app.access import api_keys
from app.activity.overview import Overview, OverviewReader, Period
from app.http.web.home import HomePages
from tests.support import axe, http_client
from tests.support.server import wait_for

pytest_plugins = ["tests.support.chromium"]

HOSTILE = "<script>alert(1)</script>\u202e"
EMPTY = Overview([Period(0)], [Period(0)])


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def send(address, key):
    with http_client.Client(base_url=address, headers={"X-API-Key": key}) as client:
        yield lambda **event: client.post("/v1/events", json={"event": "x", **event})


@pytest.fixture
def open_page(open_window, key):
    return partial(open_window, key)


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("path", ["/", "/rejections"])
def test_nothing_is_wider_than_the_screen(open_page, send, width, path, noise):
    send(event=HOSTILE * 3, email="j@x.com", **{HOSTILE: HOSTILE})
    send(event="w" * 200, email="j@x.com")
    page = open_page(path, viewport={"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((details) => details.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("main script").count() == 0
    assert noise == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/rejections"])
def test_axe_finds_nothing(open_page, send, path, scheme):
    send(event=HOSTILE, email="j@x.com", **{HOSTILE: HOSTILE})
    send(email="j@x.com")
    page = open_page(path, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((details) => details.open = true)")

    assert axe.violations(page) == []


# The page shows the last events of all services, and so those of other tests.
@pytest.mark.alone
def test_an_event_that_arrives_before_the_stream_opens_appears_as_the_first(
    open_page, send, unique, noise, monkeypatch
):
    latest = HomePages._latest

    async def read(_, now=None):
        return EMPTY

    async def no_records(pages):
        _, position = await latest(pages)
        return [], position

    monkeypatch.setattr(OverviewReader, "read", read)
    monkeypatch.setattr(HomePages, "_latest", no_records)
    page = open_page("/")
    page.get_by_text("Waiting for the first event.").wait_for()
    assert "/v1/events" in page.get_by_role("region", name="Command").inner_text()

    def send_first(route):
        send(event=f"first_{unique}", email=f"{unique}@acme.com")
        route.continue_()

    page.route("**/live/stream*", send_first)
    page.reload()

    page.get_by_role("link", name=f"first_{unique}").click()
    page.wait_for_url("**/customers/cus_*")
    assert noise == []


def test_the_numbers_of_a_chart_unfold_by_keyboard(open_page, send, unique, address, key):
    send(email=f"{unique}@acme.com")
    with http_client.Client(base_url=address) as client:
        client.post("/login", data={"key": key, "next": "/"})
        wait_for(lambda: "Events per day" in client.get("/").text)
    page = open_page("/")
    page.locator(".chart summary").first.focus()
    page.keyboard.press("Enter")

    assert page.get_by_role("columnheader", name="All events").first.is_visible()


def test_without_a_script_the_pages_have_their_numbers(open_page, send, unique):
    send(email=f"{unique}@acme.com")
    page = open_page("/", java_script_enabled=False)

    assert page.get_by_role("heading", name="Today").is_visible()


def test_the_form_has_the_filter_of_rejected_events(open_page, noise):
    page = open_page("/rejections")
    page.get_by_label("Field").fill(HOSTILE)
    page.get_by_role("button", name="Filter").click()

    page.get_by_text("No rejected events match.").wait_for()
    assert page.get_by_label("Field").input_value() == HOSTILE
    assert noise == []
