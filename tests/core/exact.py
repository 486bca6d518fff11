"""Exact arithmetic on corpora small enough to list: posteriors and bounds; of samplers see `propagation`.

A corpus is a table p of shape (V,) * L, p[x] being the probability of the text x; noise has the id V. Nothing
here calls the code it is held against.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from textdiff_core.denoisers.judge import OracleJudge
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


def judge(p: np.ndarray) -> OracleJudge:
    """The project's exact judge of steps for the same corpus."""
    texts = list(itertools.product(range(p.shape[0]), repeat=p.ndim))
    return OracleJudge(torch.tensor(texts), torch.tensor([p[text] for text in texts]), p.shape[0])


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
