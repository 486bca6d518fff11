"""What a corpus is, and what all generated worlds have in common."""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from textdiff_core.vocab import Vocabulary


class Corpus(Protocol):
    """What training needs to know of a corpus.

    Attributes:
        name: the spec it was opened by.   words, spacing: of its vocabulary.   length: cells of the canvas.
        given: cells (0-based) that are never noised, because they ask for the others; most corpora have none.
    """

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> tuple[str, ...]: ...

    @property
    def spacing(self) -> str: ...

    @property
    def length(self) -> int: ...

    @property
    def given(self) -> tuple[int, ...]: ...

    @property
    def vocabulary(self) -> Vocabulary: ...

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of texts to train on; `rng` is advanced by this call."""
        ...

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of texts to validate with, none of which is ever trained on by more than chance."""
        ...


def one_in(num: int, text: str) -> bool:
    """Whether a text is the one in `num` that a hash of it picks, the same everywhere."""
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:4], "big") % num == 0


def free_cells(corpus: Corpus) -> np.ndarray:
    """(K,) the cells, 0-based, that are not given."""
    return np.setdiff1d(np.arange(corpus.length), np.array(corpus.given, dtype=np.int64))


class World:
    """A generated language whose probabilities are known: skeletons, whose slots get words.

    A skeleton is a tuple of items, each a word as it stands or a slot such as "{A}". All skeletons are equally
    likely; so are the options of a slot that is chosen freely, and all other slots follow from those.
    """

    spacing = "word"
    given: tuple[int, ...] = ()

    @property
    def skeletons(self) -> Mapping[tuple[int, str], tuple[str, ...]]:
        """(number of its opening, plot) -> its items."""
        raise NotImplementedError

    @property
    def options(self) -> Mapping[str, frozenset[str]]:
        """Slot -> the words that may stand there at all, agreement aside."""
        raise NotImplementedError

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of freshly told texts, padded with the blank's id 0."""
        raise NotImplementedError

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """As `batch`: fresh texts are as good as texts that were set aside."""
        return self.batch(num, rng)

    @functools.cached_property
    def words(self) -> tuple[str, ...]:
        """The vocabulary's words: the blank that pads short texts, then every word in alphabetical order."""
        fixed = {item for items in self.skeletons.values() for item in items if item[0] != "{"}
        slots = {word for options in self.options.values() for word in options}
        return ("", *sorted(fixed | slots))

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.words, self.spacing)

    @functools.cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @functools.cached_property
    def length(self) -> int:
        """Cells of the canvas: the longest text's words and full stops."""
        return max(map(len, self.skeletons.values()))

    def lengths(self) -> dict[int, float]:
        """Number of words -> share of the texts that have it, exact."""
        counts = Counter(map(len, self.skeletons.values()))
        return {length: count / len(self.skeletons) for length, count in counts.items()}

    def fits(self, item: str, word: str) -> bool:
        """Whether the word may stand for this item of a skeleton, agreement aside."""
        return word in self.options[item] if item[0] == "{" else word == item
