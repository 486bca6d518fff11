"""Guidance by a judge of steps: `python -m benchmarks.guiding` writes assets/guiding/tales.json; rows for the table.

1,002 tales a row, 334 of each of three seeds: steps of two samplers at several strengths and numbers of candidates,
beside samplers without a judge at the same calls of the denoiser, and beside what the exact judge of the world would
give. A row that has as many tales already is not measured again, so it may be stopped.
"""

from __future__ import annotations

import datetime
import json
import platform
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.measure import Result
from textdiff_core import guiding
from textdiff_core.corpora import corpora
from textdiff_core.denoisers.tales_oracle import TalesJudge
from textdiff_core.guiding import DEFAULT, FILE, STRENGTHS
from textdiff_core.records import RunConfig
from textdiff_core.registry import spec
from textdiff_core.samplers import samplers

SEEDS, BATCH = (0, 1, 2), 20
NUM = 334  # tales a seed
JUDGED = "guided:base={},strength={:g},candidates={}"
ROUNDS = 3


def plans() -> Iterator[tuple[str, int, str]]:
    """(sampler, steps, judge as in `guiding.Row`) of every row, what matters most first."""
    rows = [("ancestral", 8, ""), ("informed", 8, "")]
    rows += [(JUDGED.format("ancestral", 1, k), 8, "") for k in (64, 16, 256, 4)]
    rows += [(JUDGED.format("ancestral", 1, 16), 8, "exact"), ("first-hitting", 8, "")]
    rows += [(JUDGED.format("ancestral", w, k), 8, "") for k in (64, 16) for w in STRENGTHS if w]
    rows += [(f"entropy-bound:gamma={gamma},proxy=margin", 8, "") for gamma in (0.2, 0.5)]
    rows += [(JUDGED.format("ancestral", 1, 64), 8, "exact")]
    rows += [(JUDGED.format("ancestral", w, k), 8, "") for k in (4, 256) for w in STRENGTHS if w]
    rows += [(JUDGED.format("ancestral", 1, 64), steps, "") for steps in (4, 16)]
    rows += [("ancestral", steps, "") for steps in (4, 16, 32)]
    for steps in (6, 4, 8):
        rows += [
            (one, steps, "") for one in (JUDGED.format("informed", 1, 64), "informed:doubt=0", "informed")
        ]
    yield from dict.fromkeys((spec(samplers.build(one)), steps, judge) for one, steps, judge in rows)


def main() -> None:
    """Measures what is missing, writing after every row."""
    torch.set_num_threads(1)
    rows = json.loads(FILE.read_text("utf-8"))["rows"] if FILE.is_file() else []
    there = {_key(row) for row in rows if row["texts"]["num"] >= NUM}
    exact = TalesJudge(corpora["tales"])
    for sampler, steps, judge in plans():
        for seed in SEEDS:
            if (sampler, steps, judge, seed) in there:
                continue
            config = RunConfig(sampler=sampler, steps=steps, seed=seed * 1000)
            *_, told = guiding.texts(config, NUM, BATCH, exact if judge else None)
            row = {"sampler": sampler, "steps": steps, "seed": seed, "judge": judge, "texts": told.to_json()}
            rows = [*(one for one in rows if _key(one) != _key(row)), row]
            _write(rows)
            cost = f"{told.asked / told.num:.1f} + {told.judged / told.num:.1f} calls, {told.seconds / told.num:.3f} s"
            print(
                f"{sampler:<44} {judge:<5} {steps:>3} seed {seed}  {told.valid / told.num:6.1%}  {cost}",
                flush=True,
            )


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("sampler", "steps", "judge", "seed"))


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
