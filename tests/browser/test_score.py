"""The Language model page as a reader uses it: colours and numbers of words, the odd one mended, orders, a stop."""

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

WRONG = (
    "In the garden lived Leo the bold bee. One snowy day he raced Sam the spider for a red ball. Leo won. "
    "Sam gave Nora the red ball and he thanked him. Proud Leo marched to his hive in mittens."
)


@pytest.fixture
def opened(server: str, page: Page):
    """`opened(seed="3")` goes to the page by that link and waits until the text is scored."""

    def go(**query: str) -> Page:
        page.goto(f"{server}/score?" + "&".join(f"{name}={quote(value)}" for name, value in query.items()))
        expect(
            page.get_by_text(re.compile("^(The odd word out is .*number|No word stands out)"))
        ).to_be_visible()
        return page

    return go


def test_a_word_tells_its_numbers_and_the_wrong_one_is_mended(opened) -> None:
    page = opened(draft=WRONG)
    odd = page.locator(".odd-word")
    expect(odd).to_have_text("Nora")
    odd.hover()
    told = odd.evaluate("word => getComputedStyle(word, '::after').content")
    assert re.search(r"Nora: \d+\.\d\d ± \d+\.\d\d nats.*best: Leo", told)
    grounds = [
        page.locator(".surprised-text .surprise", has_text=re.compile(f"^{word}$")).first.evaluate(
            "word => getComputedStyle(word).getPropertyValue('--s')"
        )
        for word in ("the", "garden", "Nora")
    ]
    assert float(grounds[0]) < float(grounds[1]) < float(grounds[2])
    page.get_by_role("button", name="Put Leo in its place").click()
    expect(page.get_by_text("No word stands out")).to_be_visible()
    expect(odd).to_have_count(0)


def test_the_shares_on_screen_add_up_to_the_bound(opened) -> None:
    """Each of K rows is rounded to 0.0005, so the sum may be off by K times that and its own rounding."""
    page = opened(draft=WRONG, subsets="16")
    rows = page.locator("[aria-label='Every word and its surprise'] tr").evaluate_all(
        "rows => rows.slice(1).map(row => row.cells[4].innerText)"
    )
    *shares, total = map(float, rows)
    assert len(shares) == 46 and abs(sum(shares) - total) <= 0.0005 * 47
    assert page.get_by_test_id("stMetricValue").first.inner_text() == f"{total:.2f} nats"


def test_a_long_measurement_is_watched_stopped_and_taken_up(server: str, page: Page) -> None:
    page.goto(f"{server}/score?subsets=1024")
    expect(page.get_by_text(re.compile(r"[1-9]\d?% measured"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped at \d+%"))).to_be_visible()
    expect(page.locator(".surprised-text .surprise").first).to_be_visible()
    page.get_by_role("button", name="Read the whole text").click()
    expect(page.get_by_text(re.compile(r"\d% measured"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()


def test_orders_are_drawn_and_told_and_all_is_downloaded(opened, tmp_path) -> None:
    page = opened(draft=WRONG, subsets="8", orders="2")
    page.get_by_role("button", name="Write it word by word in whole orders").click()
    expect(page.get_by_text("The orders differ by up to")).to_be_visible()
    figures = page.get_by_test_id("stPlotlyChart")
    expect(figures).to_have_count(2)
    for number in range(2):
        told = figures.nth(number).evaluate(
            "one => [one, ...one.querySelectorAll('[aria-label]')].map(part => part.ariaLabel).join(' ')"
        )
        assert re.search(r"left to right \d+\.\d\d", told)
    with page.expect_download() as download:
        page.get_by_role("button", name="All of it (.json)").click()
    download.value.save_as(tmp_path / "score.json")
    record = json.loads((tmp_path / "score.json").read_text("utf-8"))
    assert record["text"] == WRONG and record["versions"] == 8 and record["odd"] == 28


def test_markup_is_answered_and_nothing_of_it_runs(opened) -> None:
    page = opened(subsets="8")
    box = page.get_by_role("textbox", name="Your text")
    box.fill("<img src=x onerror=document.title='run'>")
    box.press("Control+Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("does not know")
    assert page.title() != "run" and page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("width", [390, 1920])
def test_it_fits_phones_and_wide_screens(
    opened, page: Page, width: int, screenshot: Callable[[str], None]
) -> None:
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 1080})
    opened(draft=WRONG, subsets="16")
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    screenshot(f"score-{width}")
