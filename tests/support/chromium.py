"""Chromium: a browser without a window, if the host has one."""

import shutil
from collections.abc import Iterator

import pytest
from httpx2 import Client
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


# While the browser is open, playwright runs an event loop, and no other loop can begin. Fixtures
# that need one, such as the API keys of the session's service, are created before.
@pytest.fixture(scope="module")
def chromium(client: Client) -> Iterator[Browser]:
    """The Chromium of the host; without one, the test is skipped."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is none of {', '.join(NAMES)} on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
