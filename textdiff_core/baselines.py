"""What a model costs that knows nothing, or only how often words occur: the marks a loss curve is read by. No torch."""

from __future__ import annotations

import math

import numpy as np

from textdiff_core.corpora import corpora, open_corpus
from textdiff_core.processes import processes
from textdiff_core.training_records import TrainConfig

NUM_TEXTS = 1000  # read for the frequencies
ALIKE, FREQUENCIES, BEST = "all words alike", "word frequencies only", "the world's own entropy"


def baselines(config: TrainConfig) -> dict[str, float]:
    """Name -> nats per cell of what a model would cost that says the same of every cell, and of the best there is.

    All words alike: ln V. Word frequencies only: the cross-entropy of held-out text under the frequencies of the
    text that is trained on, with one added to every count. The world's own entropy: where it is known exactly.
    Nothing for processes whose bound also pays for the order of the words.
    """
    if processes[config.process].grows:
        return {}
    corpus = open_corpus(config)
    rng = np.random.default_rng(0)
    counts = np.bincount(corpus.batch(NUM_TEXTS, rng).ravel(), minlength=len(corpus.words)) + 1.0
    nats = -np.log(counts / counts.sum())
    found = {
        ALIKE: math.log(len(corpus.words)),
        FREQUENCIES: float(nats[corpus.held_out(NUM_TEXTS, rng)].mean()),
    }
    world = corpora.get(config.corpus)
    return found if world is None else {**found, BEST: world.entropy() / world.length}
