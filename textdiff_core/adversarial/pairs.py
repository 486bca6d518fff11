"""Neighbouring pairs of words: how far texts are from a world where none of them is valid. No torch."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from textdiff_core.bleu import runs_of
from textdiff_core.corpora import corpora

TOLD = 20_000  # texts after which no new pair of `tales` was met in as many more


@functools.cache
def _known(name: str) -> frozenset[tuple[str, ...]]:
    corpus: Any = corpora[name]
    rows = corpus.batch(TOLD, np.random.default_rng(0))
    return frozenset(pair for row in rows for pair in runs_of(corpus.vocabulary.decode(row).split(), 2))


def known_pairs(texts: Sequence[str], corpus: str) -> tuple[float, float]:
    """The share of neighbouring pairs in these texts that the world has, and the share of the world's that they have.

    Quality, and variety, where no text is valid. The second grows with the number of texts.
    Args:     corpus: a generated world, by name; its pairs are those of 20,000 told texts.
    """
    world, pairs = _known(corpus), [pair for text in texts for pair in runs_of(text.split(), 2)]
    return sum(pair in world for pair in pairs) / max(1, len(pairs)), len(world & set(pairs)) / len(world)
