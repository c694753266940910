"""The page of a Customer in Chromium: its filter, its times, its copies and its graph."""

import pytest

from app.access import api_keys

BERLIN = {"timezone_id": "Europe/Berlin"}

pytest_plugins = ["tests.support.chromium"]


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def noise():
    """The unexpected output of a page: dialogs, and errors in its console."""
    return []


@pytest.fixture
def open_page(chromium, address, key, noise):
    """Opens a path in a window that has logged in."""
    contexts = []

    def opened(path, **options):
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        context.request.post("/login", form={"key": key})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("dialog", lambda dialog: (noise.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on(
            "console",
            lambda message: noise.append(message.text) if message.type == "error" else None,
        )
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


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
