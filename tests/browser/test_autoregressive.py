"""The page against autoregression as a reader uses it: both lanes on one clock of calls, then of seconds; a gap."""

import re

from playwright.sync_api import Page, expect

from tests.browser.stepping import go_to


def test_both_lanes_write_on_one_clock(server: str, page: Page) -> None:
    page.goto(f"{server}/autoregressive")
    lanes = page.locator(".lane")
    expect(lanes).to_have_count(2)
    expect(page.get_by_text("Who wins at what?")).to_be_visible()
    expect(page.get_by_role("button", name="equal calls")).to_have_attribute("aria-pressed", "true")
    go_to(page, 7)  # the clock begins at the first call, which is asked before a word is there
    expect(lanes.nth(1).get_by_text(re.compile("^8 network calls"))).to_be_visible()
    cells = lanes.nth(1).get_by_role("group", name="The text, cell by cell").get_by_role("button")
    expect(cells.nth(6)).not_to_have_attribute("aria-label", re.compile("still noise"))
    expect(cells.nth(7)).to_have_attribute("aria-label", re.compile("^8: still noise"))
    page.get_by_role("button", name="equal seconds").click()
    expect(page.get_by_text(re.compile(r"of \d\.\d\d$")).first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_gap_is_written_anew_between_given_words(server: str, page: Page) -> None:
    page.goto(f"{server}/autoregressive?gap=8&steps=8")
    given = page.locator(".lane").nth(1).get_by_role("button", name=re.compile("given, never changed"))
    expect(given).not_to_have_count(0)
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    assert given.count() > 30
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_gap_in_a_real_recipe(server: str, page: Page) -> None:
    page.goto(f"{server}/autoregressive?model=recipes&gap=8&steps=8")
    given = page.locator(".lane").nth(0).get_by_role("button", name=re.compile("given, never changed"))
    expect(given).not_to_have_count(0)
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    assert given.count() == 56
    expect(page.get_by_text("Nobody knows which of these are right").first).to_be_visible()
    expect(page.get_by_role("region", name="What was written between beginning and end")).to_be_visible()
    expect(page.get_by_text("every rule holds")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
