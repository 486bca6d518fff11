"""Records the race that the Race page opens with: `python -m benchmarks.race` writes assets/races/optimizers.json.

Four optimizers, each at the rate it begins with, on the toy sentences: the same first weights, texts and noise.
They run one after another on one thread.
"""

from __future__ import annotations

import dataclasses
import json
import platform
import tempfile
from pathlib import Path

import torch

from textdiff_core import lab
from textdiff_core.sizing import SIZES
from textdiff_core.training_records import TrainConfig

RACED = ("sgd", "momentum", "adamw", "muon")
FILE = Path(__file__).resolve().parents[1] / "assets" / "races" / "optimizers.json"
EVERY = 10  # steps between the lines that are kept
REST_RATE = 0.003  # of what Muon does not move


def config(optimizer: str) -> TrainConfig:
    """The run of one optimizer."""
    (width, depth, heads), rate = SIZES["tiny"], lab.optimizers[optimizer].rate
    return TrainConfig(
        corpus="toy", width=width, depth=depth, heads=heads, steps=600, batch=64, warmup=20, every=25,
        optimizer=optimizer, rate=rate, rate_rest=REST_RATE if optimizer == "muon" else rate,
    )  # fmt: skip


def raced(optimizer: str) -> dict[str, object]:
    """One run as the page draws it: name, thinned log, validations."""
    log, points = [], []
    with tempfile.TemporaryDirectory() as folder:
        for step in lab.train(config(optimizer), Path(folder)):
            if step.step % EVERY == 0 or step.step == 1:
                numbers = (step.seconds, step.nelbo, step.gradient_norm, step.rate)
                log.append(
                    dict(
                        zip(("seconds", "nelbo", "gradient_norm", "rate"), map(_short, numbers), strict=True)
                    )
                )
                log[-1] |= {"step": step.step, "tokens": step.tokens}
            if step.report is not None:
                points.append(dataclasses.replace(step.report, sample="").to_json())
    return {"name": optimizer, "log": log, "points": points}


def _short(value: float) -> float:
    return float(f"{value:.5g}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    runs = [raced(optimizer) for optimizer in RACED]
    told = (
        "four optimizers on the toy sentences, each with the rate it begins with, 600 steps of 64, seed 0, one after "
        f"another on one thread of a {platform.machine()} processor."
    )
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(
        json.dumps({"told": told, "corpus": "toy", "process": "absorbing", "runs": runs}) + "\n", "utf-8"
    )
