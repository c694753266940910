"""Chromium: a browser without a window, if the host has one."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from httpx2 import Client
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

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


@pytest.fixture
def noise() -> list[str]:
    """The unexpected output of the test's pages: dialogs, errors and warnings."""
    return []


@pytest.fixture
def open_window(chromium: Browser, address: str, noise: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens a window, logs in with the API key if there is one, and goes to the path."""
    with ExitStack() as windows:

        def opened(key: str | None, path: str, **options: Any) -> Page:
            context = windows.enter_context(
                closing(chromium.new_context(base_url=address, **options))
            )
            if key:
                context.request.post("/login", form={"key": key})
            page = context.new_page()
            page.set_default_timeout(30_000)
            _listen(page, noise)
            page.goto(path)
            return page

        yield opened


def _listen(page: Page, noise: list[str]) -> None:
    def on_dialog(dialog: Dialog) -> None:
        noise.append(dialog.message)
        dialog.dismiss()

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            noise.append(message.text)

    page.on("dialog", on_dialog)
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("console", on_console)
