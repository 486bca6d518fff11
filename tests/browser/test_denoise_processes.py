"""The Denoise page with every process: words put back on a page that grows, and runs that begin from a draft."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stepping import go_to, last_step

STORY = "Max the bold bear lived in the hills. One sunny day he made a blue ball."
THERE = ".tp button.cell:not([hidden])"
WORD = re.compile(r"^\d+: \S+, (settled|written)")


@pytest.fixture
def opened(stocked: str, page: Page) -> Callable[..., Page]:
    """`opened(seed=3)` goes to the page by that link and waits for the whole run."""

    def go(**query: object) -> Page:
        page.goto(f"{stocked}/denoise?{urlencode(query)}")
        whole(page)
        return page

    return go


def whole(page: Page) -> None:
    expect(page.locator(".tp .badge")).to_have_text("replay")
    expect(page.get_by_role("button", name="Replay (.html)")).to_be_visible()


def told(page: Page, step: int) -> list[str]:
    """What each cell that is there says of itself at a step, such as "2: bold, written at this step"."""
    go_to(page, step)
    return page.locator(THERE).evaluate_all("all => all.map((cell) => cell.ariaLabel)")


def column(page: Page, place: int) -> int:
    """The player's own number of the cell that is read at this place; both count from 0."""
    return int(page.locator(THERE).nth(place).get_attribute("data-cell") or "-1")


def words(page: Page, step: int) -> list[str]:
    return [re.match(r"\d+: ([^,]*),", cell)[1] for cell in told(page, step)]


def test_a_page_that_grows_begins_empty_and_counts_the_words_that_are_there(opened) -> None:
    page = opened(model="tales-insertion", sampler="one-event", seed=1)
    assert told(page, 0) == []
    expect(page.locator(".tp .narration")).to_contain_text("The page is empty")
    middle = last_step(page) // 2
    counted = [int(cell.partition(":")[0]) for cell in told(page, middle)]
    assert counted == list(range(1, len(counted) + 1))
    assert 0 < len(counted) < len(told(page, last_step(page)))


def test_a_word_put_back_on_a_page_that_grows_is_the_one_that_was_clicked(opened) -> None:
    page = opened(model="tales-insertion", sampler="one-event", seed=1)
    step, place = next(
        (step, place)
        for step in range(last_step(page) // 2, last_step(page))
        for place, cell in enumerate(told(page, step))
        if WORD.search(cell) and column(page, place) > place  # others are still to come before it
    )
    page.locator(THERE).nth(place).click(modifiers=["Control"])
    page.get_by_role("button", name=re.compile("Resume from step .* with 1 word back to noise")).click()
    expect(page).to_have_url(re.compile(rf"edits={step}%3A{place + 1}$"))
    expect(page.locator(".tp .lane h3")).to_contain_text(f"changed at step {step}")
    whole(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert told(page, step + 1)[place].startswith(f"{place + 1}: put back to noise at this step")


def test_a_draft_is_noised_in_part_and_the_link_brings_the_same_back(opened) -> None:
    page = opened(sampler="ancestral", steps=12, seed=5)
    page.get_by_text("Start from a draft").click()
    page.get_by_role("textbox", name="Draft").fill(STORY)
    page.get_by_role("textbox", name="Draft").press("Control+Enter")
    expect(page).to_have_url(re.compile("draft="))
    whole(page)
    page = opened(sampler="ancestral", steps=12, seed=5, draft=STORY, level=0.4)
    first = told(page, 0)
    left = [i for i, cell in enumerate(first) if "still noise" not in cell]
    assert 0 < len(left) < len(first)
    begun, ended = words_or_noise(first), words(page, last_step(page))
    assert all(begun[i] == ended[i] for i in left)
    link = page.url
    page.goto("about:blank")
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert query["draft"] == STORY and query["level"] == "0.4"
    again = opened(**query)
    assert words(again, last_step(again)) == ended


def words_or_noise(cells: list[str]) -> list[str]:
    return [cell.partition(": ")[2].partition(",")[0] for cell in cells]


@pytest.mark.parametrize(
    ("model", "sampler", "formula"),
    [
        ("tales", "ancestral", r"P\(a noisy cell is written\) = .* = 0\.\d{3}"),
        ("tales-uniform", "posterior", r"P\(a wrong word is replaced\) = .* = 0\.\d{3}"),
        ("tales-gaussian", "ddpm", r"\(a, s\) = \(\d\.\d{3}, \d\.\d{3}\) at t and .* z"),
        ("tales-insertion", "insert-euler", r"P\(a missing word comes\) = .* = 0\.\d{3}"),
    ],
)
def test_the_formula_is_the_process_s_own_with_this_step_s_numbers(
    opened, model: str, sampler: str, formula: str
) -> None:
    page = opened(model=model, sampler=sampler, steps=8)
    panel = page.get_by_role("region", name="What happens in this step, in numbers")
    go_to(page, 4)
    expect(panel.locator(".math")).to_have_text(re.compile(formula))
    before = panel.inner_text()
    go_to(page, 5)
    assert panel.inner_text() != before
    expect(page.locator(".katex-error")).to_have_count(0)
    expect(page.locator(".katex-display").first).to_be_visible()
