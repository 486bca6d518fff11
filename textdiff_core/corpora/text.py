"""`Text`: running text as a corpus. Its windows begin anywhere; its last tenth is kept for validation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from textdiff_core.corpora.sources import too_short
from textdiff_core.vocab import Vocabulary, build

HELD_OUT = 0.1  # share of the text, at its end


@dataclass(frozen=True, eq=False)
class Text:
    """Running text, cut in two by position: no window of one part reaches into the other.

    Attributes:
        name: the spec it was opened by.   vocabulary: of the training part alone.   length: cells of the canvas.
        training, validation: (n,) int32 ids, each at least `length`.
    """

    name: str
    vocabulary: Vocabulary
    length: int
    training: np.ndarray
    validation: np.ndarray
    given: ClassVar[tuple[int, ...]] = ()

    @classmethod
    def cut(
        cls, name: str, text: str, vocabulary: str, length: int, most_words: int, *, known: Vocabulary | None = None
    ) -> Text:  # fmt: skip
        """A text as a corpus.

        Args:     text: as `sources.check_text` returns it.   vocabulary: word, char or subword.
                  most_words: as `TrainConfig`.   known: the vocabulary to read it with; None builds it.
        Raises:   ValueError: too short for a canvas of `length` in both parts.
        """
        held = max(round(HELD_OUT * len(text)), length)
        while True:  # the last tenth as a rule; more where a tenth does not fill one canvas
            held = min(held, len(text) // 2)
            parts = _parted(text, len(text) - held, vocabulary)
            words = known or build(vocabulary, parts[0], most_words)
            training, validation = map(words.read, parts)
            if len(training) >= length and len(validation) >= length:
                return cls(name, words, length, training, validation)
            if held >= len(text) // 2:
                long = len(training) + len(validation) if vocabulary == "word" else len(text)
                raise ValueError(too_short(long, length, vocabulary))
            held *= 2

    @property
    def words(self) -> tuple[str, ...]:
        return self.vocabulary.words

    @property
    def spacing(self) -> str:
        return self.vocabulary.spacing

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of windows that begin at any word of the training part."""
        starts = rng.integers(len(self.training) - self.length + 1, size=num)
        return self._windows(self.training, starts)

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of windows of the validation part, evenly spaced from its start to its end; they
        overlap only where `num` windows do not fit side by side. The same every time: `rng` is not used."""
        starts = np.linspace(0, len(self.validation) - self.length, num).astype(np.int64)
        return self._windows(self.validation, starts)

    def _windows(self, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
        return ids[starts[:, None] + np.arange(self.length)].astype(np.int64)


def _parted(text: str, cut: int, vocabulary: str) -> tuple[str, str]:
    """The text before and after `cut`, which words move on to the next space, so that none is torn."""
    space = None if vocabulary == "char" else re.compile(r"\s").search(text, cut)
    at = space.start() if space else cut
    return text[:at], text[at:]
