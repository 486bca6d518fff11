"""The Translate page as a reader uses it: type, watch, read the verdict, put a word back, and wrong input."""

import re

from playwright.sync_api import Page, expect

from tests.browser.stepping import go_to, last_step


def card(page: Page, label: str, value: str) -> None:
    expect(page.get_by_test_id("stMetric").filter(has_text=label)).to_contain_text(value)


def test_a_number_is_typed_translated_and_judged(server: str, page: Page) -> None:
    page.goto(f"{server}/translate")
    card(page, "Translation", "21 mars 1998")
    source = page.get_by_role("textbox", name="A number or a date")
    source.fill("mille neuf cents")
    source.press("Enter")
    expect(page.get_by_text("is in French already")).to_be_visible()
    source.fill("1900")
    source.press("Enter")
    card(page, "Truth", "mille neuf cents")
    expect(page).to_have_url(re.compile("text=1900"))
    source.fill("30 February")
    source.press("Enter")
    expect(page.get_by_text("there is no such date as '30 February'")).to_be_visible()
    card(page, "Truth", "mille neuf cents")


def test_the_source_stands_while_the_target_comes_out_of_noise(server: str, page: Page) -> None:
    page.goto(f"{server}/translate?text=7429&to=de")
    card(page, "Truth", "siebentausendvierhundertneunundzwanzig")
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    assert last_step(page) == 12
    cells = page.get_by_role("group", name="The text, cell by cell").get_by_role("button")
    expect(cells).to_have_count(26)
    given = page.get_by_role("button", name=re.compile("given, never changed"))
    go_to(page, 0)
    expect(given).to_have_count(14)
    expect(page.get_by_role("button", name=re.compile("^15: still noise"))).to_have_count(1)
    go_to(page, 12)
    expect(given).to_have_count(14)
    expect(page.get_by_role("button", name=re.compile("^15: sieben"))).to_have_count(1)


def test_a_word_put_back_to_noise_is_written_again_on_this_page(server: str, page: Page) -> None:
    page.goto(f"{server}/translate?text=12&to=fr")
    card(page, "Truth", "douze")
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    go_to(page, last_step(page))
    page.get_by_role("button", name=re.compile("^15: douze")).click(modifiers=["Control"])
    page.get_by_role("button", name=re.compile("^Resume from step")).click()
    expect(page).to_have_url(re.compile(r"/translate\?.*edits="))
    card(page, "Translation", "douze")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_verse_is_chosen_watched_and_read_beside_people(server: str, page: Page) -> None:
    page.goto(f"{server}/translate")
    card(page, "Translation", "21 mars 1998")
    page.get_by_role("radio", name="King James verses").click()
    expect(page.get_by_text(re.compile("^Your word is a lamp to my feet"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?to=modern$"))
    expect(page.get_by_text("replay", exact=True)).to_be_visible()
    assert last_step(page) == 31
    given = page.get_by_role("button", name=re.compile("given, never changed"))
    go_to(page, 0)
    expect(given).to_have_count(33)
    go_to(page, 31)
    expect(given).to_have_count(33)
    expect(page.get_by_text("chrF over the steps")).to_be_visible()
    source = page.get_by_role("textbox", name=re.compile("A verse of the King James Version"))
    source.fill("and he went up unto the mountain " * 6)
    source.press("Control+Enter")
    expect(page.get_by_text("The text has 42 pieces and the canvas holds 31")).to_be_visible()
    expect(page.get_by_text("No translation of this text by people")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
