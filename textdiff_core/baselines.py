"""What a model costs that knows nothing, or only how often words occur: the marks a loss curve is read by. No torch."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from textdiff_core.bounds import real
from textdiff_core.corpora import Corpus, corpora, free_cells, open_corpus
from textdiff_core.files import write_json
from textdiff_core.processes import processes
from textdiff_core.training_records import TrainConfig

NUM_TEXTS = 1000  # read for the frequencies
MARKS = "marks.json"
ALIKE, FREQUENCIES, BEST = "all words alike", "word frequencies only", "the world's own entropy"


def baselines(config: TrainConfig, corpus: Corpus | None = None) -> dict[str, float]:
    """Name -> nats per cell of what a model would cost that says the same of every cell, and of the best there is.

    All words alike: ln V. Word frequencies only: the cross-entropy of held-out text under the frequencies of the
    text that is trained on, with one added to every count. The world's own entropy: where it is known exactly.
    Nothing for processes whose bound also pays for the order of the words.

    Args:     corpus: that of the config, where it is open already.
    """
    if processes[config.process].grows:
        return {}
    corpus = corpus or open_corpus(config)
    rng, free = np.random.default_rng(0), free_cells(corpus)
    counts = np.bincount(corpus.batch(NUM_TEXTS, rng)[:, free].ravel(), minlength=len(corpus.words)) + 1.0
    nats = -np.log(counts / counts.sum())
    found = {
        ALIKE: math.log(len(corpus.words)),
        FREQUENCIES: float(nats[corpus.held_out(NUM_TEXTS, rng)[:, free]].mean()),
    }
    world = corpora.get(config.corpus)
    return found if world is None else {**found, BEST: world.entropy() / world.length}


def keep_marks(folder: Path, config: TrainConfig, corpus: Corpus) -> None:
    """Writes a run's marks into its folder, where they outlive its text; those that lie there stay."""
    if not (folder / MARKS).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / MARKS, baselines(config, corpus))


def read_marks(folder: Path) -> dict[str, float] | None:
    """The marks that a run's folder keeps; None where it keeps none.

    Raises:   ValueError: they are damaged.
    """
    if not (folder / MARKS).is_file():
        return None
    try:
        record: Any = json.loads((folder / MARKS).read_text("utf-8"))
        if not isinstance(record, dict) or not set(record) <= {ALIKE, FREQUENCIES, BEST}:
            raise ValueError(f"it must have numbers for {ALIKE}, {FREQUENCIES} or {BEST}")
        for name, nats in record.items():
            real(name, nats, 0.0, 1000.0)
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"the {MARKS} of {folder.name!r} is damaged: {error}") from None
    return record
