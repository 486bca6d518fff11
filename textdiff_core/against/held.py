"""The texts that both models are held against: told by a world whose truth is known, or held out of running text."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from textdiff_core.corpora import Text, corpora, open_corpus, own
from textdiff_core.models import model_info
from textdiff_core.training_records import TrainConfig
from textdiff_core.vocab import Vocabulary

STREAM = 4  # of random numbers: the texts that are scored and filled in


def is_known(model: str) -> bool:
    """Whether the truth of a model's corpus is known."""
    return model_info(model).corpus in corpora


def corpus_of(model: str) -> Any:
    """The corpus that a model was trained on, read with the model's words; needs no torch.

    Raises:   ValueError: it is not here, or its texts begin with something that is given.
    """
    info = model_info(model)
    corpus = own.get(info.corpus) or opened(info.corpus, info.vocabulary, info.length)
    if corpus.given:
        raise ValueError(
            f"{model!r} was trained on {info.corpus!r}, whose texts have a part that is given: they cannot be used here"
        )
    return corpus


@functools.lru_cache(maxsize=2)
def opened(name: str, vocabulary: Vocabulary, length: int) -> Any:
    """Running text, read once with the words of a model."""
    return open_corpus(TrainConfig(corpus=name, vocabulary=vocabulary.kind, length=length), vocabulary)


def held_out(corpus: Any, num: int, seed: int) -> np.ndarray:
    """(num, L) int64 ids of texts that were never trained on, the first ones of an order that the seed names; of
    running text windows that do not overlap, as many as there are."""
    rng = np.random.default_rng((seed, STREAM))
    if not isinstance(corpus, Text):
        return np.asarray(corpus.held_out(num, rng))
    windows = corpus.held_out(len(corpus.validation) // corpus.length, rng)
    return windows[rng.permutation(len(windows))[:num]]
