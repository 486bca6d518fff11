"""The player's clock, moved as a reader moves it."""

from playwright.sync_api import Locator, Page


def scrub(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step")


def move(slider: Locator, value: int) -> None:
    """Sets a slider and waits until what it shows is drawn."""
    slider.evaluate(
        "(range, value) => { range.value = value; range.dispatchEvent(new Event('input')); }", value
    )
    slider.page.evaluate(
        "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
    )


def go_to(page: Page, step: int) -> None:
    move(scrub(page), step)


def last_step(page: Page) -> int:
    return int(scrub(page).get_attribute("max") or "0")
