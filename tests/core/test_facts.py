"""Numbered facts of bounds and losses of masked diffusion, each with its tolerance, by enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from textdiff_core.draws import step_rng
from textdiff_core.losses import LEAST_NOISE, chain, losses
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.schedules import return_rate, schedules

CORRELATION = (
    0.413168483924  # total correlation of TABLE in nats: sum of the cells' entropies less the whole's
)


def process(p: np.ndarray = TABLE, schedule: str = "linear") -> Absorbing:
    return Absorbing(p.shape[0], schedules.build(schedule))


def gauss_legendre(low: float, high: float, num: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [low, high]."""
    nodes, weights = np.polynomial.legendre.leggauss(num)
    return low + (high - low) * (nodes + 1) / 2, weights * (high - low) / 2


def test_the_table_is_the_one_the_numbers_belong_to() -> None:
    assert abs(exact.entropy(TABLE) - 1.770178743949) < 1e-12
    parts = sum(exact.entropy(marginal) for marginal in exact.marginals(TABLE))
    assert abs(parts - exact.entropy(TABLE) - CORRELATION) < 1e-12


@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_the_oracle_is_bayes_rule(p) -> None:
    """OracleDenoiser equals the enumerated posterior in every state, within 1e-12."""
    denoiser = exact.oracle(p)
    for state in itertools.product(range(p.shape[0] + 1), repeat=p.ndim):
        ours = denoiser(torch.tensor([state])).softmax(-1)[0].numpy()
        assert np.abs(ours - exact.posterior(p, state)).max() < 1e-12


@pytest.mark.parametrize(
    "schedule", ["linear", "cosine-mdlm", "cosine-md4", "polynomial:k=2", "cosine-squared"]
)
@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F1_the_continuous_bound_is_the_likelihood_for_every_text_and_schedule(p, schedule) -> None:
    """With the exact denoiser the weighted integral equals -ln p(x) for every x (400 nodes, 1e-9)."""
    built = schedules.build(schedule)
    t, weight = gauss_legendre(0.0, 1.0)
    alpha, pull = built.alpha(t), built.weight(t)
    for x in exact.texts(p):
        nats = exact.mean_hidden_nats(p, x, alpha)
        assert abs(np.sum(weight * pull * nats) + math.log(p[x])) < 1e-9


@pytest.mark.parametrize("schedule", ["linear", "cosine-mdlm", "cosine-md4", "polynomial:k=2"])
def test_F1_the_estimate_by_drawing_has_that_mean(schedule) -> None:
    """40,000 drawn losses of one text: their mean is the integral from the least noise up, within 5 errors."""
    x, built = (0, 2), schedules.build(schedule)
    terms = losses.build("nelbo")(
        process(schedule=schedule),
        exact.oracle(TABLE),
        torch.tensor([x]).repeat(40_000, 1),
        rng=step_rng(1, 0),
    )
    t, weight = gauss_legendre(LEAST_NOISE, 1.0)
    nats = exact.mean_hidden_nats(TABLE, x, built.alpha(t))
    error = float(terms.nelbo.std()) / math.sqrt(40_000)
    assert abs(float(terms.nelbo.mean()) - np.sum(weight * built.weight(t) * nats)) < 5 * error


def test_F2_the_usual_estimator_is_low_by_a_thousandth() -> None:
    """eps = 1e-3 in both the times and the schedule: 0.9989998 of the entropy, within 1e-6."""
    eps = 1e-3
    t, weight = gauss_legendre(eps, 1.0)
    total = sum(
        TABLE[x] * np.sum(weight / t / (1 - eps) * exact.mean_hidden_nats(TABLE, x, 1 - (1 - eps) * t))
        for x in exact.texts(TABLE)
    )
    assert abs(total / exact.entropy(TABLE) - 0.9989998) < 1e-6


def test_F2_ours_is_low_by_no_more() -> None:
    """The share of the entropy that our loss misses below its least noise is 0.05 to 0.2 percent."""
    t, weight = gauss_legendre(LEAST_NOISE, 1.0)
    linear = schedules.build("linear")
    total = sum(
        TABLE[x] * np.sum(weight * linear.weight(t) * exact.mean_hidden_nats(TABLE, x, 1 - t))
        for x in exact.texts(TABLE)
    )
    assert 0.0005 < 1 - total / exact.entropy(TABLE) < 0.002


def stepwise_bound(p: np.ndarray, steps: int) -> float:
    """The NELBO of N steps: each step's write rate times the expected nats of the hidden cells."""
    t = torch.arange(1, steps + 1, dtype=torch.float64) / steps
    rate = return_rate(*(process(p).schedule.alpha(x) for x in (t, t - 1 / steps)))
    return sum(
        p[x] * float(np.sum(rate.numpy() * exact.mean_hidden_nats(p, x, 1 - t.numpy())))
        for x in exact.texts(p)
    )


@pytest.mark.parametrize("steps", [1, 2, 4, 16, 128, 1024])
def test_F3_the_gap_of_the_stepwise_bound_is_the_correlation_over_the_steps(steps) -> None:
    """For two cells: NELBO(N) - H = TC / N, within 1e-10."""
    assert abs(stepwise_bound(TABLE, steps) - exact.entropy(TABLE) - CORRELATION / steps) < 1e-10


def test_F3_the_stepwise_bound_falls_with_the_steps_from_the_marginals() -> None:
    """For three cells it falls with N; one step costs the sum of the cells' entropies (1e-10)."""
    bounds = [stepwise_bound(LONGER, steps) for steps in (1, 2, 3, 4, 8, 16, 32)]
    assert all(a > b > exact.entropy(LONGER) for a, b in itertools.pairwise(bounds))
    assert abs(bounds[0] - sum(exact.entropy(m) for m in exact.marginals(LONGER))) < 1e-10


@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F5_the_count_estimator_enumerated_is_the_likelihood(p) -> None:
    """Mean over sizes l and sets of l cells of (L / l) nats equals -ln p(x) for every x, within 1e-10."""
    for x in exact.texts(p):
        sizes = [
            np.mean(
                [
                    exact.hidden_nats(p, x, hidden) / size
                    for hidden in itertools.combinations(range(p.ndim), size)
                ]
            )
            for size in range(1, p.ndim + 1)
        ]
        assert abs(sum(sizes) + math.log(p[x])) < 1e-10


def test_F5_the_count_loss_has_that_mean() -> None:
    """30,000 drawn losses of one text of three cells have the mean -ln p(x), within 5 standard errors."""
    x = (0, 2, 1)
    drawn = torch.tensor([x]).repeat(30_000, 1)
    terms = losses.build("count")(process(LONGER), exact.oracle(LONGER), drawn, rng=step_rng(2, 0))
    error = float(terms.nelbo.std()) / math.sqrt(30_000)
    assert abs(float(terms.nelbo.mean()) + math.log(LONGER[x])) < 5 * error


def test_F5_a_chain_of_conditionals_is_the_likelihood_without_scatter() -> None:
    """Along any order the nats of the words revealed add up to -ln p(x): within 1e-5 (float32 logits)."""
    every = torch.tensor(list(exact.texts(LONGER)))
    terms = chain(process(LONGER), exact.oracle(LONGER), every, rng=step_rng(3, 0))
    truth = -np.log([LONGER[tuple(x)] for x in every.tolist()])
    assert np.abs(terms.nelbo.numpy() - truth).max() < 1e-5


def test_F21_no_denoiser_beats_the_entropy() -> None:
    """The enumerated bound of 200 perturbed posteriors exceeds H, more so the farther they are."""
    p, rng = TABLE, np.random.default_rng(9)
    truth = exact.entropy(p)

    def bound(tilt: np.ndarray) -> float:
        """E over texts, sizes and sets of the nats of a denoiser whose logits are off by `tilt` (states, L, V)."""
        total = 0.0
        for x in exact.texts(p):
            for hidden in exact.hidden_sets(2):
                state = tuple(3 if cell in hidden else word for cell, word in enumerate(x))
                logits = np.log(np.maximum(exact.posterior(p, state), 1e-300)) + tilt[state]
                logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
                total -= (
                    p[x]
                    * sum(logs[cell, x[cell]] for cell in hidden)
                    / len(hidden)
                    / math.comb(2, len(hidden))
                )
        return total

    assert abs(bound(np.zeros((4, 4, 2, 3))) - truth) < 1e-12
    for _ in range(200):
        tilt = rng.normal(size=(4, 4, 2, 3))
        assert bound(tilt) > bound(0.1 * tilt) > truth
