"""The page of a Customer in Chromium: its filter, its times, its copies and its graph."""

from functools import partial

import pytest

from app.access import api_keys
from tests.support import axe, http_client

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "w" * 200,
    "שלום 👩",
]
BERLIN = {"timezone_id": "Europe/Berlin"}

pytest_plugins = ["tests.support.chromium", "tests.support.rare"]


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def open_page(open_window, key):
    """Opens a path in a window that has logged in."""
    return partial(open_window, key)


@pytest.fixture
def week(ingest, unique):
    """The page of a Customer with two events a day of the first week of April 2026, in UTC."""
    events = [
        {
            "event": name,
            "externalId": unique,
            "timestamp": f"2026-04-0{day}T{hour}:00:00Z",
            "properties": {"url": "/pricing", "utm": {"source": "mail"}},
        }
        for day in range(1, 8)
        for name, hour in (("met", "00"), ("called", "23"))
    ]
    return f"/customers/{ingest(events)['results'][0]['customerId']}"


def names(page):
    return page.locator(".event").all_inner_texts()


def filter_days(page, first, last):
    page.get_by_label("From", exact=True).fill(first)
    page.get_by_label("To", exact=True).fill(last)
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Only ").wait_for()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_timeline_is_filtered_by_form(open_page, week, script, noise):
    page = open_page(week, java_script_enabled=script)
    page.get_by_label("Event", exact=True).fill("met")
    filter_days(page, "2026-04-02", "2026-04-03")

    assert names(page) == ["met", "met"]
    assert page.get_by_label("To", exact=True).input_value() == "2026-04-03"
    assert noise == []


def test_show_all_ends_the_filter(open_page, week):
    page = open_page(f"{week}?event=met")
    page.get_by_role("link", name="Show all").click()
    page.wait_for_url("**#timeline")

    assert len(names(page)) == 14


def test_an_event_name_of_the_list_filters_the_timeline(open_page, week):
    page = open_page(week)
    page.locator(".counts").get_by_role("link", name="called").click()
    page.get_by_text("Only ").wait_for()

    assert names(page) == ["called"] * 7


def days(page):
    return page.locator("h3").all_inner_texts()


def test_times_are_utc_at_first_and_local_on_request(open_page, week, noise):
    page = open_page(week, **BERLIN)
    before = days(page)[0], page.locator(".day .time").first.inner_text()
    page.get_by_label("Local").check()

    assert before == ("Tuesday, 7 April 2026", "23:00:00")
    assert page.locator(".day .time").first.inner_text() == "01:00:00"
    assert page.get_by_text("Times are local: Europe/Berlin.").is_visible()
    assert noise == []


def test_the_timeline_is_grouped_by_the_days_of_the_zone(open_page, week):
    page = open_page(week, **BERLIN)
    page.get_by_label("Local").check()
    local = days(page)
    page.get_by_label("UTC", exact=True).check()

    assert (local[0], local[-1]) == ("Wednesday, 8 April 2026", "Wednesday, 1 April 2026")
    assert days(page)[0] == "Tuesday, 7 April 2026"
    assert names(page) == ["called", "met"] * 7


def test_the_choice_of_the_zone_is_remembered(open_page, week):
    page = open_page(week, **BERLIN)
    page.get_by_label("Local").check()
    page.reload()

    assert page.get_by_label("Local").is_checked()
    assert page.locator(".day .time").first.inner_text() == "01:00:00"


def test_local_days_filter_the_timeline_by_local_days(open_page, week):
    page = open_page(week, **BERLIN)
    page.get_by_label("Local").check()
    filter_days(page, "2026-04-02", "2026-04-02")

    # 2 April in Berlin is from 22:00 to 22:00 in UTC.
    assert page.locator(".day .time").all_inner_texts() == ["02:00:00", "01:00:00"]
    assert days(page) == ["Thursday, 2 April 2026"]
    assert page.get_by_label("To", exact=True).input_value() == "2026-04-02"


def test_without_a_script_times_are_utc_and_nothing_else_is_offered(open_page, week):
    page = open_page(week, java_script_enabled=False, **BERLIN)

    assert page.get_by_text("Times are UTC.").is_visible()
    assert not page.get_by_label("Local").is_visible()
    assert not page.locator("button.copy").first.is_visible()


def test_older_touchpoints_that_load_have_the_times_of_the_zone(open_page, ingest, unique):
    events = [
        {
            "event": f"e{n}",
            "externalId": unique,
            "timestamp": f"2026-04-0{n // 20 + 1}T{n % 20:02}:00:00Z",
        }
        for n in range(80)
    ]
    page = open_page(f"/customers/{ingest(events)['results'][0]['customerId']}", **BERLIN)
    page.get_by_label("Local").check()
    page.mouse.wheel(0, 100_000)
    page.locator(".end").wait_for()

    assert days(page) == [
        "Saturday, 4 April 2026",
        "Friday, 3 April 2026",
        "Thursday, 2 April 2026",
        "Wednesday, 1 April 2026",
    ]
    assert page.locator(".day .time").last.inner_text() == "02:00:00"


CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize(
    ("label", "start"),
    [("the Customer ID", "cus_"), ("the event ID", "evt_"), ("the JSON of the event", '{\n  "ev')],
)
def test_an_id_and_json_are_copied_by_keyboard(open_page, week, label, start, noise):
    page = open_page(week, **CLIPBOARD)
    page.evaluate("document.querySelectorAll('details').forEach((details) => details.open = true)")
    page.get_by_role("button", name=f"Copy {label}").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="Copied").wait_for(state="attached")

    assert clipboard(page).startswith(start)
    assert noise == []


def test_without_a_clipboard_of_the_browser_the_page_copies_all_the_same(open_page, week):
    page = open_page(week, **CLIPBOARD)
    page.evaluate(
        "Object.defineProperty(Object.getPrototypeOf(navigator), 'clipboard', {value: 0})"
    )
    page.get_by_role("button", name="Copy the Customer ID").click()

    page.get_by_role("status").filter(has_text="Copied: the Customer ID.").wait_for(
        state="attached"
    )


@pytest.fixture
def steward_client(address, key):
    with http_client.Client(base_url=address, headers={"X-API-Key": key}, timeout=30) as client:
        yield client


@pytest.fixture
def linked(ingest, unique, steward_client):
    """The page of a Customer with hostile identifiers, a merged Customer, and a conflict."""
    customer = ingest(email=f"{unique}@acme.com", event="met")["customerId"]
    for word in HOSTILE:
        ingest(
            customer=customer,
            event=f"\u202e{word}"[:200],
            externalId=f"{unique}{word}",
            properties={word: [word, {"deep": {"deeper": [word, 1.5, None]}}], "long": "w" * 5000},
        )
    merged = ingest(externalId=f"b{unique}")["customerId"]
    path = f"/v1/customers/{customer}/merge"
    http_client.ok_json(steward_client.post(path, json={"from": merged, "reason": HOSTILE[0]}))
    ingest(externalId=f"{HOSTILE[1]}{unique}")
    ingest(email=f"{unique}@acme.com", externalId=f"{HOSTILE[1]}{unique}")
    return f"/customers/{customer}"


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach((details) => details.open = true)")


@pytest.mark.parametrize("width", [320, 768, 1440])
def test_nothing_is_wider_than_the_screen(open_page, linked, width, noise):
    page = open_page(linked, viewport={"width": width, "height": 900})
    unfold(page)
    widths = [page.evaluate("document.documentElement.scrollWidth")]
    page.locator("a.why").first.click()
    page.get_by_role("heading", name="Explanation of").wait_for()
    unfold(page)
    widths.append(page.evaluate("document.documentElement.scrollWidth"))

    assert max(widths) <= width
    assert page.locator("main script, main img").count() == 0
    assert noise == []


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page, linked, scheme, width):
    page = open_page(linked, color_scheme=scheme, viewport={"width": width, "height": 900})
    unfold(page)

    assert axe.violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_an_explanation_and_with_a_filter(open_page, linked, scheme):
    page = open_page(f"{linked}?event=met&from=2026-04-01&to=yesterday", color_scheme=scheme)
    found = axe.violations(page)
    page.goto(f"{linked}?event=met")
    found += axe.violations(page)
    page.locator("a.why").first.click()
    page.get_by_role("heading", name="Explanation of").wait_for()
    unfold(page)

    assert found + axe.violations(page) == []


@pytest.mark.parametrize(("width", "layout"), [(320, "down"), (1440, "across")])
def test_one_layout_of_the_graph_is_visible(open_page, linked, width, layout):
    page = open_page(linked, viewport={"width": width, "height": 900})

    shown = [graph for graph in page.locator("svg.graph").all() if graph.is_visible()]

    assert [graph.get_attribute("class") for graph in shown] == [f"graph {layout}"]


def test_a_conflict_and_a_merge_are_one_click_from_the_graph(open_page, linked):
    page = open_page(linked)
    graph = page.get_by_role("group", name="Identity graph")
    graph.get_by_role("link", name="Compare").click()
    page.get_by_role("heading", name="Open identity conflict").wait_for()
    page.go_back()
    graph.get_by_role("link", name="Undo the merge").click()

    page.wait_for_url("**/undo?*")
    page.get_by_label("Reason").fill("two people")
    page.get_by_role("button", name="Undo the").click()
    page.wait_for_url(f"**{linked}")
    assert graph.get_by_role("link", name="Undo the merge").count() == 0


def test_the_days_of_the_graph_are_those_of_the_zone(open_page, ingest, unique):
    event = ingest(externalId=unique, timestamp="2026-04-29T23:30:00Z")
    page = open_page(f"/customers/{event['customerId']}", **BERLIN)
    seen = page.get_by_role("group", name="Identity graph").get_by_text("last seen")
    before = seen.text_content()
    page.get_by_label("Local").check()

    assert (before, seen.text_content()) == ("last seen 2026-04-29", "last seen 2026-04-30")


def test_a_search_continues_on_request_in_place(open_page, rare, noise):
    page = open_page(f"/customers/{rare}?event=rare")
    page.get_by_role("link", name="Search older touchpoints").focus()
    page.keyboard.press("Enter")
    page.locator(".end").wait_for()

    assert names(page) == ["rare"]
    assert page.url.endswith("?event=rare")
    assert page.evaluate("document.activeElement.closest('.day li') !== null")
    assert noise == []
