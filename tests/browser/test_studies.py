"""The pages on few steps and on confidence as a reader uses them: figures, and measurements watched and stopped."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect


def opened(page: Page, address: str, figures: int) -> Page:
    page.goto(address)
    expect(page.locator(".js-plotly-plot .main-svg").nth(3 * figures - 1)).to_be_visible()
    return page


def test_texts_are_drawn_while_one_looks_and_agree_with_the_prediction(server: str, page: Page) -> None:
    opened(page, f"{server}/parallel", 2)
    page.get_by_role("button", name=re.compile("Draw 2,000 texts")).click()
    legend = page.locator(".js-plotly-plot").nth(1).locator(".legendtext")
    expect(legend.filter(has_text="of 2,000 drawn")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    slider = page.get_by_role("slider", name="Words written in one step").first
    slider.focus()
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("words=3"))
    expect(page.get_by_text("25.0 % possible, 75.0 % impossible")).to_be_visible()


def test_stories_are_told_until_they_are_stopped(server: str, page: Page) -> None:
    opened(page, f"{server}/parallel?seed=11", 2)
    page.get_by_role("button", name=re.compile("Tell 100 stories")).click()
    expect(page.get_by_text(re.compile(r"\d+% measured"))).to_be_visible()
    expect(page.locator(".js-plotly-plot").nth(3)).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped at \d+%"))).to_be_visible()


def test_temperature_moves_the_reliability_and_the_link(server: str, page: Page) -> None:
    opened(page, f"{server}/calibration", 3)
    before = page.locator(".katex-display").first.inner_text()
    slider = page.get_by_role("slider", name="Temperature")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"temperature=1\.3"))
    expect(page.locator(".katex-display").first).not_to_have_text(before)


@pytest.mark.parametrize("name", ["parallel", "calibration"])
def test_figures_are_told_to_those_who_do_not_see_them(
    server: str, page: Page, name: str, screenshot: Callable[[str], None]
) -> None:
    opened(page, f"{server}/{name}", 2)
    figures = page.get_by_test_id("stPlotlyChart")
    expect(figures.nth(3)).to_be_visible()
    for number in range(figures.count()):
        described = figures.nth(number)
        told = described.evaluate(
            "one => (one.getAttribute('aria-label') ?? '')"
            " + [...one.querySelectorAll('[aria-label]')].map(part => part.getAttribute('aria-label')).join(' ')"
        )
        assert re.search(r"\d", told), f"figure {number} is not told in words"
    screenshot(f"{name}-studies")
