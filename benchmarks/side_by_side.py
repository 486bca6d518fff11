"""How the side by side page keeps up: frames a second of four lanes, and how long their runs take."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.app import APP, PATIENCE, cells
from benchmarks.measure import Result
from tests.browser.chromium import HELP, find
from tests.browser.conftest import FLAGS
from tests.browser.server import serve
from tests.ui.synthetic_run import synthetic_run
from textdiff_core.ledger import answers, ledger
from textdiff_ui.player import Lane, replay_html

LANES, CELLS, STEPS = 4, 48, 96
SPEEDS = (1, 4)  # times 4 steps a second: with fades, and without
ROUNDS = 3
WATCH = """player => {
    const before = player.dataset.run;
    window.ended = new Promise((resolve, reject) => {
        let clicked;
        const look = () => {
            const whole = player.querySelector('.badge').textContent === 'replay';
            if (player.dataset.run !== before && whole) resolve((performance.now() - clicked) / 1000);
            else requestAnimationFrame(look);
        };
        addEventListener('click', () => { clicked = performance.now(); look(); }, {capture: true, once: true});
        setTimeout(() => reject(new Error('the runs did not end')), 120_000);
    });
}"""
COUNT = """() => new Promise((resolve) => {
    let frames = 0;
    const begun = performance.now();
    const count = (now) => {
        frames += 1;
        if (now - begun > 4000) resolve(frames / ((now - begun) / 1000));
        else requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
})"""


def results() -> Iterator[Result]:
    """Raises ValueError where there is no Chromium."""
    executable = find()
    if executable is None:
        raise ValueError(HELP)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        rates = [frames_a_second(browser, Path(folder) / "lanes.html", speed) for speed in SPEEDS]
        lanes, seconds = side_by_side(browser, Path(folder) / "lanes.log")
        browser.close()
    yield Result(
        "app",
        f"frames a second, {LANES} lanes of {CELLS} cells x {STEPS} steps",
        min(rates),
        "",
        58.0,  # a screen of 60 Hz shows 60, less what its clock is off
        at_least=True,
    )
    yield Result("app", f"click to the end of {lanes} runs side by side, 32 steps", seconds, "s", 6.0)


def frames_a_second(browser: Browser, file: Path, speed: int) -> float:
    """Of a replay that plays in a window of 1920 x 1080, median of the rounds."""
    traces = [synthetic_run(cells=CELLS, steps=STEPS, seed=k, revisions=True) for k in range(LANES)]
    accounts = [ledger(trace, f"run {k}") for k, trace in enumerate(traces)]
    lanes = [Lane(trace, one.name, ledger=one) for trace, one in zip(traces, accounts, strict=True)]
    look = {"compact": True, "pace": "noise", "questions": answers(accounts)}
    file.write_text(replay_html(lanes, title="Four lanes", **look), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(file.as_uri())
    expect(cells(page).first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("combobox", name="Speed").select_option(str(speed))
    page.get_by_role("button", name="Start again at the end").click()
    rates = [page.evaluate(COUNT) for _ in range(ROUNDS)]
    step = page.get_by_role("slider", name="Step").input_value()
    page.close()
    if step == "0":
        raise ValueError("the lanes did not play")
    return statistics.median(rates)


def side_by_side(browser: Browser, log: Path) -> tuple[int, float]:
    """How many lanes the page has here, and the median seconds from a click on "New noise" to their end, warm."""
    with serve(APP, log) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/side_by_side")
        expect(page.get_by_role("button", name="Ledger (.csv)")).to_be_visible(timeout=PATIENCE)
        ends = [new_runs(page) for _ in range(ROUNDS)]
        lanes = page.locator(".tp .lane").count()
        page.close()
    return lanes, statistics.median(ends)


def new_runs(page: Page) -> float:
    """Seconds from a click on "New noise" until every lane has its last frame."""
    page.locator(".tp").evaluate(WATCH)
    page.get_by_role("button", name="New noise").click()
    return page.evaluate("ended")
