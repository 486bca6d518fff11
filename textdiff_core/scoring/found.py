"""What was found out about a text: frozen records of numpy arrays, without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from textdiff_core.intervals import of_mean, of_strata
from textdiff_core.scoring.reading import Reading

ODD = 10.0  # times likelier another word must be for a word to be called odd
LEFT_TO_RIGHT, RIGHT_TO_LEFT = "left to right", "right to left"


@dataclass(frozen=True)
class Surprise:
    """One cell of a text.

    Attributes:
        position: from 1.   word: "" for a blank.   hidden: noisy versions in which it was hidden.
        nats: their mean -ln p(word | what was visible), NaN without any.   half: half its 95 % interval, NaN below two.
        share: what it adds to the text's bound, in nats: its nats times L / l, l being hidden, mean over all versions.
    """

    position: int
    word: str
    hidden: int
    nats: float
    half: float
    share: float


@dataclass(frozen=True)
class Alone:
    """A word hidden alone. Attributes: position: from 1.   p: of the text's word given all others.   best, best_p: the
    likeliest word there."""

    position: int
    word: str
    p: float
    best: str
    best_p: float

    @property
    def ratio(self) -> float:
        """How many times likelier the best word is."""
        return self.best_p / self.p if self.p else math.inf


@dataclass(frozen=True)
class Score:
    """How surprised a model is, as far as it was measured.

    Attributes:
        texts: (k,) estimates of the whole text's bound, in nats.   half: half the 95 % interval of their mean.
        hidden, nats: (k, C) bool and float64, the cells that each version hid and -ln p of their words, 0 elsewhere;
            k = 0 where noise hides nothing.   alone: the text's words, each hidden alone.   done: share of the work.
        exactly: an autoregressive model read it: no bound, but -ln p itself, each word's given those before it.
        beside: what such a model says of the same text, where there is one.
    """

    reading: Reading
    texts: np.ndarray
    half: float
    hidden: np.ndarray
    nats: np.ndarray
    alone: tuple[Alone, ...]
    done: float
    exactly: bool = False
    beside: Score | None = None

    @classmethod
    def of_chain(cls, reading: Reading, nats: np.ndarray) -> Score:
        """The chain rule from left to right. Args: nats: (C,) -ln p of each cell's word given those before it."""
        every = np.ones((1, len(nats)), dtype=bool)
        return cls(reading, nats.sum(keepdims=True), 0.0, every, nats[None], (), 1.0, exactly=True)

    @classmethod
    def of(cls, reading: Reading, hidden: np.ndarray, nats: np.ndarray, done: float) -> Score:
        """The count estimator: (L / l) times the nats of the l hidden cells, for each version."""
        count = hidden.sum(-1)
        texts = hidden.shape[1] / count * nats.sum(-1)
        half = of_strata(texts, count)
        return cls(reading, texts, half, hidden, nats, (), done)

    @property
    def bound(self) -> float:
        """Upper bound on -ln p(text), in nats; the value itself where that is known exactly."""
        return float(self.texts.mean())

    @property
    def perplexity(self) -> float:
        """exp of the bound a word; itself an upper bound."""
        return perplexity(self.bound, self.reading)

    @property
    def bits_per_character(self) -> float:
        return self.bound / math.log(2) / len(self.reading.text)

    @cached_property
    def surprises(self) -> tuple[Surprise, ...]:
        """Every scored cell, blanks too; none where noise hides no words."""
        if not len(self.hidden):
            return ()
        weighed = self.nats * (self.hidden.shape[1] / self.hidden.sum(-1, keepdims=True))
        return tuple(
            _surprise(cell, word, self.nats[self.hidden[:, cell], cell], float(weighed[:, cell].mean()))
            for cell, word in enumerate(self.reading.words)
        )

    @property
    def end(self) -> float:
        """Nats of the bound that the blanks after the text add; 0 where there are none, or no shares."""
        return math.fsum(one.share for one in self.surprises[self.reading.num_words :])

    @property
    def odd(self) -> Alone | None:
        """The word whose place another fits by far better; None where none is ODD times likelier, or not asked for."""
        odd = max(self.alone, key=lambda one: one.ratio, default=None)
        return odd if odd is not None and odd.ratio >= ODD else None


@dataclass(frozen=True)
class Orders:
    """A text written by the model word by word in several orders.

    Attributes:
        names: of the finished orders.   ranks: (R, C) when each cell's turn is, from 0.
        nats: (R, C) -ln p of its word given those before it.   done: share of the work.
    """

    reading: Reading
    names: tuple[str, ...]
    ranks: np.ndarray
    nats: np.ndarray
    done: float

    @property
    def totals(self) -> np.ndarray:
        """(R,) exact -ln p of the text in each order, in nats."""
        return self.nats.sum(-1)

    @property
    def random(self) -> np.ndarray:
        """The totals of the random orders: their mean estimates the bound."""
        return self.totals[[name not in (LEFT_TO_RIGHT, RIGHT_TO_LEFT) for name in self.names]]

    @property
    def half(self) -> float:
        """Half the 95 % interval of the random orders' mean; NaN below two."""
        return of_mean(self.random) if len(self.random) > 1 else math.nan

    def paid(self, row: int) -> np.ndarray:
        """(C + 1,) nats paid after 0, 1, .. C words of one order."""
        return np.concatenate([[0.0], self.nats[row][np.argsort(self.ranks[row])].cumsum()])


def perplexity(nats: float, reading: Reading) -> float:
    """exp(nats / words), infinite where that is too large for a float."""
    each = nats / reading.num_words
    return math.exp(each) if each < 700 else math.inf


def _surprise(cell: int, word: str, nats: np.ndarray, share: float) -> Surprise:
    """Of the nats that one cell cost where it was hidden."""
    mean = float(nats.mean()) if len(nats) else math.nan
    half = of_mean(nats) if len(nats) > 1 else math.nan
    return Surprise(cell + 1, word, len(nats), mean, half, share)


def record(score: Score, orders: Orders | None = None) -> dict[str, Any]:
    """All of it as plain JSON values; None where a number is not known or not finite."""
    reading, alone = score.reading, {one.position: one for one in score.alone}
    words = [
        {
            "position": one.position, "word": one.word, "nats": _known(one.nats), "half": _known(one.half),
            "hidden": one.hidden, "share": one.share,
        }
        | ({"alone": vars(alone[one.position])} if one.position in alone else {})
        for one in score.surprises
    ]  # fmt: skip
    chains = {} if orders is None else dict(zip(orders.names, orders.totals.tolist(), strict=True))
    return {
        "text": reading.text, "unit": reading.unit, "num_words": reading.num_words, "left_out": list(reading.left_out),
        "bound_nats": _known(score.bound), "bound_half": _known(score.half),
        "end_nats": _known(score.end) if score.surprises else None,
        "exact_nats": None if reading.exact is None else _known(reading.exact),
        "possible": None if reading.exact is None else math.isfinite(reading.exact),
        "perplexity": _known(score.perplexity), "bits_per_character": _known(score.bits_per_character),
        "versions": len(score.texts), "words": words, "orders_nats": chains,
        "odd": None if score.odd is None else score.odd.position, "faults": [fault.message for fault in reading.faults],
        "exactly": score.exactly, "autoregressive": None if score.beside is None else _chain(score.beside),
    }  # fmt: skip


def _chain(score: Score) -> dict[str, Any]:
    """What the model beside says: exact numbers, and each cell's nats from left to right, blanks too."""
    return {
        "nats": _known(score.bound), "perplexity": _known(score.perplexity),
        "bits_per_character": _known(score.bits_per_character), "end_nats": _known(score.end),
        "words": [_known(one) for one in score.nats[0].tolist()],
    }  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
