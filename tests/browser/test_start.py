"""The Start page in a browser: something moves at once, and words put back there go on elsewhere."""

import re

from playwright.sync_api import Page, expect


def test_the_small_player_plays_and_leads_on(server: str, page: Page) -> None:
    page.goto(server)
    group = page.get_by_role("group", name="Player")
    expect(group).to_be_visible()
    expect(page.locator(".tp .candidates")).to_be_hidden()
    scrub = page.get_by_role("slider", name="Step")
    group.get_by_role("button", name=re.compile("^Play")).click()
    expect(scrub).not_to_have_value("0")
    group.get_by_role("button", name=re.compile("^Last step")).or_(scrub).first.press("End")
    page.locator('.tp button.cell[data-cell="2"]').click(modifiers=["Control"])
    page.get_by_role("button", name=re.compile("^Resume from step")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does noise become a story?")
    expect(page).to_have_url(re.compile(r"/denoise\?edits=\d+%3A3$"))


def test_the_path_leads_to_the_denoise_page(server: str, page: Page) -> None:
    page.goto(server)
    page.get_by_role("link", name=re.compile("How does noise become a story")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How does noise become a story?")
