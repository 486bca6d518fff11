"""Translation: how often it is right, `python -m benchmarks.translating`, and how long a date takes, for the table.

The command writes assets/checkpoints/translate/evaluate.json: exact matches of held-out pairs over steps and orders.
"""

from __future__ import annotations

import datetime
import json
import statistics
import time
from collections.abc import Iterator

import torch

from benchmarks.measure import Result
from textdiff_core import lab
from textdiff_core.translating import ORDERS, STEPS, TranslateConfig, check, measure

PAIRS, BATCH = 1000, 200
MOST_SECONDS, ROUNDS = 0.5, 7


def main() -> None:
    """Translates, counts and writes."""
    torch.set_num_threads(1)
    config = TranslateConfig()
    for tally in measure(lab.load(config.model).denoiser, config, PAIRS, BATCH):
        print(f"{tally.done:6.1%}", end="\r", flush=True)
    rows = {order: {steps: tally.rows[order][steps].to_json() for steps in STEPS} for order in ORDERS}
    record = {
        "command": "python -m benchmarks.translating",
        "date": datetime.date.today().isoformat(),
        "model": config.model,
        "seed": config.seed,
        "pairs": PAIRS,
        "temperature": config.temperature,
        "rows": rows,
    }
    file = lab.model_folder(config.model) / "evaluate.json"
    file.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    for order in ORDERS:
        for steps in STEPS:
            right, num = tally.rows[order][steps].of()
            print(f"{order:<12} {steps:>3} steps  {right / num:6.1%} of {num}")


def results() -> Iterator[Result]:
    """Seconds from a typed date to its translation, in a process that has the model; wall-clock."""
    config, seconds = TranslateConfig(), []
    lab.run(config.run())
    for seed in range(ROUNDS):
        begun = time.perf_counter()
        check(config.replace(seed=seed))
        lab.run(config.replace(seed=seed).run())
        seconds.append(time.perf_counter() - begun)
    yield Result("translation", "a date, one token a step", statistics.median(seconds), "s", MOST_SECONDS)


if __name__ == "__main__":
    main()
