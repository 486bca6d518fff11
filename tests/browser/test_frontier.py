"""Quality against cost in a real browser: measured while one looks, stopped, gone on with, clicked, taken along."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

LANES = urlencode(
    [("lane", f"model=tales&sampler={sampler}&steps=4") for sampler in ("ancestral", "entropy")]
)


def set_number(page: Page, label: str, value: int) -> None:
    box = page.get_by_role("spinbutton", name=label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def test_lanes_are_measured_stopped_gone_on_with_clicked_and_taken_along(
    server: str, page: Page, screenshot: Callable[[str], None]
) -> None:
    page.goto(f"{server}/compare?{LANES}")
    expect(page.get_by_role("heading", name="Quality against cost")).to_be_visible()
    set_number(page, "Texts a seed", 25)  # enough work that Stop comes before its end
    set_number(page, "Seeds", 2)
    expect(page.get_by_text("0 of 20 rows of 25 texts are measured")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    bar = page.get_by_test_id("stProgress")
    expect(bar).to_contain_text("left")
    figures = page.get_by_test_id("stPlotlyChart")
    expect(figures.nth(1)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    go_on = page.get_by_role("button", name="Go on", exact=True)
    expect(go_on).to_be_visible()
    go_on.click()
    expect(page.get_by_text("All 20 rows of 25 texts are measured")).to_be_visible()

    page.get_by_text("Seconds a text", exact=True).click()
    expect(figures.first.locator(".xtitle")).to_have_text("Seconds a text (log)")
    screenshot("frontier")
    with page.expect_download() as picture:
        page.get_by_role("button", name="Figure (.svg)").click()
    assert "<dc:description>" in Path(picture.value.path()).read_text("utf-8")
    with page.expect_download() as table:
        page.get_by_role("button", name="Rows (.csv)").click()
    assert len(Path(table.value.path()).read_text("utf-8-sig").splitlines()) == 21

    # Against calls the points of 8 and 16 steps stand apart; their seconds may come to the same on a busy machine.
    page.get_by_text("Network calls a text", exact=True).click()
    expect(figures.nth(1).locator(".xtitle")).to_have_text("Network calls a text (log)")
    point = figures.nth(1).locator(".scatterlayer .trace").first.locator(".points path").nth(1)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    link = page.get_by_role("link", name="Watch the first run of this point")
    expect(link).to_contain_text("1 Ancestral, 8 steps")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does noise become a story?")
    expect(page).to_have_url(re.compile(r"denoise\?.*sampler=ancestral.*steps=8"))
