"""Real English: seconds for a text of 48 cells, with guidance, with a word for any place, and for reading one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks.measure import Result, in_turns
from textdiff_core import chatting, lab, placing, scoring
from textdiff_core.records import RunConfig
from textdiff_core.scoring import ScoreConfig
from textdiff_core.writing import WriteConfig

ROUNDS, CELLS, STEPS, BAR_SECONDS = 5, 48, 24, 4.0
TEXT = (
    "Whisk the flour with the milk and the eggs until the batter is smooth. " * 3
)  # cut to the cells that are read


def results() -> Iterator[Result]:
    """Wall-clock seconds on one thread, medians."""
    run = RunConfig("english", "random", STEPS, register="recipes", length=CELLS)
    order = WriteConfig(title="Pancakes", ingredients="flour, milk, eggs", must="butter")
    network, info = lab.denoiser(order, lab.model_info(order.model)), lab.model_info(order.model)
    words = info.vocabulary.split(TEXT)[:CELLS]
    read = ScoreConfig(model="english", register="recipes", draft="".join(words), subsets=64)
    reply = chatting.ask(["Hi, how are you?"]).run
    rivals: dict[str, Callable[[], object]] = {
        f"{CELLS} cells, {STEPS} steps, recorded": lambda: lab.run(run),
        "the same, guided": lambda: lab.run(run.replace(guidance=2.0)),
        "a place for one word in each of three texts": lambda: list(placing.plan(network, order)),
        f"a reply, {reply.steps} steps": lambda: lab.run(reply),
        f"{CELLS} cells scored by 64 noisy versions": lambda: list(scoring.score(*lab.reader(read), read)),
    }
    seconds = in_turns(rivals, ROUNDS, time.perf_counter)
    for number, (name, each) in enumerate(seconds.items()):
        bar = BAR_SECONDS if number in (0, len(seconds) - 1) else None
        yield Result("english", name, statistics.median(each), "s", bar)
