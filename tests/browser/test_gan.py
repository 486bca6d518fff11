"""The With GANs page as a reader uses it: the recorded game, guidance in the player, what is measured and stopped."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def opened(page: Page, server: str, query: str = "") -> None:
    page.goto(f"{server}/gan{query}")
    expect(page.locator(".js-plotly-plot .main-svg").nth(5)).to_be_visible()


def test_the_game_is_walked_through_and_guidance_stands_beside_none(
    server: str, page: Page, screenshot: Callable[[str], None]
) -> None:
    opened(page, server)
    slider = page.get_by_role("slider", name="Report after step")
    last = page.get_by_text(re.compile("What it tells after")).inner_text()
    slider.focus()
    slider.press("Home")
    expect(page.get_by_text(last, exact=True)).to_have_count(0)
    expect(page.get_by_text(re.compile(r"without a judge, \d+ calls")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"with the judge, \d+ calls")).first).to_be_visible()
    screenshot("gan-guided")


def test_strengths_are_measured_until_they_are_stopped(server: str, page: Page) -> None:
    opened(page, server, "?seed=11&steps=4&sampler=guided:candidates%3D2")
    page.get_by_role("button", name="Tell 100 tales at every strength").click()
    expect(page.get_by_text(re.compile(r"\d+% measured"))).to_be_visible()
    expect(page.get_by_text("here, K = 2").first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped at \d+%"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").filter(has_text="Numbers").nth(1).click()
    assert download.value.suggested_filename.endswith(".csv")
    expect(page.get_by_test_id("stException")).to_have_count(0)
