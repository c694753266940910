"""Chromium: a browser without a window, where the machine has one."""

import shutil
from collections.abc import Iterator

import pytest
from httpx2 import Client
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


# While it is open, playwright runs an event loop in which no other can begin: what needs one, the
# keys of the session's service among it, is there before.
@pytest.fixture(scope="module")
def chromium(client: Client) -> Iterator[Browser]:
    """The machine's Chromium; a test that wants it is skipped where there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"there is none of {', '.join(NAMES)} on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
