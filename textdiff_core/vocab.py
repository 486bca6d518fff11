"""Vocabularies: text to ids and back."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from textdiff_core.trace import join

CLOSING = ".,!?;:"


@dataclass(frozen=True)
class Vocabulary:
    """The words a model knows; id V, one past the last, is noise.

    Attributes:
        words: "" is the blank that pads short texts.   spacing: "word" or "char", see `trace.join`.
    """

    words: tuple[str, ...]
    spacing: str = "word"

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def id(self, word: str) -> int:
        """The id of one word. Raises ValueError naming the nearest words when there is none."""
        if word in self.ids:
            return self.ids[word]
        near = difflib.get_close_matches(word[:40], self.words, n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"the model does not know the word {word[:40]!r}{hint}")

    def split(self, text: str) -> list[str]:
        """Running text as words, closing punctuation apart; characters one by one with spacing "char"."""
        if self.spacing == "char":
            return list(text)
        for mark in CLOSING:
            text = text.replace(mark, f" {mark} ")
        return text.split()

    def encode(self, text: str, length: int | None = None) -> np.ndarray:
        """(n,) int64 ids of the text, padded with blanks to `length` when given.

        Raises:   ValueError: an unknown word, or more than `length` of them.
        """
        ids = [self.id(word) for word in self.split(text)]
        if length is not None:
            if len(ids) > length:
                raise ValueError(f"a text may have at most {length} words here, got {len(ids)}")
            ids += [self.id("")] * (length - len(ids))
        return np.array(ids, dtype=np.int64)

    def decode(self, ids: np.ndarray) -> str:
        """Running text of ids; noise is shown as "▒"."""
        return join([self.words[i] if i < len(self.words) else "▒" for i in ids], self.spacing)
