"""A GAN beside diffusion: `python -m benchmarks.gans CHECKPOINTS` writes evaluate.json of `tales-gan`.

1,000 tales each of the GAN, of a diffusion model of the GAN's size that was trained for no more seconds of one core, of
`tales`, and of the world itself; and 200 of that diffusion model over its training. CHECKPOINTS holds its checkpoint
folders, each named after the seconds of one core that it took; the GAN is compared with the one that took most.
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
from textdiff_core.adversarial import Told, known_pairs
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
    distinct, entropy = (metrics.build(name)(texts, corpus) for name in ("distinct_2", "sample_entropy"))
    return Told(
        who, step, seconds, len(texts), len(reached), len(set(reached)), possible, coverage, distinct, entropy,
        *known_pairs(texts, "tales"), calls,
    )  # fmt: skip


def diffusion(who: str, model: str, num: int, seconds: float) -> Told:
    """A model's tales, by our own sampler in at most 16 steps."""
    texts, calls, _ = lab.sample(RunConfig(model=model, sampler="informed", steps=16, seed=7), num)
    return told(who, texts, calls, lab.history(model)[-1].step, seconds)


def main() -> None:
    """Tells, counts and writes."""
    torch.set_num_threads(1)
    folders = sorted((one for one in Path(sys.argv[1]).iterdir()), key=lambda one: int(one.name))
    corpus, (_, rounds) = lab.corpora["tales"], adversarial.recorded(FOLDER)
    world = [corpus.vocabulary.decode(row) for row in corpus.batch(NUM, np.random.default_rng(7))]
    gan = told("the GAN", adversarial.texts(FOLDER, NUM, 7), 1, rounds[-1].step, rounds[-1].seconds)
    tellers = [
        gan,
        diffusion("diffusion of the same size", str(folders[-1]), NUM, float(folders[-1].name)),
        diffusion("tales, the app's model of diffusion", "tales", NUM, 2 * lab.history("tales")[-1].seconds),
        told("the world itself", world, 0),
    ]
    training = [diffusion(tellers[1].who, str(one), ALONG, float(one.name)) for one in folders]
    record = {
        "command": "python -m benchmarks.gans CHECKPOINTS",
        "date": datetime.date.today().isoformat(),
        "tellers": [asdict(one) for one in tellers],
        "training": [asdict(one) for one in training],
    }
    (FOLDER / "evaluate.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    for one in (*tellers, *training):
        print(one)


if __name__ == "__main__":
    main()
