"""The live page in Chromium: records as they arrive, pauses, hostile data, and many records."""

import concurrent.futures
import re
from urllib.parse import urlencode

import pytest

from app.access import api_keys
from tests.support import axe, http_client

pytest_plugins = ["tests.support.chromium"]

SIZES = [320, 768, 1440]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "\u202egnp.exe",
    '","payload":{"x":1}',
    "x" * 200,
]
BATCH_EVENTS = 500


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def keys(make_key):
    return {
        "all": make_key(api_keys.EVENTS_READ, api_keys.CONTEXT_READ),
        "live": make_key(api_keys.EVENTS_READ),
        "context": make_key(api_keys.CONTEXT_READ),
    }


@pytest.fixture
def live(open_window, keys):
    """Opens the live page, with the parameters of a filter, once it is connected."""

    def opened(key="all", javascript=True, width=1280, scheme="light", **query):
        page = open_window(
            keys[key],
            f"/live?{urlencode(query)}",
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=javascript,
        )
        if javascript:
            page.get_by_text("Live.", exact=True).wait_for()
        return page

    return opened


def summaries(page):
    return page.locator("#records .event").all_inner_texts()


def payload(page):
    """The payload of the record that was opened; it is formatted then."""
    filled = page.locator("#records pre", has_text="{").first
    filled.wait_for()
    return filled.inner_text()


def test_an_event_appears_as_it_is_stored(live, ingest, unique, noise):
    page = live(customer=unique)

    ingest(event="met", externalId=unique)

    row = page.locator("#records > li").first
    row.wait_for()
    assert row.locator("summary").inner_text().split()[1:] == [
        "met",
        "stored",
        f"externalId:{unique}",
        "new",
        "Customer",
        "test",
    ]
    assert noise == []


def test_the_newest_record_is_the_first(live, ingest, unique):
    page = live(customer=unique)

    ingest([{"event": name, "externalId": unique} for name in ("1", "2", "3")])

    page.locator("#records > li").nth(2).wait_for()
    assert summaries(page) == ["3", "2", "1"]


def test_a_record_opens_to_its_payload_and_its_explanation(live, ingest, unique):
    page = live(customer=unique)
    result = ingest(event="met", externalId=unique, properties={"n": 1.50})

    page.locator("#records summary").first.click()

    assert '"n": 1.5' in payload(page)
    page.get_by_role("link", name="Explanation").click()
    page.wait_for_url(f"**/events/{result['eventId']}")


def test_the_digits_of_a_payload_are_those_that_were_sent(live, client, unique):
    page = live(customer=unique)
    properties = '{"big": 12345678901234567890.10, "e": [], "text": "a\\"b"}'
    body = f'{{"event": "x", "externalId": "{unique}", "properties": {properties}}}'
    client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    page.locator("#records summary").first.click()

    shown = payload(page)
    assert '"big": 12345678901234567890.10,' in shown
    assert '"text": "a\\"b"' in shown


def test_a_rejected_event_shows_its_errors(live, client, unique):
    page = live(customer=unique)
    client.post("/v1/events", json={"event": "x", "externalId": unique, "timestamp": "now"})

    page.locator("#records summary").first.click()

    assert "timestamp must be ISO 8601" in page.locator("#records .errors").inner_text()


def test_a_pause_keeps_the_records_that_arrive(live, ingest, unique):
    page = live(customer=unique)
    page.get_by_role("button", name="Pause").click()

    ingest([{"event": f"{number}", "externalId": unique} for number in range(3)])

    page.get_by_text("3 waiting").wait_for()
    assert summaries(page) == []
    page.get_by_role("button", name="Resume").click()
    page.locator("#records > li").nth(2).wait_for()


def test_an_opened_record_pauses_the_page(live, ingest, unique):
    page = live(customer=unique)
    ingest(event="met", externalId=unique)

    page.locator("#records summary").first.click()

    page.get_by_role("button", name="Resume").wait_for()


def test_hostile_records_are_text(live, ingest, client, unique, noise):
    page = live(customer=unique)

    ingest([{"event": text, "externalId": unique, "properties": {text: text}} for text in HOSTILE])
    for text in HOSTILE:
        client.post("/v1/events", json={"event": text, "customer": text, "externalId": unique})

    page.locator("#records > li").nth(2 * len(HOSTILE) - 1).wait_for()
    assert set(summaries(page)) == set(HOSTILE)
    for summary in page.locator("#records summary").all():
        summary.click()
    assert page.locator("#records script, #records img").count() == 0
    assert noise == []


def test_the_filter_of_the_form_is_that_of_the_stream(live, ingest, unique):
    page = live()
    page.get_by_label("Event").fill(unique)
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(f"**event={unique}**")
    page.get_by_text("Live.", exact=True).wait_for()

    ingest([{"event": name, "externalId": unique} for name in ("other", unique)])

    page.locator("#records > li").first.wait_for()
    assert summaries(page) == [unique]


def test_the_page_of_a_key_without_context_read_has_no_links_to_customers(live, ingest, unique):
    page = live(key="live", customer=unique)
    ingest(event="met", externalId=unique)

    page.locator("#records summary").first.click()

    assert page.get_by_role("link", name="Explanation").count() == 0
    assert "Customers" not in page.locator(".places a").all_inner_texts()


def test_a_key_without_the_scope_is_not_offered_the_page(live):
    page = live(key="context", javascript=False)

    assert page.get_by_role("heading", level=1).inner_text() == "Forbidden"
    assert "Live" not in page.locator(".places a").all_inner_texts()


# The services of other test processes share the stream, and may fill it.
@pytest.mark.alone
def test_without_a_script_the_page_has_the_last_records(live, ingest, unique):
    page = live(javascript=False, customer=unique)
    ingest(event="met", externalId=unique)
    page.get_by_role("link", name="Reload").click()

    assert summaries(page) == ["met"]
    ingest(event="again", externalId=unique)
    page.get_by_role("link", name="Reload").click()
    assert summaries(page) == ["again", "met"]


def test_a_page_with_many_records_keeps_a_bounded_number_and_names_the_skipped(
    live, address, api_key, unique
):
    page = live(customer=unique)
    events = [{"event": f"{n}", "externalId": unique} for n in range(BATCH_EVENTS)]

    def send(_):
        headers = {"X-API-Key": api_key}
        http_client.post(
            f"{address}/v1/events", json={"events": events}, headers=headers, timeout=60
        )

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(4)))
    page.get_by_text(re.compile(r"\d skipped")).wait_for()

    assert page.locator("#records > li").count() <= 200
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_the_page_fits_and_axe_finds_nothing(live, ingest, client, unique, width, scheme):
    page = live(customer=unique, width=width, scheme=scheme)
    ingest([{"event": "x" * 200, "externalId": unique, "properties": {"w": "w" * 5000}}])
    client.post("/v1/events", json={"event": "x", "externalId": unique, "timestamp": "now"})
    page.locator("#records > li").nth(1).wait_for()
    page.locator("#records summary").first.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe.violations(page) == []
