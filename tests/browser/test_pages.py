"""Every page in a real browser: it opens by its own address, in light and dark, on wide and narrow screens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from textdiff_ui.navigation import path_through

ROOT = Path(__file__).resolve().parents[2]
PAGES = [file.stem for _, file in path_through(ROOT / "pages")]


def address(server: str, name: str, query: str = "") -> str:
    return f"{server}/{'' if name == PAGES[0] else name}{query}"


def opened(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES[::-1])
def test_a_page_opens_by_its_own_address(
    server: str, page: Page, name: str, screenshot: Callable[[str], None]
) -> None:
    """In reversed order, so that the first request after the server's start is a deep link."""
    page.goto(address(server, name))
    opened(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PAGES))
    screenshot(f"{name}-light")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_in_the_dark(
    server: str, page: Page, name: str, screenshot: Callable[[str], None]
) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(address(server, name))
    opened(page)
    background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    assert background == "rgb(20, 24, 28)"
    screenshot(f"{name}-dark")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(server: str, page: Page, name: str, screenshot: Callable[[str], None]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address(server, name))
    opened(page)
    wider = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth - main.clientWidth; }"
    )
    assert wider <= 0, "the page scrolls sideways"
    screenshot(f"{name}-phone")
