"""Segment's SDK for browsers, unmodified, in Chromium: a shared computer, and a restart."""

import contextlib
import http.server
import json
import shutil
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.sdks import installation
from tests.support.server import wait_for

pytest_plugins = ["tests.support.chromium"]

HERE = Path(__file__).parent
LOAD = """
const parameters = new URLSearchParams(location.hash.slice(1));
window.analytics = AnalyticsNext.AnalyticsBrowser.load(
  { writeKey: parameters.get("key"), cdnURL: parameters.get("cdn") },
  JSON.parse(parameters.get("options")),
);
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The origin of a site whose page loads the SDK."""
    folder = tmp_path_factory.mktemp("site")
    bundle = installation.node_modules() / "@segment" / "analytics-next" / "dist" / "umd"
    shutil.copy(bundle / "index.js", folder / "analytics.js")
    shutil.copy(HERE / "site" / "page.html", folder)
    (folder / "load.js").write_text(LOAD)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format, *args):  # noqa: A002 - the name of the base class
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=folder)
    ) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# Before Chromium, whose event loop would be in its way.
@pytest.fixture(scope="module", autouse=True)
def browser_key(make_browser_key, site):
    return make_browser_key(site)


@pytest.fixture
def visit(chromium, site, service, browser_key):
    """Opens the page of the site in a browser of its own, with a key and a page of the site."""
    with contextlib.ExitStack() as stack:

        def opened(key=browser_key, **options):
            context = stack.enter_context(contextlib.closing(chromium.new_context()))
            page = context.new_page()
            page.set_default_timeout(30_000)
            parameters = {"key": key, "cdn": service.address, "options": json.dumps(options)}
            page.goto(f"{site}/page.html#{urlencode(parameters)}")
            return page

        yield opened


def call(page, method, *arguments):
    """Calls a method of the SDK, and waits until it has handed the call over."""
    page.evaluate(
        "async ([method, ...rest]) => { await analytics[method](...rest) }", [method, *arguments]
    )


def names(touchpoints):
    return Counter(touchpoint["event"] for touchpoint in touchpoints)


def anonymous_id(page):
    return page.evaluate("async () => (await analytics.user()).anonymousId()")


def test_a_shared_computer_keeps_its_people_apart(visit, events_of, unique):
    first, second = f"{unique}-first", f"{unique}-second"
    page = visit()

    call(page, "page", "Home")
    call(page, "track", "Pricing Viewed")
    visitor = anonymous_id(page)
    call(page, "identify", first, {"email": f"{first}@acme.example"})
    call(page, "track", "Order Completed", {"total": 27.5})
    call(page, "track", "Logged Out")
    page.evaluate("() => analytics.reset()")
    call(page, "page", "Home")
    other_visitor = anonymous_id(page)
    call(page, "identify", second, {"email": f"{second}@acme.example"})
    call(page, "track", "Article Read")

    of_first = ["page_viewed", "Pricing Viewed", "identified", "Order Completed", "Logged Out"]
    of_second = ["page_viewed", "identified", "Article Read"]
    wait_for(lambda: len(events_of(first)) >= len(of_first))
    wait_for(lambda: len(events_of(second)) >= len(of_second))
    assert names(events_of(first)) == Counter(of_first)
    assert names(events_of(second)) == Counter(of_second)
    assert visitor != other_visitor
    assert names(events_of(visitor, "anonymousId")) == Counter(of_first)
    assert names(events_of(other_visitor, "anonymousId")) == Counter(of_second)


def test_a_page_logs_a_user_in_and_out(visit, events_of):
    page = visit()

    page.get_by_text("Log in").click()

    visitor = anonymous_id(page)
    wait_for(lambda: events_of(visitor, "anonymousId"))
    page.get_by_text("Log out").click()
    assert anonymous_id(page) != visitor


def test_a_page_may_send_its_calls_in_batches(visit, events_of, service, unique):
    strategy = {"strategy": "batching", "config": {"size": 3, "timeout": 500}}
    page = visit(integrations={"Segment.io": {"deliveryStrategy": strategy}})
    sent = []
    page.on("request", lambda request: sent.append((request.method, request.url)))

    call(page, "identify", unique)
    for _ in range(3):
        call(page, "track", "Stepped")

    wait_for(lambda: len(events_of(unique)) == 4)
    assert {url for method, url in sent if method == "POST"} == {f"{service.address}/v1/b"}


def test_the_context_of_the_page_is_in_the_properties(visit, events_of, unique, site):
    page = visit()

    call(page, "identify", unique)
    call(page, "track", "Pricing Viewed")

    wait_for(lambda: len(events_of(unique)) == 2)
    viewed = next(item for item in events_of(unique) if item["event"] == "Pricing Viewed")
    assert viewed["context.page.url"].startswith(site)
    assert viewed["context.library.name"] == "analytics.js"


def test_each_call_is_stored_once_although_the_service_was_killed(
    visit, events_of, service, unique
):
    page = visit()
    call(page, "identify", unique)
    wait_for(lambda: events_of(unique))
    # As a page does: it does not wait for its calls.
    page.evaluate(
        """() => {
          window.number = 0;
          window.timer = setInterval(
            () => analytics.track("Stepped", {number: window.number++}), 50);
        }"""
    )
    wait_for(lambda: len(events_of(unique)) > 5)

    service.kill()
    service.start()
    steps = page.evaluate("() => { clearInterval(window.timer); return window.number; }")

    wait_for(lambda: len(events_of(unique)) > steps, seconds=120)
    numbers = [item["number"] for item in events_of(unique) if item["event"] == "Stepped"]
    assert sorted(numbers) == list(range(steps))


def test_the_sdk_does_not_load_with_an_unknown_key(visit):
    page = visit(key="wp_pub_unknown")

    state = page.evaluate(
        """() => Promise.race([
          analytics.then(() => "loaded", () => "failed"),
          new Promise((resolve) => setTimeout(resolve, 2000, "waiting")),
        ])"""
    )

    assert state != "loaded"
