"""The Train page in a real browser: an own text is learned, watched, stopped, found again and used."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from textdiff_core import lab

STORY = "The red fox ran to the den. The blue bird flew to the nest. The old bear slept in the cave. " * 12


@pytest.fixture
def opened(server: str, page: Page) -> Callable[[str], Page]:
    def go(path: str) -> Page:
        page.goto(f"{server}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    return go


def settled(page: Page) -> None:
    """Waits until the page has answered what was done last: a menu that is open while it is drawn anew closes."""
    page.wait_for_timeout(300)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")


def choose(page: Page, label: str, option: str) -> None:
    settled(page)
    box = page.get_by_test_id("stSelectbox").filter(has_text=label).first.locator("[role=combobox]")
    for patience in (3_000, 3_000, 30_000):
        box.click()
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=patience)
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError(f"{label} never offered {option}")


def set_number(page: Page, label: str, value: float) -> None:
    settled(page)
    box = page.get_by_label(label, exact=True)
    box.fill(f"{value:g}")
    box.press("Enter")


def standing(page: Page):
    return page.get_by_test_id("stProgress")


def step(page: Page) -> int:
    found = re.search(r"step ([\d,]+) of", standing(page).first.inner_text())
    return int(found[1].replace(",", "")) if found else 0


def test_an_own_text_is_learned_stopped_found_again_and_used(
    server: str, opened: Callable[[str], Page], screenshot: Callable[[str], None]
) -> None:
    page = opened("train")
    expect(page.get_by_text("the curve of the model that this app was shipped with")).to_be_visible()
    choose(page, "Text", "Your own text")
    page.get_by_role("textbox", name="Paste a text").fill(STORY)
    page.get_by_role("textbox", name="Paste a text").press("Control+Enter")
    set_number(page, "Canvas", 24)
    choose(page, "Size", "tiny")
    set_number(page, "Steps", 1200)
    page.get_by_role("button", name="Start training").click()

    expect(standing(page)).to_contain_text("training")
    expect(page.get_by_text("The same noise, validation after validation")).to_be_visible()
    expect(page.get_by_role("group", name="Player")).to_be_visible()
    page.wait_for_timeout(2500)
    screenshot("train-running")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(standing(page)).to_contain_text("stopped")
    before = step(page)
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(standing(page)).to_contain_text("training")

    link = page.url
    assert "run=own-text" in link
    other = page.context.new_page()  # the tab is closed, and the run found again by its link
    page.close()
    other.goto(link)
    expect(standing(other)).to_contain_text("step")
    assert step(other) >= before
    expect(standing(other)).to_contain_text("finished")
    losses = [point.validation_nelbo for point in lab.shelf().curve(link.partition("run=")[2])]
    assert losses[-1] < 0.8 * losses[0]
    first, *_, last = (
        caption for caption in other.get_by_text(re.compile(r"^step [\d,]+: ")).all_inner_texts()
    )
    assert first != last
    other.get_by_role("button", name="Use it on the Denoise page").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("How does noise become a story?")
    expect(other.get_by_role("button", name="Replay (.html)")).to_be_visible()
    assert "model=own-text" in other.url
    other.goto(f"{server}/runs")
    expect(other.get_by_test_id("stDataFrame")).to_be_visible()


def test_a_diverging_run_says_so_and_what_to_try(opened: Callable[[str], Page]) -> None:
    page = opened("train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    set_number(page, "Learning rate", 10)
    page.get_by_role("button", name="Start training").click()
    expect(standing(page)).to_contain_text("diverged")
    expect(page.get_by_test_id("stAlert")).to_contain_text("rate")
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
