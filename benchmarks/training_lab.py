"""What the training lab costs: how soon the toy sentences can be read, and other pages while a training runs."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from benchmarks.app import APP, PATIENCE, cells
from benchmarks.measure import Result
from tests.browser.chromium import HELP, find
from tests.browser.conftest import FLAGS
from tests.browser.server import serve
from textdiff_core import lab
from textdiff_core.shelf import SETTING, Shelf
from textdiff_core.sizing import SIZES
from textdiff_core.training_records import TrainConfig

ROUNDS = 5
READ = 2  # readable samples in a row are told apart from luck


def results() -> Iterator[Result]:
    """Medians of wall-clock seconds. Raises ValueError: there is no Chromium."""
    executable = find()
    if executable is None:
        raise ValueError(HELP)
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
        _shelf(Path(folder)) as shelf,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        with serve(APP, Path(folder) / "server.log") as address:
            read = click_to_words(browser, address, shelf)
            idle, busy = pages_opened(browser, address, shelf)
        browser.close()
    yield Result("training lab", "click to readable toy sentences", read, "s", 60.0)
    ratio = statistics.median(b / a for a, b in zip(idle, busy, strict=True))
    yield Result("training lab", "a page opens beside a training / without", ratio, "x", 2.0)
    yield Result("training lab", "a page opens, no training", statistics.median(idle), "s")
    yield Result("training lab", "a page opens, one training", statistics.median(busy), "s")


@contextmanager
def _shelf(folder: Path) -> Iterator[Shelf]:
    """A shelf of its own, of this process and of the servers it starts."""
    before = os.environ.get(SETTING)
    os.environ[SETTING] = str(folder / "runs")
    try:
        yield lab.shelf()
    finally:
        os.environ.pop(SETTING)
        if before is not None:
            os.environ[SETTING] = before


def click_to_words(browser: Browser, address: str, shelf: Shelf) -> float:
    """Seconds from the click on "Start training" until the sample is a sentence of the world, twice in a row: its
    grammar holds, though a pronoun or a colour may still be wrong."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/train")
    button = page.get_by_role("button", name="Start training")
    expect(button).to_be_enabled(timeout=PATIENCE)
    page.wait_for_timeout(3000)
    begun = time.perf_counter()
    button.click()
    deadline = begun + PATIENCE / 1000
    while time.perf_counter() < deadline:
        time.sleep(0.2)
        samples = [point.sample for run in shelf.runs() for point in shelf.curve(run.id)]
        good = [readable(sample) for sample in samples[-READ:]]
        if len(good) == READ and all(good):
            seconds = time.perf_counter() - begun
            break
    else:
        raise ValueError("the toy sentences were not learned within two minutes")
    page.close()
    for run in shelf.runs():
        shelf.delete(run.id)
    return seconds


def readable(text: str) -> bool:
    """Whether the words of a sample make sentences."""
    return all(fault.rule != "grammar" for fault in lab.corpora["toy"].check(text).faults)


def pages_opened(browser: Browser, address: str, shelf: Shelf) -> tuple[list[float], list[float]]:
    """Seconds until the Denoise page has drawn its words, in turns without and beside a training."""
    width, depth, heads = SIZES["small"]
    run = shelf.add(
        TrainConfig(corpus="tales", width=width, depth=depth, heads=heads, steps=1_000_000, every=1_000_000)
    )
    seconds: tuple[list[float], list[float]] = ([], [])
    opened(browser, address)  # warm
    for _ in range(ROUNDS):
        seconds[0].append(opened(browser, address))
        shelf.start(run.id)
        while shelf.run(run.id).state.phase != "training":
            time.sleep(0.1)
        seconds[1].append(opened(browser, address))
        shelf.pause(run.id)
    return seconds


def opened(browser: Browser, address: str) -> float:
    """Seconds from the address typed to the words on screen, in a new browser session."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(f"{address}/denoise")
    expect(cells(page).first).to_be_visible(timeout=PATIENCE)
    taken = time.perf_counter() - begun
    context.close()
    return taken
