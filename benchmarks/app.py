"""How long a reader waits: the app from a cold start, and the first frame of a run, in a real Chromium."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from benchmarks.measure import Result
from tests.browser.chromium import HELP, find
from tests.browser.conftest import FLAGS
from tests.browser.drawing import seconds_to_curves
from tests.browser.server import serve

APP = Path(__file__).resolve().parents[1] / "app.py"
COLD_ROUNDS, WARM_ROUNDS = 3, 5
PATIENCE = 120_000  # ms
# Looks once a picture and believes what it sees twice: the title is there a moment before the rest. A busy
# browser skips frames, down to showing the whole run at once, so no look may count on an earlier one.
WATCH = """badge => {
    const root = badge.getRootNode();
    const text = (part) => root.querySelector(part).textContent;
    const before = text('.lane h3 span');
    window.ended = new Promise((resolve, reject) => {
        let clicked, last, first;
        const look = () => {
            const seconds = (performance.now() - clicked) / 1000;
            const run = text('.lane h3 span');
            const drawn = run !== before && run === last;
            if (drawn && Number(text('.reading:last-child b')) > 0) first ??= seconds;
            if (drawn && first && text('.badge') === 'replay') resolve([first, seconds]);
            else requestAnimationFrame(look);
            last = run;
        };
        addEventListener('click', () => { clicked = performance.now(); look(); }, {capture: true, once: true});
        setTimeout(() => reject(new Error(`no end after two minutes of ${last}, ${text('.badge')}`)), 120_000);
    });
}"""


def results() -> Iterator[Result]:
    """Medians of wall-clock seconds.

    Raises:   ValueError: there is no Chromium.
    """
    executable = find()
    if executable is None:
        raise ValueError(HELP)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        drawn, cold = zip(
            *(cold_start(browser, Path(folder) / f"{k}.log") for k in range(COLD_ROUNDS)), strict=True
        )
        warm, whole = warm_runs(browser, Path(folder) / "warm.log")
        with serve(APP, Path(folder) / "drawing.log") as address:
            curves = seconds_to_curves(browser.new_page(viewport={"width": 1280, "height": 800}), address)
        browser.close()
    yield Result("app", "from `streamlit run` to the first page drawn", statistics.median(drawn), "s", 3.0)
    yield Result("app", "click to first live frame, cold server", statistics.median(cold), "s", 5.0)
    yield Result("app", "click to first live frame, warm server", statistics.median(warm), "s", 0.5)
    yield Result("app", "click to the end of a 32-step run", statistics.median(whole), "s", 2.0)
    yield Result("app", "a moved point of a schedule to its curves", statistics.median(curves), "s", 0.2)


def cold_start(browser: Browser, log: Path) -> tuple[float, float]:
    """Seconds from starting the server to the shipped run on screen, and from the first click to a live frame."""
    begun = time.perf_counter()
    with serve(APP, log) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/denoise")
        expect(cells(page).first).to_be_visible(timeout=PATIENCE)
        drawn = time.perf_counter() - begun
        live, _ = new_run(page)
        page.close()
    return drawn, live


def warm_runs(browser: Browser, log: Path) -> tuple[list[float], list[float]]:
    """The same click on a server that has run once: seconds to the first frame, and to the end."""
    with serve(APP, log) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/denoise?sampler=ancestral&steps=32")
        expect(cells(page).first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_text("replay", exact=True)).to_be_visible(timeout=PATIENCE)
        times = [new_run(page) for _ in range(WARM_ROUNDS)]
        page.close()
    first, end = zip(*times, strict=True)
    return list(first), list(end)


def new_run(page: Page) -> tuple[float, float]:
    """Seconds from a click on "New noise" to the first frame that the network had part in, and to the last."""
    # Watched inside the page, so that no answer waits for the next question.
    page.locator(".tp .badge").first.evaluate(WATCH)
    page.get_by_role("button", name="New noise").click()
    live, end = page.evaluate("ended")
    return live, end


def cells(page: Page) -> Locator:
    """The words and noise blocks of the player, as a screen reader meets them."""
    return page.get_by_role("group", name="The text, cell by cell").get_by_role("button")
