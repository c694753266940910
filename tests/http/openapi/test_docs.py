"""`/docs`: Swagger UI, in a browser, with nothing loaded from elsewhere."""

import re

import pytest

from tests.support import http_client
from tests.support.openapi import OPERATIONS

pytest_plugins = ["tests.support.chromium"]

INGEST = "#operations-Events-ingestEvents"


@pytest.fixture
def seen():
    """The requests and the console errors of a page."""
    return {"requests": [], "complaints": []}


@pytest.fixture
def page(address, api_key, chromium, seen):
    """The page, with every operation in its list."""
    page = chromium.new_page()
    page.on("request", lambda request: seen["requests"].append(request.url))
    page.on("pageerror", lambda error: seen["complaints"].append(str(error)))
    page.on("console", lambda message: seen["complaints"].append(message.text))
    page.goto(f"{address}/docs")
    page.locator(".opblock").nth(len(OPERATIONS) - 1).wait_for()
    return page


def test_it_shows_every_operation(page):
    shown = page.locator(".opblock-summary-path").all_inner_texts()

    assert [text.replace("\u200b", "") for text in shown] == [
        operation.path for operation in OPERATIONS
    ]


def test_it_logs_no_error_and_makes_no_request_to_other_hosts(page, address, seen):
    for operation in page.locator(".opblock").all():
        operation.locator(".opblock-summary-control").click()
        operation.locator(".responses-wrapper").wait_for()
        operation.locator(".opblock-summary-control").click()  # all open ones are drawn each time

    elsewhere = [url for url in seen["requests"] if not url.startswith((f"{address}/", "data:"))]

    assert (seen["complaints"], elsewhere) == ([], [])
    assert f"{address}/openapi.json" in seen["requests"]


def test_an_event_can_be_sent_from_it(page, api_key, seen):
    page.get_by_role("button", name="Authorize").first.click()
    way = page.locator(".modal-ux .auth-container", has=page.locator("#api_key_value"))
    way.locator("input").fill(api_key)
    way.locator("button.authorize").click()
    page.locator(".modal-ux button.btn-done").first.click()
    page.locator(f"{INGEST} .opblock-summary-control").click()
    page.locator(f"{INGEST} .try-out__btn").click()
    page.locator(f"{INGEST} button.execute").click()
    response = page.locator(f"{INGEST} .live-responses-table .response")

    assert response.locator(".response-col_status").inner_text() == "200"
    assert "customerId" in response.inner_text()
    assert not seen["complaints"]


def test_it_runs_no_inline_script_and_its_policy_forbids_one(address):
    page = http_client.get(f"{address}/docs")

    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert not re.findall(r"<script[^>]*>[^<]|\son\w+=|\sstyle=|https?://", page.text)


@pytest.mark.parametrize("name", ["swagger-editor.js", "LICENSE", "..%2f__init__.py", "", "start"])
def test_unneeded_files_are_not_served(address, name):
    assert http_client.get(f"{address}/docs/{name}").status_code == 404


def test_an_unchanged_file_is_304(address):
    url = f"{address}/docs/swagger-ui-bundle.js"
    tag = http_client.get(url).headers["etag"]

    assert http_client.get(url, headers={"If-None-Match": tag}).status_code == 304
