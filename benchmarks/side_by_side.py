"""How pages of several lanes keep up: frames a second of four and of six lanes, and how long four runs take."""

from __future__ import annotations

import dataclasses
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

STEPS = 96
SIZES = ((4, 48, False), (6, 96, True))  # lanes, cells, whether they are compared: Side by side and Compare
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
        slowest = {
            size: min(frames_a_second(browser, Path(folder) / "lanes.html", size, speed) for speed in SPEEDS)
            for size in SIZES
        }
        lanes, seconds = side_by_side(browser, Path(folder) / "lanes.log")
        browser.close()
    for (count, cells_each, comparing), rate in slowest.items():
        page = "compared" if comparing else "side by side"
        told = f"frames a second, {count} lanes {page}, {cells_each} cells x {STEPS} steps"
        # A screen of 60 Hz shows 60, less what its clock is off.
        yield Result("app", told, rate, "", 58.0, at_least=True)
    yield Result("app", f"click to the end of {lanes} runs side by side, 32 steps", seconds, "s", 6.0)


def frames_a_second(browser: Browser, file: Path, size: tuple[int, int, bool], speed: int) -> float:
    """Of a replay that plays in a window of 1920 x 1080, median of the rounds. Args: size: as in SIZES."""
    file.write_text(replay(*size), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(file.as_uri())
    expect(cells(page).first).to_be_visible(timeout=PATIENCE)
    if size[-1]:
        page.get_by_role("button", name="Mark the difference").click()
    page.get_by_role("combobox", name="Speed").select_option(str(speed))
    page.get_by_role("button", name="Start again at the end").click()
    rates = [page.evaluate(COUNT) for _ in range(ROUNDS)]
    step = page.get_by_role("slider", name="Step").input_value()
    page.close()
    if step == "0":
        raise ValueError("the lanes did not play")
    return statistics.median(rates)


def replay(count: int, cells_each: int, comparing: bool) -> str:
    """Made-up runs; compared ones at noise levels of their own, so that the clock stops at every frame of each."""
    traces = []
    for k in range(count):
        trace = synthetic_run(cells=cells_each, steps=STEPS, seed=k, revisions=True)
        traces.append(dataclasses.replace(trace, alpha=trace.alpha ** (1 + k / 10)) if comparing else trace)
    accounts = [ledger(trace, f"run {k}") for k, trace in enumerate(traces)]
    lanes = [
        Lane(trace, one.name, ledger=None if comparing else one)
        for trace, one in zip(traces, accounts, strict=True)
    ]
    look = {"compact": True, "pace": "noise", "comparing": comparing}
    return replay_html(lanes, title="Lanes", questions=() if comparing else answers(accounts), **look)


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
