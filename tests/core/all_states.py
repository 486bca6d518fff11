"""Every state of the uniform process on a corpus small enough to list: Bayes' rule, and what its samplers end with."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from tests.core.rules_of_writing import picked
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.processes import Uniform
from textdiff_core.schedules import schedules

LINEAR = schedules.build("linear")


def oracle(p: np.ndarray) -> tuple[Uniform, OracleDenoiser]:
    process = Uniform(p.shape[0], LINEAR)
    texts = torch.tensor(list(itertools.product(range(p.shape[0]), repeat=p.ndim)))
    weights = torch.tensor([p[tuple(text)] for text in texts.tolist()])
    return process, OracleDenoiser(texts, process, weights)


def states(p: np.ndarray) -> torch.Tensor:
    """Every state (V^L, L); the uniform process has no others."""
    return torch.tensor(list(itertools.product(range(p.shape[0]), repeat=p.ndim)))


def forward(p: np.ndarray, alpha: float) -> np.ndarray:
    """(texts, states) q(x_t | x_0), by hand."""
    num, all_states = p.shape[0], states(p).numpy()
    same = all_states[:, None] == all_states[None]
    return np.prod(alpha * same + (1 - alpha) / num, axis=-1)


def full_posterior(p: np.ndarray, alpha: float) -> np.ndarray:
    """(states, L, V) of p(x_0^i | x_t), by hand."""
    joint = p.reshape(-1, 1) * forward(p, alpha)  # texts, states
    texts = states(p).numpy()
    out = np.zeros((len(texts), p.ndim, p.shape[0]))
    for cell, word in itertools.product(range(p.ndim), range(p.shape[0])):
        out[:, cell, word] = joint[texts[:, cell] == word].sum(0) / joint.sum(0)
    return out


class Correction(NamedTuple):
    """Attributes: sweeps: after each step of the posterior.   cells: drawn anew in each.   doubt: chosen by doubt."""

    sweeps: int
    cells: int
    doubt: bool = False


CORRECTING = {
    "gibbs-corrector": Correction(1, 1),
    "gibbs-corrector:cells=4": Correction(1, 4),
    "gibbs-corrector:sweeps=3,cells=2": Correction(3, 2),
    "gibbs-corrector:choose=doubt": Correction(1, 1, doubt=True),
}


def levels(sampler: str, steps: int) -> list[float]:
    """The times of N steps: even; with k sweeps a step, of which (N + k) / (1 + k), rounded up, are the posterior's and
    even, the others at rest at the times between, the first of which have one more where they do not come out even."""
    sweeps = CORRECTING[sampler].sweeps if sampler in CORRECTING else 0
    own = min(steps, math.ceil((steps + sweeps) / (1 + sweeps)))
    inner, times = own - 1, [1.0]
    for k in range(1, own):
        times += [1 - k / own] * (1 + (steps - own) // inner + (k <= (steps - own) % inner))
    return [*times, 0.0]


def propagate(
    p: np.ndarray, sampler: str, steps: int, predict: Callable[[float], np.ndarray] | None = None
) -> np.ndarray:
    """The exact distribution that a sampler ends with, state by state.

    Args:     predict: alpha -> (states, L, V), the model's prediction; None is the exact one, leave-one-out.
    """
    process, exactly = oracle(p)
    num, all_states = p.shape[0], states(p)
    shares = np.full(len(all_states), 1 / len(all_states))
    for t, s in itertools.pairwise(levels(sampler, steps)):
        if t == s:
            shares = shares @ corrected(p, CORRECTING[sampler], 1 - t)
            continue
        noise = torch.full((len(all_states),), float(t), dtype=torch.float64)
        asked = exactly if predict is None else _says(predict(1 - float(t)))
        logits, _ = process.ask(asked, all_states, noise, process.open(all_states), None)
        p_x0 = logits.softmax(-1).view(len(all_states), p.ndim, num)
        rule = "posterior" if sampler in CORRECTING else sampler
        rows = cell_distribution(process, rule, all_states, p_x0, float(t), float(s))  # (states, L, V)
        moved = np.ones((len(all_states), len(all_states)))
        for cell in range(p.ndim):
            moved *= rows[:, cell][:, all_states[:, cell].numpy()]
        shares = shares @ moved
    return shares.reshape(p.shape)


def corrected(p: np.ndarray, rule: Correction, alpha: float) -> np.ndarray:
    """(states, states) of one sweep: chosen cells are drawn from p_t(x^i | the others as they were)."""
    marginal = (p.reshape(-1) @ forward(p, alpha)).reshape(p.shape)  # p_t
    out = np.zeros((p.size, p.size))
    for number, state in enumerate(itertools.product(range(p.shape[0]), repeat=p.ndim)):
        given = []  # of each cell, over its words
        for cell in range(p.ndim):
            row = marginal[tuple(slice(None) if i == cell else word for i, word in enumerate(state))]
            given.append(row / row.sum())
        odds = {c: math.log(max(np.delete(given[c], state[c])) / given[c][state[c]]) for c in range(p.ndim)}
        for share, cells in picked(odds if rule.doubt else dict.fromkeys(odds, 0.0), rule.cells, 1.0):
            rows = [given[c] if c in cells else np.eye(p.shape[0])[state[c]] for c in range(p.ndim)]
            out[number] += share * functools.reduce(np.multiply.outer, rows).ravel()
    return out


def _says(prediction: np.ndarray) -> Callable[..., torch.Tensor]:
    """A denoiser that gives this prediction of all states."""
    return lambda state, noise, where: torch.from_numpy(prediction).log()[where]


def cell_distribution(process, sampler, state, p_x0, t: float, s: float) -> np.ndarray:
    """What each cell becomes, by the definition of the rule and not by its code."""
    num, alpha, alpha_s = process.num_words, 1 - t, 1 - s
    if sampler == "posterior":
        ones = torch.ones(len(state), dtype=torch.float64)
        return process.posterior(state, p_x0, t * ones, s * ones).numpy()
    if s == 0:
        return p_x0.numpy()
    here = np.eye(num)[state.numpy()]
    transition = alpha * np.eye(num) + (1 - alpha) / num  # q(x_t = row | x_0 = column)
    ratio = np.einsum("slv,jv->slj", p_x0.numpy() / transition[state.numpy()], transition)
    ratio = np.where(here == 1, 0.0, ratio)
    with np.errstate(divide="ignore"):
        leaves = 1 - np.exp(-np.log(alpha_s / alpha) * ratio.sum(-1, keepdims=True) / num) if alpha else 1.0
    return here * (1 - leaves) + leaves * ratio / ratio.sum(-1, keepdims=True)
