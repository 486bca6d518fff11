"""Fixtures for tests in a real browser: the server, Chromium, and a page that may reach this machine only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocket, expect, sync_playwright

from tests.browser.chromium import HELP, find
from tests.browser.server import serve
from tests.shelf import stocked_app

PATIENCE = 300_000  # ms: a machine that does other work too draws a page late
expect.set_options(timeout=PATIENCE)
ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the running app."""
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("server") / "server.log") as address:
        yield address


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app in a folder of its own, with an untrained model of every process that has no shipped one."""
    folder = tmp_path_factory.mktemp("app")
    with serve(stocked_app(folder), folder / "server.log") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the test fails and says how to get it."""
    executable = find()
    if executable is None:
        pytest.fail(HELP, pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser page of 1280x800. Its test fails on an uncaught script error and on any request
    that is not to this machine (each is stopped and recorded)."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    outside: list[str] = []
    errors: list[str] = []

    def guard(route: Route) -> None:
        if _is_here(route.request.url):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    def record(socket: WebSocket) -> None:
        if not _is_here(socket.url):
            outside.append(socket.url)

    context.route("**/*", guard)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("websocket", record)
    yield opened
    context.close()
    assert errors == [], "uncaught script errors"
    assert outside == [], "requests that left this machine"


@pytest.fixture
def screenshot(page: Page) -> Callable[[str], None]:
    """`screenshot("start-dark")` writes start-dark.png into the folder $SCREENSHOTS, where that is set.

    The whole page is shown: the view grows as high as its content, and stays so.
    """
    folder = os.environ.get("SCREENSHOTS")

    def take(name: str) -> None:
        if not folder:
            return
        width = page.evaluate("window.innerWidth")
        height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
        page.set_viewport_size({"width": width, "height": max(height, 800)})
        page.wait_for_function("height => window.innerHeight >= height", arg=height)
        page.screenshot(path=Path(folder) / f"{name}.png")

    return take


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob", "about"} or parts.hostname == "127.0.0.1"
