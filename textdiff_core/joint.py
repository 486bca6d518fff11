"""Writing several words at once: the joint distribution of a text against the product of its marginals.

A step draws each of its words given the canvas as it was, so that they know nothing of each other. On languages small
enough to list, what comes of it is computed exactly, by carrying the probability of every state from step to step.

Importing it needs no torch.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from textdiff_core.samplers import EVEN

State = tuple[int, ...]
Choices = Iterator[tuple[float, tuple[int, ...]]]


@dataclass(frozen=True)
class Language:
    """A language small enough to list; noise has the id V.

    Attributes:
        words: (V,).   texts: (n, L) ids of the texts that are told.   shares: (n,) their probabilities.
    """

    words: tuple[str, ...]
    texts: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, told: dict[str, float]) -> Language:
        """Args: told: text -> its probability; texts of probability 0 are left out."""
        told = {text: share for text, share in told.items() if share > 0}
        words = tuple(sorted(set().union(*told)))
        ids = [[words.index(letter) for letter in text] for text in told]
        return cls(words, np.array(ids), np.array(list(told.values())))

    @property
    def length(self) -> int:
        return self.texts.shape[1]

    @functools.cached_property
    def every(self) -> list[State]:
        """All V^L texts in order, told or not."""
        return list(itertools.product(range(len(self.words)), repeat=self.length))

    @functools.cached_property
    def joint(self) -> np.ndarray:
        """(V^L,) probability of every text."""
        known = dict(zip(map(tuple, self.texts.tolist()), self.shares.tolist(), strict=True))
        return np.array([known.get(text, 0.0) for text in self.every])

    def posterior(self, state: State) -> np.ndarray:
        """(L, V) p(x_0^i | what is visible). Where no text agrees with that: as if nothing were, as the oracles do."""
        seen = np.array(state)
        agrees = ((self.texts == seen) | (seen == len(self.words))).all(1) * self.shares
        weights = agrees if agrees.sum() else self.shares
        p = np.zeros((self.length, len(self.words)))
        for cell, column in enumerate(self.texts.T):
            np.add.at(p[cell], column, weights)
        return p / weights.sum()

    @functools.cached_property
    def product(self) -> np.ndarray:
        """(V^L,) probability of every text if its words were independent: the product of the marginals."""
        p = self.posterior((len(self.words),) * self.length)
        return np.array([math.prod(p[cell, word] for cell, word in enumerate(text)) for text in self.every])

    @functools.cached_property
    def entropies(self) -> np.ndarray:
        """(L,) nats of each cell's marginal."""
        return np.array([_entropy(row) for row in self.posterior((len(self.words),) * self.length)])

    @functools.cached_property
    def entropy(self) -> float:
        """Nats of a whole text."""
        return _entropy(self.shares)


@dataclass(frozen=True)
class Toy:
    """A listed language as readers choose it. Attributes: about: a sentence.   told: what is told with which
    probability, given the share that readers weigh it by.   weighed: what that share is, "" where there is none."""

    about: str
    told: Callable[[float], dict[str, float]]
    weighed: str = ""


def _letters(share: Callable[[str], float]) -> dict[str, float]:
    return {text: share(text) for text in map("".join, itertools.product("AB", repeat=4))}


TOYS = {
    "ABAB or BABA": Toy(
        "Two texts are told. One letter gives the other three away, so all of them are about one thing.",
        lambda share: {"ABAB": share, "BABA": 1 - share}, "Share of ABAB",
    ),
    "an even number of B": Toy(
        "Eight texts are told, evenly. Any three letters are independent; the fourth follows from them.",
        lambda share: _letters(lambda text: 0.125 * (text.count("B") % 2 == 0)),
    ),
    "two cells, three words": Toy(
        "Every text is told, but not evenly: the corpus of docs/exactness.md. Nothing is impossible here, and what "
        "few steps change is how often a text comes.",
        lambda share: dict(zip(
            map("".join, itertools.product("abc", repeat=2)),
            (0.30, 0.02, 0.08, 0.05, 0.25, 0.02, 0.01, 0.07, 0.20), strict=True,
        )),
    ),
    "four coins": Toy(
        "Every letter is a coin of its own. Nothing is known of one from the others, and nothing can break.",
        lambda share: _letters(lambda text: share ** text.count("A") * (1 - share) ** text.count("B")),
        "Share of A",
    ),
}  # fmt: skip


# ---- which cells a step writes --------------------------------------------------------------------------


def _independent(given: np.ndarray, noisy: Sequence[int], rate: float) -> Choices:
    for count in range(len(noisy) + 1):
        share = rate**count * (1 - rate) ** (len(noisy) - count)
        yield from ((share, cells) for cells in itertools.combinations(noisy, count))


def _evenly(given: np.ndarray, noisy: Sequence[int], rate: float) -> Choices:
    count = math.ceil(len(noisy) * rate - EVEN)
    share = 1 / math.comb(len(noisy), count)
    yield from ((share, cells) for cells in itertools.combinations(noisy, count))


def _surest(given: np.ndarray, noisy: Sequence[int], rate: float) -> Choices:
    count = math.ceil(len(noisy) * rate - EVEN)
    yield 1.0, tuple(sorted(noisy, key=lambda cell: -given[cell].max())[:count])


# Sampler -> (posterior, noisy cells, the schedule's rate) -> probabilities and sets of cells.
RULES: dict[str, Callable[[np.ndarray, Sequence[int], float], Choices]] = {
    "random": _evenly,
    "ancestral": _independent,
    "confidence": _surest,
}


def times(length: int, words: int) -> np.ndarray:
    """(N + 1,) noise levels on the linear schedule between which `words` of `length` cells are written, from 1 to 0."""
    return np.array([*range(length, 0, -words), 0]) / length


def reached(language: Language, rule: str, words: int) -> np.ndarray:
    """(V^L,) the exact probability of every text when a sampler writes so many words a step with the exact denoiser.

    Args:     rule: of RULES.   words: a step, on average for "ancestral".
    """
    current: dict[State, float] = {(len(language.words),) * language.length: 1.0}
    for t, s in itertools.pairwise(times(language.length, words)):
        after: dict[State, float] = defaultdict(float)
        for state, mass in current.items():
            for share, successor in _step(language, rule, state, (t - s) / t):
                after[successor] += mass * share
        current = after
    return np.array([current.get(text, 0.0) for text in language.every])


def _step(language: Language, rule: str, state: State, rate: float) -> Iterator[tuple[float, State]]:
    num_words, given = len(language.words), language.posterior(state)
    noisy = [cell for cell, word in enumerate(state) if word == num_words]
    for luck, cells in RULES[rule](given, noisy, rate):
        for words in itertools.product(range(num_words), repeat=len(cells)):
            share = luck * math.prod(given[cell, word] for cell, word in zip(cells, words, strict=True))
            if share:
                written = dict(zip(cells, words, strict=True))
                yield share, tuple(written.get(cell, word) for cell, word in enumerate(state))


# ---- numbers --------------------------------------------------------------------------------------------


def _entropy(p: np.ndarray) -> float:
    return float(-sum(share * math.log(share) for share in p if share > 0))


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """KL(p || q) = sum p ln(p / q) in nats; q must be above 0 wherever p is."""
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())


@dataclass(frozen=True)
class Predicted:
    """What so many words a step come to, exactly.

    Attributes:
        reached: (V^L,) probability of every text.   impossible: share of texts that are never told.
        distance: total variation from the language.   ignored: KL(language || reached) in nats.
    """

    words: int
    reached: np.ndarray
    impossible: float
    distance: float
    ignored: float


def predicted(language: Language, rule: str) -> list[Predicted]:
    """For one word a step up to all at once, where every rule gives the product of the marginals."""
    found = []
    for words in range(1, language.length + 1):
        q = reached(language, rule, words)
        found.append(
            Predicted(
                words, q, float(q[language.joint == 0].sum()),
                float(np.abs(q - language.joint).sum() / 2), divergence(language.joint, q),
            )
        )  # fmt: skip
    return found


@functools.lru_cache(maxsize=64)
def listed(toy: str, share: float) -> Language:
    """The language that readers chose."""
    return Language.of(TOYS[toy].told(share))
