"""Guidance by a judge of steps: `python -m benchmarks.guiding` writes assets/guiding/tales.json; rows for the table.

Three seeds for every sampler, 336 tales in all, 1,002 of the one that is guided: steps of two samplers at several
strengths and candidates, beside samplers without a judge. A row that is there already is not measured again, so it may
be stopped.
"""

from __future__ import annotations

import datetime
import json
import platform
import statistics
import sys
from collections.abc import Iterator

import torch

from benchmarks.measure import Result
from textdiff_core import guiding
from textdiff_core.guiding import DEFAULT, FILE, STRENGTHS
from textdiff_core.records import RunConfig
from textdiff_core.registry import spec
from textdiff_core.samplers import samplers

SEEDS, BATCH = (0, 1, 2), 20
MANY, FEW = 334, 112  # tales a seed, of the sampler that is guided and of the others
JUDGED = "guided:base={},strength={:g},candidates={}"
MAIN = (("ancestral", 8),)
ROUNDS = 3


def plans() -> Iterator[tuple[str, int, int]]:
    """(sampler, steps, tales a seed) of every row, what matters most first."""
    rows = [*MAIN, ("informed", 8)]
    rows += [(JUDGED.format("ancestral", 1, k), 8) for k in (64, 16, 256, 4)]
    rows += [(JUDGED.format("ancestral", w, 64), 8) for w in STRENGTHS if w]
    rows += [(JUDGED.format("informed", 1, 64), 6), ("informed:doubt=0", 6), ("informed", 6)]
    rows += [(JUDGED.format("ancestral", 1, 64), steps) for steps in (4, 16)]
    rows += [("ancestral", steps) for steps in (4, 16, 32)]
    rows += [(JUDGED.format("ancestral", w, 16), 8) for w in STRENGTHS if w]
    rows += [("entropy-bound:gamma=0.2,proxy=margin", 8)]
    rows += [(JUDGED.format("ancestral", w, 4), 8) for w in STRENGTHS if w]
    rows += [(JUDGED.format("informed", 1, 64), steps) for steps in (4, 8)]
    rows += [("informed:doubt=0", steps) for steps in (4, 8)]
    for sampler, steps in dict.fromkeys((spec(samplers.build(one)), steps) for one, steps in rows):
        many = (sampler, steps) in [(spec(samplers.build(one)), number) for one, number in MAIN]
        yield sampler, steps, MANY if many else FEW


def main() -> None:
    """Measures what is missing, writing after every row."""
    torch.set_num_threads(1)
    rows = json.loads(FILE.read_text("utf-8"))["rows"] if FILE.is_file() else []
    there = {(row["sampler"], row["steps"], row["seed"]) for row in rows}
    for sampler, steps, num in plans():
        for seed in SEEDS:
            if (sampler, steps, seed) in there:
                continue
            config = RunConfig(sampler=sampler, steps=steps, seed=seed * 1000)
            *_, told = guiding.texts(config, num, BATCH)
            rows.append({"sampler": sampler, "steps": steps, "seed": seed, "texts": told.to_json()})
            _write(rows)
            cost = f"{told.asked / told.num:.1f} + {told.judged / told.num:.1f} calls, {told.seconds / told.num:.3f} s"
            print(f"{sampler:<44} {steps:>3} seed {seed}  {told.valid / told.num:6.1%}  {cost}", flush=True)


def _write(rows: list[object]) -> None:
    record = {
        "command": "python -m benchmarks.guiding",
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, one thread, machine shared",
        "rows": rows,
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(record) + "\n", "utf-8")


def results() -> Iterator[Result]:
    """A guided tale of 8 steps and 16 candidates against the same without a judge; wall-clock, in one run."""
    plain, ratios = guiding.unguided(DEFAULT), []
    for round in range(ROUNDS + 1):
        seconds = []
        for config in (DEFAULT, plain):
            *_, told = guiding.texts(config.replace(seed=round), BATCH)
            seconds.append(told.seconds / told.num)
        ratios.append((seconds[0], seconds[0] / seconds[1]))
    guided, ratio = (statistics.median(column) for column in zip(*ratios[1:], strict=True))
    yield Result("guidance", "a guided tale, 8 steps, 16 candidates", guided, "s", 1.0)
    yield Result("guidance", "the same against no judge", ratio, "x", 30.0)


if __name__ == "__main__":
    sys.exit(main())
