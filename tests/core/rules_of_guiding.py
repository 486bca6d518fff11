"""By definition: candidates of a step, weighed by the exact ratio of the joint to the product. See `propagation`.

Of K candidates from the product k(x), one is drawn in proportion to r(x)^w. Its distribution needs no enumeration of
K-tuples: with phi(u) = sum_x k(x) exp(-u r(x)^w),

    P(x) = K k(x) r(x)^w  integral_0^inf  exp(-u r(x)^w) phi(u)^(K - 1) du,

since 1 / S = integral exp(-u S) du for the sum S of the K weights; their sum over x is 1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from tests.core.exact import State
from tests.core.rules_of_writing import Chosen, Here, Move, Rule, even, picked

NODES = 400
Choice = Callable[[Here], list[Chosen]]
"""Which cells a step writes, with probabilities; by the state alone."""


def each_alone(here: Here) -> list[Chosen]:
    """Every noisy cell with the probability of the schedule."""
    out = []
    for mask in itertools.product((False, True), repeat=len(here.noisy)):
        share = math.prod(here.rate if new else 1 - here.rate for new in mask)
        out.append((share, tuple(cell for cell, new in zip(here.noisy, mask, strict=True) if new)))
    return out


def expected_number(here: Here) -> list[Chosen]:
    """As many as are expected, in random order."""
    number = math.ceil(len(here.noisy) * here.rate - 1e-9)
    return picked({cell: even(here, here.words, cell) for cell in here.noisy}, number, 1.0)


def guided(choose: Choice, candidates: float, strength: float = 1.0) -> Rule:
    """Args: candidates: K; infinite is the kernel itself, reweighed."""

    def moves(here: Here) -> Iterator[Move]:
        for share, chosen in choose(here):
            states = [filled(here, chosen, words) for words in _tuples(here, len(chosen))]
            product = np.array([math.prod(here.given[c, s[c]] for c in chosen) for s in states])
            weight = np.array([ratio(here, s, chosen) for s in states]) ** strength
            for chance, state in zip(resampled(product, weight, candidates), states, strict=True):
                yield share * chance, state

    return Rule(moves)


def resampled(product: np.ndarray, weight: np.ndarray, candidates: float) -> np.ndarray:
    """The distribution of the one that is drawn."""
    if math.isinf(candidates):
        return product * weight / (product @ weight)
    # By trapezoids over ln u, from where nothing has decayed to where all has: smooth, so they converge fast.
    y = np.linspace(-37.0 - math.log(weight.max()), 4.0 - math.log(weight.min()), NODES)
    u = np.exp(y)
    du = u * (y[1] - y[0])
    decay = np.exp(-np.outer(weight, u))  # (x, nodes)
    phi = product @ decay
    return candidates * product * weight * (decay @ (phi ** (candidates - 1) * du))


def ratio(here: Here, state: State, chosen: tuple[int, ...]) -> float:
    """p(words written | visible) / prod p(word | visible), from the table itself."""
    before = here.p[tuple(slice(None) if w == here.p.shape[0] else slice(w, w + 1) for w in here.words)]
    after = here.p[tuple(slice(None) if w == here.p.shape[0] else slice(w, w + 1) for w in state)]
    alone = [
        here.p[tuple(
            slice(w, w + 1) if w < here.p.shape[0] and (i == c or here.words[i] < here.p.shape[0]) else slice(None)
            for i, w in enumerate(state)
        )].sum() / before.sum()
        for c in chosen
    ]  # fmt: skip
    return float(after.sum() / before.sum() / math.prod(alone))


def filled(here: Here, chosen: tuple[int, ...], words: State) -> State:
    new = dict(zip(chosen, words, strict=True))
    return tuple(new.get(cell, word) for cell, word in enumerate(here.words))


def _tuples(here: Here, cells: int) -> Iterator[State]:
    return itertools.product(range(here.p.shape[0]), repeat=cells)


GUIDING: dict[str, Rule] = {
    "guided": guided(each_alone, 16),
    "guided:candidates=4": guided(each_alone, 4),
    "guided:strength=0": guided(each_alone, 16, 0.0),
    "guided:strength=2,candidates=3": guided(each_alone, 3, 2.0),
    "guided:base=random,candidates=4": guided(expected_number, 4),
}
