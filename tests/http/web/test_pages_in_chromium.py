"""The pages as a person has them: in Chromium, on a phone and on a wide screen."""

from itertools import pairwise

import pytest

from app.access import api_keys

pytest_plugins = ["tests.support.chromium"]

PHONE = {"width": 320, "height": 640}
WIDE = {"width": 2560, "height": 1300}

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "\u202egnp.exe",
    "x" * 200,
    "👩‍👩‍👧‍👦 שלום",
]


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def reading_key(make_key):
    return make_key(api_keys.CONTEXT_READ)


@pytest.fixture
def logged_in(open_window, reading_key):
    """Opens a window, and pastes the key."""

    def opened(path="/", **options):
        page = open_window(None, path, **options)
        page.get_by_label("API key").fill(reading_key)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path}")
        return page

    return opened


@pytest.fixture
def many(ingest, unique):
    """The page of a Customer with 120 Touchpoints on three days."""
    events = [
        {
            "event": f"e{n}",
            "externalId": unique,
            "timestamp": f"2026-04-{1 + n // 40:02}T00:00:{n % 40:02}Z",
            "properties": {"number": n},
        }
        for n in range(120)
    ]
    return f"/customers/{ingest(events)['results'][0]['customerId']}"


@pytest.fixture
def hostile(ingest, unique):
    """The page of a Customer of whom nothing but hostile things were sent."""
    events = [
        {
            "event": word,
            "externalId": f"<b>{unique}</b>\"'&",
            "properties": {word: word, "href": "javascript:alert(1)", "long": "w" * 10_000},
        }
        for word in HOSTILE
    ]
    return f"/customers/{ingest(events)['results'][0]['customerId']}"


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def names(page):
    return page.locator(".event").all_inner_texts()


def scroll_to_the_end(page):
    for _ in range(600):
        page.mouse.wheel(0, 100_000)
        page.wait_for_timeout(100)
        if page.locator(".end").count():
            return


def test_pasting_a_key_and_searching_leads_to_the_timeline(logged_in, ingest, unique, noise):
    ingest(event="met", email=f"{unique}@acme.com")
    page = logged_in()

    page.get_by_label("Email, phone").fill(f"{unique}@acme.com")
    page.keyboard.press("Enter")

    page.wait_for_url("**/customers/*")
    assert page.get_by_role("heading", level=1).inner_text() == f"{unique}@acme.com"
    assert names(page) == ["met"]
    assert noise == []


def test_the_login_form_sends_its_origin(open_window, reading_key):
    page = open_window(None, "/login")
    page.get_by_label("API key").fill(reading_key)
    with page.expect_request(lambda request: request.method == "POST") as login:
        page.keyboard.press("Enter")
    page.wait_for_url("**/")

    assert login.value.all_headers()["origin"] == page.evaluate("location.origin")


def test_scrolling_loads_the_timeline_to_its_end_each_day_once(logged_in, many, noise):
    page = logged_in(many)
    assert len(names(page)) < 120

    scroll_to_the_end(page)

    assert names(page) == [f"e{n}" for n in reversed(range(120))]
    assert page.locator("h3").all_inner_texts() == [
        "Friday, 3 April 2026",
        "Thursday, 2 April 2026",
        "Wednesday, 1 April 2026",
    ]
    assert noise == []


def test_without_a_script_a_link_leads_to_older_touchpoints(logged_in, many):
    page = logged_in(many, java_script_enabled=False)
    seen = names(page)
    while page.get_by_role("link", name="Older").count():
        page.get_by_role("link", name="Older").click()
        page.wait_for_load_state()
        seen += names(page)

    assert seen == [f"e{n}" for n in reversed(range(120))]


def test_after_the_login_has_ended_the_link_leads_to_it(logged_in, many):
    page = logged_in(many)
    page.context.clear_cookies()

    page.get_by_role("link", name="Older").scroll_into_view_if_needed()
    page.get_by_role("status").filter(has_text="could not be loaded").wait_for(state="attached")
    page.get_by_role("link", name="Older").click()

    page.wait_for_url("**/login?next=*")


def test_the_keyboard_alone_unfolds_properties(logged_in, many, noise):
    page = logged_in(many)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.day summary')"):
            break

    page.keyboard.press("Enter")

    assert page.get_by_role("row", name="number 119").is_visible()
    assert noise == []


def test_the_keyboard_alone_goes_from_touchpoint_to_touchpoint_to_the_end(logged_in, many):
    page = logged_in(many)
    seen = set()
    for _ in range(5000):  # each has two stops, and what is older may load after the first round
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.closest('.day li')?.id"))
        if len(seen - {None}) == 120:
            break

    assert len(seen - {None}) == 120


def test_the_first_stop_of_the_keyboard_skips_to_the_content(logged_in, many):
    page = logged_in(many)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_the_focus_is_visible(logged_in, many):
    page = logged_in(many)
    outlines = []
    for _ in range(8):
        page.keyboard.press("Tab")
        outlines.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))

    assert set(outlines) == {"solid"}


def test_hostile_data_runs_nothing(logged_in, hostile, noise):
    page = logged_in(hostile)
    for summary in page.locator(".day summary").all():
        summary.click()
    page.wait_for_timeout(300)

    assert sorted(names(page)) == sorted(HOSTILE)
    assert page.locator("main img, main script, main a[href^=javascript]").count() == 0
    assert noise == []


def test_hostile_searches_run_nothing(logged_in, noise):
    page = logged_in()
    for text in (f"{name} of nobody" for name in HOSTILE):
        page.get_by_label("Email, phone").fill(text)
        page.keyboard.press("Enter")
        page.get_by_text("No customer matches").wait_for()
        assert page.get_by_label("Email, phone").input_value() == text

    # Chromium notes every page that is 404.
    assert not [message for message in noise if "status of 404" not in message]


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_nothing_is_wider_than_the_screen(logged_in, hostile, many, viewport):
    page = logged_in(hostile, viewport=viewport)
    for summary in page.locator(".day summary").all():
        summary.click()
    widths = [width(page)]
    for path in (many, "/", "/search?q=" + "x" * 3000, "/customers/" + "x" * 200, "/login"):
        page.goto(path)
        widths.append(width(page))

    assert max(widths) <= viewport["width"]


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_an_explanation_is_one_link_from_the_timeline_and_no_wider_than_the_screen(
    logged_in, hostile, viewport, noise
):
    page = logged_in(hostile, viewport=viewport)

    page.get_by_role("link", name="Why this customer?").last.click()
    page.get_by_role("heading", name="Identifiers").wait_for()

    assert width(page) <= viewport["width"]
    assert page.evaluate(FAINT) == []
    assert noise == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(logged_in, many, scheme):
    page = logged_in(many, color_scheme=scheme)
    page.locator(".day summary").first.click()

    faint = page.evaluate(FAINT)

    assert faint == []


def test_dark_is_dark_and_light_is_light(logged_in):
    def paper(scheme):
        page = logged_in(color_scheme=scheme)
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(channel) for channel in color[4:-1].split(","))

    assert paper("dark") < 150
    assert paper("light") > 600


def test_headings_go_down_one_level_at_a_time(logged_in, many):
    page = logged_in(many)

    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => +heading.tagName[1])"
    )

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


# Elements with text of their own whose contrast is below 4.5 to 1 (WCAG 2.2, 1.4.3).
FAINT = """
() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parse(color).map((channel) => channel / 255)
      .map((channel) => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    return (parse(color)[3] ?? 1) > 0 ? color : behind(element.parentElement);
  };
  const contrast = (one, other) =>
    (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return [...document.querySelectorAll("body *")]
    .filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((element) =>
      contrast(light(getComputedStyle(element).color), light(behind(element))) < 4.5)
    .map((element) => element.outerHTML.slice(0, 100));
}
"""
