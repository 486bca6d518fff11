"""The Write page as a reader uses it: three texts, a word written anew with its neighbours, contradictions."""

import re

from playwright.sync_api import Page, expect


def test_a_clicked_word_and_its_neighbours_are_written_anew(server: str, page: Page) -> None:
    page.goto(f"{server}/write?register=verses&begin=in+those+days&steps=4&seed=2")
    expect(page.get_by_text("Text 3, to copy").last).to_be_visible()
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    lanes = page.locator(".lane")
    expect(lanes).to_have_count(3)
    expect(page.get_by_text("Click a word to have it and its neighbours written anew.")).to_be_visible()
    texts = page.get_by_test_id("stCode")
    expect(texts).to_have_count(3)
    expect(texts.nth(2)).to_contain_text("in those days")
    before = texts.all_inner_texts()
    assert all(text.startswith("in those days") for text in before)
    cells = lanes.nth(1).get_by_role("group", name="The text, cell by cell").get_by_role("button")
    cells.nth(20).click()
    wish = page.get_by_role("button", name=re.compile(r"^Write the \d+ marked cells? anew$"))
    expect(wish).to_be_visible()
    wish.click()
    expect(page).to_have_url(re.compile(r"/write\?.*changes=2%2F4%3A"))
    expect(lanes.nth(1).locator("h3")).to_contain_text("changed 1 time")
    expect(page.get_by_text("Text 3, to copy").last).to_be_visible()
    expect(texts).to_have_count(3)
    expect(texts.nth(0)).to_have_text(before[0])
    expect(texts.nth(2)).to_have_text(before[2])
    words = page.get_by_role("textbox", name="Words that must occur")
    words.fill("40: gold, 40: silver")
    words.press("Control+Enter")
    expect(page.get_by_text("two things are to stand at position 40")).to_be_visible()
    expect(page.get_by_text("Text 3, to copy").last).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
