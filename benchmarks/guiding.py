"""Guidance by a judge of steps: `python -m benchmarks.guiding` writes assets/guiding/tales.json; rows for the table.

1,002 tales for every sampler, three seeds of 334: steps of three samplers at several strengths and candidates, beside
samplers without a judge. A row that is there already is not measured again, so it may be stopped.
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

SEEDS, NUM, BATCH = (0, 1, 2), 334, 20
PLAIN = (
    ("ancestral", (4, 8, 16, 32, 64)),
    ("informed:doubt=0", (4, 6, 8, 16)),
    ("informed", (4, 6, 8, 16)),
    ("entropy-bound:gamma=0.2,proxy=margin", (8,)),
    ("entropy-bound:gamma=2,proxy=margin", (8,)),
)
ROUNDS = 3


def plans() -> Iterator[tuple[str, int]]:
    """(sampler, steps) of every row, what matters most first."""
    for sampler, steps in PLAIN:
        for number in steps:
            yield sampler, number
    some = [f",strength={w:g}" if w != 1 else "" for w in STRENGTHS if w]
    for candidates in (",candidates=4", ""):
        for strength in some:
            yield _guided(f"{candidates}{strength}"), 8
    yield _guided(""), 4
    yield _guided(",base=informed"), 6
    yield _guided(",base=informed"), 4
    yield _guided(",base=informed"), 8
    yield _guided(""), 16
    for steps in (4, 16):
        yield _guided(",candidates=4"), steps
    for strength in some:
        yield _guided(f",candidates=64{strength}"), 8
    yield _guided(",candidates=64"), 4
    yield _guided(",candidates=64"), 16


def _guided(knobs: str) -> str:
    """As `spec` writes it: knobs in their order."""
    from textdiff_core.registry import spec
    from textdiff_core.samplers import samplers

    return spec(samplers.build("guided:" + knobs.strip(",")))


def main() -> None:
    """Measures what is missing, writing after every row."""
    torch.set_num_threads(1)
    rows = json.loads(FILE.read_text("utf-8"))["rows"] if FILE.is_file() else []
    there = {(row["sampler"], row["steps"], row["seed"]) for row in rows}
    for sampler, steps in plans():
        for seed in SEEDS:
            if (sampler, steps, seed) in there:
                continue
            config = RunConfig(sampler=sampler, steps=steps, seed=seed * 1000)
            *_, told = guiding.texts(config, NUM, BATCH)
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
