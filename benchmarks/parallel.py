"""Records what the page on few steps opens with: `python -m benchmarks.parallel` writes assets/parallel/tales.json.

For each rule and each number of words a step, stories by the shipped model and by the exact denoiser.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import torch

from textdiff_core import lab
from textdiff_core.joint import RULES
from textdiff_core.parallel import ParallelConfig, Stories, tell, total_correlation

FILE = Path(__file__).resolve().parents[1] / "assets" / "parallel" / "tales.json"
NUM, BATCH = 300, 100


def told(rule: str) -> dict[str, dict[int, Stories]]:
    """All stories of one rule, counted."""
    config = ParallelConfig(sampler=rule)
    for tally in tell(lab.load(config.model).denoiser, lab.model_info(config.model), config, NUM, BATCH):
        print(f"{rule:<12} {tally.done:6.1%}", end="\r", flush=True)
    return tally.told


def main() -> None:
    """Tells, counts and writes."""
    torch.set_num_threads(1)
    config = ParallelConfig()
    rows = {
        rule: {
            by: {words: dataclasses.asdict(one) for words, one in found.items()}
            for by, found in told(rule).items()
        }
        for rule in RULES
    }
    record = {
        "command": "python -m benchmarks.parallel",
        "date": datetime.date.today().isoformat(),
        "model": config.model,
        "seed": config.seed,
        "total_correlation": total_correlation(lab.corpora[lab.model_info(config.model).corpus]),
        "rules": rows,
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(record, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
