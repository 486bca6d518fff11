"""A GAN beside diffusion: `python -m benchmarks.gans SMALL CHECKPOINTS` writes evaluate.json of `tales-gan`.

1,000 tales each of the GAN, of a diffusion model of the GAN's size (a checkpoint folder, SMALL) that read the same
world, of `tales`, and of the world itself; and 200 of every checkpoint in the folder CHECKPOINTS, over its training.
"""

from __future__ import annotations

import datetime
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from textdiff_core import adversarial, lab
from textdiff_core.adversarial import Told
from textdiff_core.metrics import combinations, metrics
from textdiff_core.models import ASSETS
from textdiff_core.records import RunConfig

FOLDER = ASSETS / "checkpoints" / "tales-gan"
NUM, ALONG = 1000, 200


def told(who: str, texts: list[str], calls: float, step: int = 0, seconds: float = 0.0) -> Told:
    """What is known of these texts."""
    corpus = lab.corpora["tales"]
    reached, possible = combinations(texts, corpus)
    coverage = metrics.build("relative_coverage")(texts, corpus) if reached else None
    return Told(
        who, step, seconds, len(texts), len(reached), len(set(reached)), possible, coverage,
        metrics.build("distinct_2")(texts, corpus), calls,
    )  # fmt: skip


def diffusion(who: str, model: str, num: int) -> Told:
    """A model's tales, by our own sampler in at most 16 steps."""
    texts, calls, _ = lab.sample(RunConfig(model=model, sampler="informed", steps=16, seed=7), num)
    last = lab.history(model)[-1]
    return told(who, texts, calls, last.step, last.seconds)


def main() -> None:
    """Tells, counts and writes."""
    torch.set_num_threads(1)
    small, along = sys.argv[1:]
    corpus, (_, rounds) = lab.corpora["tales"], adversarial.recorded(FOLDER)
    world = [corpus.vocabulary.decode(row) for row in corpus.batch(NUM, np.random.default_rng(7))]
    gan = told("the GAN", adversarial.texts(FOLDER, NUM, 7), 1, rounds[-1].step, rounds[-1].seconds)
    tellers = [
        gan,
        diffusion("diffusion of the same size", small, NUM),
        diffusion("tales, the app's model of diffusion", "tales", NUM),
        told("the world itself", world, 0),
    ]
    folders = sorted((one for one in Path(along).iterdir()), key=lambda one: int(one.name))
    training = [diffusion("diffusion of the same size", str(one), ALONG) for one in folders]
    record = {
        "command": "python -m benchmarks.gans SMALL CHECKPOINTS",
        "date": datetime.date.today().isoformat(),
        "tellers": [asdict(one) for one in tellers],
        "training": [asdict(one) for one in training],
    }
    (FOLDER / "evaluate.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    for one in (*tellers, *training):
        print(one)


if __name__ == "__main__":
    main()
