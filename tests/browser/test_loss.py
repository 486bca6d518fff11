"""The Loss page as a reader uses it: a table that adds up, the theme's colours, a link that brings it back."""

import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

SENTENCE = "the kind bear lived in the hills."


@pytest.fixture
def opened(server: str, page: Page):
    """`opened("seed=3")` goes to the page by that link and waits for its table and figures."""

    def go(query: str = "") -> Page:
        page.goto(f"{server}/loss?{query}")
        expect(page.locator(".noisy-text")).to_be_visible()
        expect(page.locator(".js-plotly-plot .main-svg").nth(2)).to_be_visible()
        return page

    return go


def rows(page: Page, part: str) -> list[list[str]]:
    found = page.locator(f"[aria-label='The loss, word by word'] {part} tr")
    return found.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText))")


def test_the_rows_on_screen_add_up_to_the_sums_under_them(opened) -> None:
    """Each of K rows is rounded to 0.00005, so the sum may be off by K times that and its own rounding. The code of the
    losses adds up in single precision, so its last digit may be another one."""
    page = opened()
    body, (sums, code) = rows(page, "tbody"), rows(page, "tfoot")
    assert len(body) == page.locator(".noisy-text .hidden-word").count() > 10
    for column in range(3, 8):
        added = math.fsum(float(row[column]) for row in body)
        assert added == pytest.approx(float(sums[column]), abs=0.00005 * (len(body) + 1))
    assert [*map(float, sums[5:])] == pytest.approx([*map(float, code[2:])], abs=1.5e-4)


def test_the_sums_stay_in_sight_while_the_rows_scroll(opened) -> None:
    page = opened("level=1")
    box = page.get_by_role("region", name="The loss, word by word")
    box.scroll_into_view_if_needed()
    assert box.evaluate("box => box.scrollHeight > box.clientHeight")
    frame = box.bounding_box()
    for foot in (0, 1):
        place = box.locator("tfoot tr").nth(foot).locator("td").last.bounding_box()
        assert frame["y"] < place["y"] and place["y"] + place["height"] <= frame["y"] + frame["height"] + 1


@pytest.mark.parametrize(
    ("scheme", "first", "second"),
    [
        ("light", "rgb(15, 110, 120)", "rgb(181, 71, 31)"),
        ("dark", "rgb(92, 196, 207)", "rgb(224, 147, 95)"),
    ],
)
def test_series_have_the_colours_of_the_theme(
    opened, page: Page, scheme: str, first: str, second: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    opened()
    traces = page.locator(".js-plotly-plot").first.locator(".scatterlayer .trace")
    expect(traces).to_have_count(2)
    dot = traces.nth(0).locator(".point").first
    assert dot.evaluate("dot => getComputedStyle(dot).fill") == first
    ring = traces.nth(1).locator(".point").first
    assert ring.evaluate("ring => getComputedStyle(ring).stroke") == second


def test_the_link_brings_the_same_numbers_back(opened) -> None:
    page = opened(f"draft={SENTENCE}&level=0.6&seed=5&schedule=cosine-mdlm")
    table, sentence, link = rows(page, "tbody"), page.locator(".noisy-text").inner_text(), page.url
    page.goto("about:blank")
    page = opened(link.partition("?")[2])
    assert rows(page, "tbody") == table and page.locator(".noisy-text").inner_text() == sentence


def test_another_level_hides_other_words_and_the_figures_stay(opened) -> None:
    page = opened(f"draft={SENTENCE}&level=0.3")
    before = page.locator(".noisy-text .hidden-word").count()
    mean = page.get_by_test_id("stMetricValue").nth(1).inner_text()
    slider = page.get_by_role("slider", name="Noise level t")
    slider.focus()
    for _ in range(6):
        slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"level=0\.6"))
    expect(page.locator(".noisy-text .hidden-word").nth(before)).to_be_visible()
    assert page.get_by_test_id("stMetricValue").nth(1).inner_text() == mean


def test_an_unknown_word_is_answered_and_the_picture_before_stays(opened) -> None:
    page = opened(f"draft={SENTENCE}")
    table = rows(page, "tbody")
    box = page.get_by_role("textbox", name="Your sentence")
    box.fill("the kind bearr lived in the hills.")
    box.press("Control+Enter")
    expect(page.get_by_test_id("stAlert")).to_contain_text("'bearr'; near it: bear")
    assert rows(page, "tbody") == table


def test_the_table_is_downloaded(opened, tmp_path) -> None:
    page = opened()
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (.csv)").click()
    file = tmp_path / "loss.csv"
    download.value.save_as(file)
    lines = file.read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("position,word,p,nats,bits,weight count")
    assert len(lines) == len(rows(page, "tbody")) + 3


@pytest.mark.parametrize("width", [390, 1920])
def test_it_fits_phones_and_wide_screens(
    opened, page: Page, width: int, screenshot: Callable[[str], None]
) -> None:
    page.set_viewport_size({"width": width, "height": 844 if width < 500 else 1080})
    opened()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0
    screenshot(f"loss-{width}")
