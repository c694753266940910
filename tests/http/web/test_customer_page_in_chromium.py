"""The page of a Customer in Chromium: its filter, its times, its copies and its graph."""

import pytest

from app.access import api_keys

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
