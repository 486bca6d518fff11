"""Diffusion against autoregression: `python -m benchmarks.autoregressive` records what that page opens with.

It writes assets/against/tales.json; the table of results tells what remembering the words read is worth.
"""

from __future__ import annotations

import datetime
import functools
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core import against, lab
from textdiff_core.against import AgainstConfig, Amount
from textdiff_core.records import RunConfig

FILE = Path(__file__).resolve().parents[1] / "assets" / "against" / "tales.json"
AMOUNT = Amount(texts=300, scored=200, filled=100)
ROUNDS, GROUP = 7, "against autoregression"


def main() -> None:
    """Measures on one thread and writes."""
    torch.set_num_threads(1)
    config = AgainstConfig()
    denoisers = (lab.load(name).denoiser for name in (config.model, config.rival))
    for found in against.measure(*denoisers, config, AMOUNT):
        print(f"{found.done:6.1%}", end="\r", flush=True)
    record = {
        "command": "python -m benchmarks.autoregressive",
        "date": datetime.date.today().isoformat(),
        "seed": config.seed,
        "model": config.model,
        "rival": config.rival,
        "found": against.to_json(found),
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(record, separators=(",", ":")) + "\n", "utf-8")


def results() -> Iterator[Result]:
    """One tale by both on one thread, in turns, and the same without remembering."""
    config = AgainstConfig()
    ways = {
        "autoregression": RunConfig(config.rival, against.ONE),
        "diffusion, one word a call": RunConfig(config.model, against.WORD_BY_WORD),
        "diffusion, informed, 16 steps": RunConfig(config.model, "informed", steps=16),
    }
    rivals = {name: functools.partial(lab.sample, run, 1) for name, run in ways.items()}
    calls = {name: one()[1] for name, one in rivals.items()}  # which reads the models, too
    seconds = in_turns(rivals, ROUNDS, time.perf_counter)
    for name, spent in seconds.items():
        told = f"a tale by {name}, {calls[name]:.0f} calls"
        yield Result(GROUP, told, statistics.median(spent), "s")
    for name, spent in list(seconds.items())[1:]:
        yield Result(GROUP, f"{name} / autoregression", median_ratio(spent, seconds["autoregression"]), "x")


if __name__ == "__main__":
    main()
