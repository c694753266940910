"""The pages of data stewards as they have them: in Chromium, without a script, in both themes."""

from functools import partial

import pytest

from tests.support import axe

pytest_plugins = ["tests.support.chromium", "tests.support.stewarding"]

PHONE = {"width": 320, "height": 640}
WIDE = {"width": 1440, "height": 900}

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "w" * 200,
    "שלום 👩",
]


@pytest.fixture(scope="module", autouse=True)  # before Chromium, whose loop would be in its way
def key(steward_key):
    return steward_key


@pytest.fixture
def logged_in(open_window, key):
    """Opens a path in a window without scripts that has logged in."""
    return partial(open_window, key, java_script_enabled=False, viewport=WIDE)


@pytest.fixture
def hostile(ingest, unique):
    """The paths of comparisons of Customers of whom nothing but hostile things were sent."""
    one = ingest(event="x", email=f"{unique}@acme.com")["customerId"]
    paths = []
    for word in HOSTILE:
        identifier = f"{unique}{word}"
        other = ingest(event=word, externalId=identifier)["customerId"]
        ingest(event=word, email=f"{unique}@acme.com", externalId=identifier)
        paths.append(f"/conflicts/{one}~{other}")
    return paths


def heading(page):
    return page.locator("#state").inner_text()


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def kinds(page):
    """The kinds of the entries of the audit log, with their marks."""
    return [" ".join(text.split()) for text in page.locator(".log h2").all_inner_texts()]


def undo(page, reason):
    page.wait_for_url("**/undo?*")
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Undo the").click()


def test_a_conflict_is_merged_and_the_merge_undone(logged_in, path):
    page = logged_in(path)
    page.get_by_role("button", name="Preview the merge").click()
    page.wait_for_url("**/merge?*")
    page.get_by_label("Reason").fill("one person,\nby phone")
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url(f"**{path}")
    merged = heading(page), page.get_by_text("one person, by phone").count()
    page.get_by_role("link", name="Undo the merge").click()
    undo(page, "two people")
    page.wait_for_url(f"**{path}")

    assert (merged, heading(page)) == (("Merged", 1), "Open identity conflict")


def test_a_conflict_is_dismissed_and_the_dismissal_undone(logged_in, path):
    page = logged_in(path)
    page.get_by_label("Reason").first.fill("a couple")
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_text("a couple").wait_for()
    dismissed = heading(page)
    page.get_by_role("link", name="Undo the dismissal").click()
    undo(page, "one person")
    page.wait_for_url(f"**{path}")

    assert (dismissed, heading(page)) == ("Dismissed: two people", "Open identity conflict")


def test_an_identifier_is_marked_as_shared_and_unmarked(logged_in, path):
    page = logged_in(path)
    marks = []
    for button in ("Mark as shared", "Remove the mark"):
        page.locator("summary", has_text=button).click()
        form = page.locator("details[open] form")
        form.get_by_label("Reason").fill("an office")
        form.get_by_role("button", name=button).click()
        page.locator("details:not([open])").wait_for()
        marks.append(page.locator(".badge").all_inner_texts())

    assert marks == [["shared"], []]


def test_a_customer_is_split_and_the_split_undone(logged_in, office):
    page = logged_in(f"/customers/{office[0]}")
    page.get_by_role("link", name="Split").click()
    page.get_by_role("checkbox", name="phone").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="New customer 1").wait_for()
    page.get_by_label("Reason").fill("an office")
    page.get_by_role("button", name="Split").click()
    page.wait_for_url("**/audit?customer=*")
    before = kinds(page)
    page.get_by_role("link", name="Undo the split").click()
    undo(page, "one person")
    page.wait_for_url("**/audit?customer=*")

    assert (before, kinds(page)) == (["Split"], ["Merge", "Split undone"])


def test_a_double_click_decides_once(logged_in, path, two, decisions):
    page = logged_in(path, java_script_enabled=True)
    page.get_by_label("Reason").first.fill("a couple")
    page.get_by_role("button", name="Dismiss").dblclick()
    page.get_by_text("Dismissed: two people").wait_for()
    page.reload()

    assert decisions(two[0]) == ["NOT_SAME_AS"]


def test_the_keyboard_alone_dismisses_a_conflict(logged_in, path):
    page = logged_in(path, java_script_enabled=True)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('textarea')"):
            break
    page.keyboard.type("two people")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Dismissed: two people").wait_for()

    assert heading(page) == "Dismissed: two people"


def test_the_navigation_leads_to_the_conflicts_and_the_audit_log(logged_in):
    page = logged_in("/")
    page.get_by_role("link", name="Conflicts").click()
    page.get_by_role("heading", name="Identity conflicts").wait_for()
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("heading", name="Audit log").wait_for()

    assert page.locator(".places a[aria-current=page]").inner_text() == "Audit log"


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
def test_hostile_data_runs_nothing_and_fits_the_screen(logged_in, hostile, noise, viewport):
    page = logged_in("/conflicts", viewport=viewport, java_script_enabled=True)
    widths = [width(page)]
    for path in hostile:
        for target in (path, f"{path}/merge"):
            page.goto(target)
            widths.append(width(page))
        page.goto(path)
        page.get_by_label("Reason").first.fill(HOSTILE[0] + "w" * 900)
        page.get_by_role("button", name="Dismiss").click()
        page.get_by_text("Dismissed: two people").wait_for()
        widths.append(width(page))
        page.get_by_role("link", name="Undo the dismissal").click()
        page.get_by_role("heading", name="Undo the dismissal").wait_for()
        widths.append(width(page))
        assert page.locator("main img, main script").count() == 0
    page.goto("/audit")
    widths.append(width(page))

    assert noise == []
    assert max(widths) <= viewport["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(logged_in, path, office, scheme):
    page = logged_in(path, java_script_enabled=True, color_scheme=scheme)
    found = [axe.violations(page)]
    split = f"/customers/{office[0]}/split"
    for target in ("/conflicts", f"{path}/merge", split, "/audit", "/customers/cus_nobody"):
        page.goto(target)
        found.append(axe.violations(page))
    page.goto(split)
    page.get_by_role("checkbox", name="phone").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="New customer 1").wait_for()
    found.append(axe.violations(page))
    page.goto(path)
    page.locator("summary").first.click()
    page.locator("#dismiss-reason").fill("two people")
    found.append(axe.violations(page))
    page.get_by_role("button", name="Dismiss").click()
    page.get_by_text("Dismissed: two people").wait_for()
    found.append(axe.violations(page))
    page.get_by_role("link", name="Undo the dismissal").click()
    page.get_by_role("heading", name="Undo the dismissal").wait_for()
    found.append(axe.violations(page))
    page.goto("/audit")
    found.append(axe.violations(page))
    page.goto(f"{path}/merge")
    page.evaluate(
        "for (const each of document.querySelectorAll('[required]')) each.required = false"
    )
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_role("alert").wait_for()
    found.append(axe.violations(page))

    assert [item for items in found for item in items] == []
