"""Many samples: in batches against one by one, a whole sweep on this machine, and four processes against one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.sweep import Plan, write_plan

CONFIG = RunConfig(sampler="ancestral", steps=32)
ALONE, SAMPLES, ROUNDS = 20, 500, 5
BAR_BATCHED, BAR_SECONDS, BAR_PROCESSES = 1.5, 90.0, 1.10


def results() -> Iterator[Result]:
    """Samples a second on one thread; then wall-clock times of the command on all cores."""
    lab.sample(CONFIG, 1)  # the model is loaded
    seconds = in_turns({"one by one": _one_by_one, "batched": lambda: lab.sample(CONFIG, lab.BATCH)}, ROUNDS)
    ratio = lab.BATCH / ALONE * median_ratio(seconds["one by one"], seconds["batched"])
    yield Result(
        "sweeps", f"samples a second, batches of {lab.BATCH} / one by one", ratio, "x", BAR_BATCHED, True
    )
    yield Result(
        "sweeps", f"{SAMPLES} samples at {CONFIG.steps} steps of tales, start included",
        sweep_seconds(seeds=2, num=SAMPLES // 2), "s", BAR_SECONDS,
    )  # fmt: skip
    rivals = {
        "4": lambda: sweep_seconds("--workers", "4", seeds=8, num=50),
        "1": lambda: sweep_seconds("--workers", "1", seeds=8, num=50),
    }
    seconds = in_turns(rivals, 2, time.perf_counter)
    ratio = median_ratio(seconds["4"], seconds["1"])
    yield Result("sweeps", "4 local processes / one process with all cores", ratio, "x", BAR_PROCESSES)


def _one_by_one() -> None:
    for seed in range(ALONE):
        lab.sample(CONFIG.replace(seed=seed), 1)


def sweep_seconds(*options: str, seeds: int, num: int) -> float:
    """Wall-clock seconds of the whole command, in an environment that leaves it all cores."""
    free = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(num=num, out=str(Path(folder, "rows.parquet")), lane=(CONFIG,), seed=tuple(range(seeds)))
        Path(folder, "sweep.toml").write_text(write_plan(plan), "utf-8")
        command = [sys.executable, "-m", "textdiff_core", "sweep", str(Path(folder, "sweep.toml")), *options]
        begun = time.perf_counter()
        subprocess.run(command, check=True, env=free, capture_output=True)
        return time.perf_counter() - begun
