"""Exact arithmetic on corpora small enough to list: posteriors, bounds, and whole distributions of samplers.

A corpus is a table p of shape (V,) * L, p[x] being the probability of the text x; noise has the id V. Nothing
here calls the code it is held against, except for schedules, whose alpha(t) has tests of its own.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import Linear

State = tuple[int, ...]

# Three words, two cells; the numbers in the tests' docstrings belong to it.
TABLE = np.array([[0.30, 0.02, 0.08], [0.05, 0.25, 0.02], [0.01, 0.07, 0.20]])
LONGER = np.random.default_rng(11).dirichlet(np.full(27, 0.6)).reshape(3, 3, 3)


def entropy(p: np.ndarray) -> float:
    """Nats."""
    return float(-np.sum(p * np.log(p)))


def marginals(p: np.ndarray) -> list[np.ndarray]:
    """(V,) for each cell."""
    cells = range(p.ndim)
    return [p.sum(axis=tuple(other for other in cells if other != cell)) for cell in cells]


def product(p: np.ndarray) -> np.ndarray:
    """The table of independent cells with p's marginals."""
    out = np.ones(())
    for marginal in marginals(p):
        out = np.multiply.outer(out, marginal)
    return out


def distance(p: np.ndarray, q: np.ndarray) -> float:
    """Total variation."""
    return float(np.abs(p - q).sum() / 2)


def posterior(p: np.ndarray, state: State) -> np.ndarray:
    """(L, V): p(x_0^i = v | x_t); what is visible stays."""
    num_words = p.shape[0]
    seen = p[tuple(slice(None) if word == num_words else slice(word, word + 1) for word in state)]
    out = np.zeros((p.ndim, num_words))
    for cell, word in enumerate(state):
        if word < num_words:
            out[cell, word] = 1.0
        else:
            out[cell] = seen.sum(axis=tuple(other for other in range(p.ndim) if other != cell)) / seen.sum()
    return out


def oracle(p: np.ndarray) -> OracleDenoiser:
    """The project's exact denoiser for the same corpus."""
    texts = list(itertools.product(range(p.shape[0]), repeat=p.ndim))
    process = Absorbing(p.shape[0], Linear())
    return OracleDenoiser(torch.tensor(texts), process, torch.tensor([p[text] for text in texts]))


def hidden_sets(length: int) -> Iterator[tuple[int, ...]]:
    """Every non-empty set of cells."""
    for count in range(1, length + 1):
        yield from itertools.combinations(range(length), count)


def hidden_nats(p: np.ndarray, x: State, hidden: Sequence[int]) -> float:
    """Sum over the hidden cells of -ln p(x^i | the others)."""
    state = tuple(p.shape[0] if cell in hidden else word for cell, word in enumerate(x))
    given = posterior(p, state)
    return -sum(math.log(given[cell, x[cell]]) for cell in hidden)


def mean_hidden_nats(p: np.ndarray, x: State, alpha: np.ndarray) -> np.ndarray:
    """E of the hidden cells' nats when each cell survives with probability alpha; in alpha's shape."""
    return sum(
        (1 - alpha) ** len(hidden) * alpha ** (p.ndim - len(hidden)) * hidden_nats(p, x, hidden)
        for hidden in hidden_sets(p.ndim)
    )


def texts(p: np.ndarray) -> Iterator[State]:
    return itertools.product(range(p.shape[0]), repeat=p.ndim)


# ---- samplers -------------------------------------------------------------------------------------------

Chooser = Callable[[np.ndarray, State, list[int], float], list[tuple[float, tuple[int, ...]]]]
"""(posterior, words drawn, noisy cells, write rate) -> probabilities and the sets of cells to write."""


def independent(given: np.ndarray, drawn: State, noisy: list[int], rate: float) -> list:
    """Each noisy cell on its own: ancestral."""
    return [
        (rate ** len(chosen) * (1 - rate) ** (len(noisy) - len(chosen)), chosen)
        for count in range(len(noisy) + 1)
        for chosen in itertools.combinations(noisy, count)
    ]


def evenly(given: np.ndarray, drawn: State, noisy: list[int], rate: float) -> list:
    """Every set of the expected size (rounded up) alike: random order."""
    sets = list(itertools.combinations(noisy, math.ceil(len(noisy) * rate - 1e-9)))
    return [(1 / len(sets), chosen) for chosen in sets]


def one_evenly(given: np.ndarray, drawn: State, noisy: list[int], rate: float) -> list:
    """One cell, each alike: first-hitting."""
    return [(1 / len(noisy), (cell,)) for cell in noisy]


def by_score(score: Callable[[np.ndarray, State, int], float]) -> Chooser:
    """The expected number of cells (rounded up), best scores first, earlier cells first in a tie."""

    def choose(given: np.ndarray, drawn: State, noisy: list[int], rate: float) -> list:
        count = math.ceil(len(noisy) * rate - 1e-9)
        ranked = sorted(noisy, key=lambda cell: -score(given, drawn, cell))
        return [(1.0, tuple(ranked[:count]))]

    return choose


def _plogp(row: np.ndarray) -> float:
    return sum(share * math.log(share) for share in row if share > 0)


CHOOSERS: dict[str, Chooser] = {
    "ancestral": independent,
    "first-hitting": one_evenly,
    "random": evenly,
    "confidence": by_score(lambda given, drawn, cell: given[cell].max()),
    "confidence:by=drawn": by_score(lambda given, drawn, cell: given[cell, drawn[cell]]),
    "entropy": by_score(lambda given, drawn, cell: _plogp(given[cell])),
    "margin": by_score(lambda given, drawn, cell: np.sort(given[cell])[-1] - np.sort(given[cell])[-2]),
    "left-to-right": by_score(lambda given, drawn, cell: -cell),
}


def propagate(p: np.ndarray, sampler: str, alphas: Sequence[float]) -> np.ndarray:
    """The exact distribution of a sampler's texts with the exact denoiser.

    Args:     alphas: N + 1 shares of surviving words, from 0 to 1. First-hitting makes L steps instead.
    """
    num_words, length = p.shape[0], p.ndim
    steps = list(itertools.pairwise(alphas))
    if sampler == "first-hitting":
        steps = [(0.0, 1.0)] * length
    current: dict[State, float] = {(num_words,) * length: 1.0}
    for alpha_t, alpha_s in steps:
        after: dict[State, float] = defaultdict(float)
        for state, mass in current.items():
            for share, successor in _transitions(p, sampler, state, (alpha_s - alpha_t) / (1 - alpha_t)):
                after[successor] += mass * share
        current = after
    out = np.zeros_like(p)
    for state, mass in current.items():
        out[state] = mass  # an IndexError here means that noise was left
    return out


def _transitions(p: np.ndarray, sampler: str, state: State, rate: float) -> Iterator[tuple[float, State]]:
    noisy = [cell for cell, word in enumerate(state) if word == p.shape[0]]
    if not noisy:
        yield 1.0, state
        return
    given = posterior(p, state)
    for words in itertools.product(range(p.shape[0]), repeat=len(noisy)):
        drawn = list(state)
        for cell, word in zip(noisy, words, strict=True):
            drawn[cell] = word
        luck = math.prod(given[cell, drawn[cell]] for cell in noisy)
        for share, chosen in CHOOSERS[sampler](given, tuple(drawn), noisy, rate):
            if not luck * share:
                continue
            yield (
                luck * share,
                tuple(d if i in chosen else x for i, (d, x) in enumerate(zip(drawn, state, strict=True))),
            )
