"""Every state of the uniform process on a corpus small enough to list: Bayes' rule, and what its samplers end with."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import torch

from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.processes import Uniform
from textdiff_core.schedules import grids, schedules

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


def propagate(
    p: np.ndarray, sampler: str, steps: int, predict: Callable[[float], np.ndarray] | None = None
) -> np.ndarray:
    """The exact distribution that a sampler ends with, state by state: cells move on their own.

    Args:     predict: alpha -> (states, L, V), the model's prediction; None is the exact one, leave-one-out.
    """
    process, exactly = oracle(p)
    num, all_states = p.shape[0], states(p)
    shares = np.full(len(all_states), 1 / len(all_states))
    times = grids.build("uniform").times(steps)
    for t, s in itertools.pairwise(times):
        noise = torch.full((len(all_states),), float(t), dtype=torch.float64)
        asked = exactly if predict is None else _says(predict(1 - float(t)))
        logits, _ = process.ask(asked, all_states, noise, process.open(all_states), None)
        p_x0 = logits.softmax(-1).view(len(all_states), p.ndim, num)
        rows = cell_distribution(process, sampler, all_states, p_x0, float(t), float(s))  # (states, L, V)
        moved = np.ones((len(all_states), len(all_states)))
        for cell in range(p.ndim):
            moved *= rows[:, cell][:, all_states[:, cell].numpy()]
        shares = shares @ moved
    return shares.reshape(p.shape)


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
