"""Facts F8, F8b and exact distributions of uniform-state diffusion, by enumeration."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.core import exact
from tests.core.all_states import (
    CORRECTING,
    LINEAR,
    corrected,
    forward,
    full_posterior,
    oracle,
    propagate,
    states,
)
from tests.core.exact import LONGER, TABLE
from tests.core.moments import moment
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.losses import LEAST_NOISE, losses
from textdiff_core.losses.rates import rate_terms
from textdiff_core.processes import Uniform
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids


@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.9])
def test_what_the_process_makes_of_the_oracle_is_bayes_rule(p, alpha) -> None:
    """p(x_0^i | x_t) from the leave-one-out answer, for every state, within 1e-12."""
    process, exactly = oracle(p)
    state = states(p)
    noise = torch.full((len(state),), 1 - alpha, dtype=torch.float64)
    logits, _ = process.ask(exactly, state, noise, process.open(state), None)
    ours = logits.softmax(-1).view(len(state), p.ndim, p.shape[0]).numpy()
    assert np.abs(ours - full_posterior(p, alpha)).max() < 1e-12


def nelbo(p: np.ndarray, predict) -> np.ndarray:
    """(texts,) the bound by Gauss-Legendre quadrature with 200 nodes on [0, 1]; predict(alpha): (states, L, V)."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    total = np.zeros(p.size)
    texts = states(p)
    for t, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        alpha = 1 - t
        x = torch.from_numpy(predict(alpha))
        nats = np.zeros((p.size, p.size))  # texts, states
        for number, text in enumerate(texts):
            x_0 = text.expand(len(texts), -1)
            cells = rate_terms(
                Uniform(p.shape[0], LINEAR), x_0, texts, torch.full((len(texts),), t).double(), x
            )
            nats[number] = cells.sum(-1).numpy()
        total += weight * (forward(p, alpha) * nats).sum(1)
    return total


def test_F8_the_bound_is_tight_for_the_leave_one_out_posterior_and_not_for_the_full_one() -> None:
    """With the leave-one-out posterior the NELBO is -ln p(x) for every x within 1e-4 (the end t = 1 limits the
    quadrature); with the full posterior its mean is 2.7227 nats, far from the entropy 1.7702."""
    _, exactly = oracle(TABLE)
    state = states(TABLE)

    def leave_one_out(alpha: float) -> np.ndarray:
        return exactly(state, torch.full((len(state),), 1 - alpha, dtype=torch.float64)).exp().numpy()

    assert np.abs(nelbo(TABLE, leave_one_out) + np.log(TABLE.ravel())).max() < 1e-4
    wrong = nelbo(TABLE, lambda alpha: full_posterior(TABLE, alpha))
    assert abs(float(np.sum(TABLE.ravel() * wrong)) - 2.7227) < 1e-3


def udlm(x: np.ndarray, word: int, there: int, alpha: float, num: int) -> float:
    """One cell of UDLM's continuous-time bound as printed (arXiv:2412.10193 eq. 18), without -alpha' / (V alpha)."""
    told = np.eye(num)[word]
    bar, model = num * alpha * told + 1 - alpha, num * alpha * x + 1 - alpha
    ratio = bar / bar[there]
    logs = np.log(model[there] / model * bar / bar[there])
    return float(num / model[there] - num / bar[there] + np.sum(ratio * logs))


def test_F8b_the_divergence_of_rates_is_the_printed_bound_and_never_negative() -> None:
    """Against UDLM's expression at 200 random points within 1e-10; 0 where the prediction is the told word."""
    rng, num = np.random.default_rng(0), 5
    process = Uniform(num, LINEAR)
    for _ in range(200):
        x, word, there, t = rng.dirichlet(np.ones(num)), *rng.integers(num, size=2), rng.uniform(0.05, 0.95)
        cell = (torch.tensor([[word]]), torch.tensor([[there]]), torch.tensor([t], dtype=torch.float64))
        ours = float(rate_terms(process, *cell, torch.from_numpy(x)[None, None])) * num * (1 - t)
        assert ours >= 0 and abs(ours - udlm(x, word, there, 1 - t, num)) < 1e-10 * max(1, ours)
        exactly = torch.eye(num, dtype=torch.float64)[word][None, None]
        assert abs(float(rate_terms(process, *cell, exactly))) < 1e-12


def test_the_loss_is_that_bound_on_the_mean() -> None:
    """100,000 texts with the exact denoiser: the entropy 1.7702 within 5 standard errors and 2 per mille."""
    process, exactly = oracle(TABLE)
    drawn = torch.multinomial(
        torch.from_numpy(TABLE.ravel()), 100_000, replacement=True, generator=step_rng(0, 0)
    )
    terms = losses.build("rates").validation(process, exactly, states(TABLE)[drawn], rng=step_rng(0, 1))
    error = float(terms.nelbo.std()) / len(drawn) ** 0.5
    assert abs(float(terms.nelbo.mean()) - exact.entropy(TABLE)) < 5 * error + 2 * LEAST_NOISE


@pytest.mark.parametrize(
    ("steps", "distance"), [(1, 0.413), (4, 0.149), (16, 0.0362), (64, 0.0087), (256, 0.0021)]
)
def test_F8_posterior_sampling_errs_less_with_more_steps(steps, distance) -> None:
    """Total variation to the corpus, exactly propagated, against the stated values."""
    assert abs(exact.distance(propagate(TABLE, "posterior", steps), TABLE) - distance) < 6e-4


def test_tau_leaping_errs_less_with_more_steps() -> None:
    """It halves when the steps double, from 32 on within 15 %."""
    errors = [exact.distance(propagate(TABLE, "tau-leaping", steps), TABLE) for steps in (8, 32, 64, 128)]
    assert errors[0] > errors[1] > errors[2] > errors[3]
    assert abs(errors[1] / errors[2] - 2) < 0.3 and abs(errors[2] / errors[3] - 2) < 0.3


def test_every_sampler_of_uniform_noise_has_an_exact_counterpart() -> None:
    serving = {name for name, part in samplers.items() if "uniform" in part.serves}
    assert serving == {"posterior", "tau-leaping"} | {spec.partition(":")[0] for spec in CORRECTING}


@pytest.mark.parametrize("alpha", [0.2, 0.7])
@pytest.mark.parametrize("spec", CORRECTING)
def test_a_sweep_leaves_the_noised_corpus_alone_where_one_cell_is_chosen_by_chance(spec, alpha) -> None:
    """p_t is its fixed point within 1e-12. Cells drawn together, or chosen by what they hold, move it."""
    marginal = TABLE.reshape(-1) @ forward(TABLE, alpha)
    moved = np.abs(marginal @ corrected(TABLE, CORRECTING[spec], alpha) - marginal).sum()
    assert moved < 1e-12 if spec == "gibbs-corrector" else moved > 1e-4


def test_sweeps_cost_what_steps_are_there_for_where_there_are_few_and_pay_where_there_are_many() -> None:
    """Half of the steps spent on one cell at a time: TV 0.189 for 0.149 at 4 steps, and 0.0053 for 0.0087 at 64."""
    errors = {
        (spec, steps): exact.distance(propagate(TABLE, spec, steps), TABLE)
        for spec in ("posterior", "gibbs-corrector")
        for steps in (4, 64)
    }
    assert errors["gibbs-corrector", 4] > 1.2 * errors["posterior", 4]
    assert errors["gibbs-corrector", 64] < 0.7 * errors["posterior", 64]


@pytest.mark.parametrize("sampler", ["posterior", "tau-leaping", *CORRECTING])
@pytest.mark.parametrize("steps", [1, 3, 5])
def test_the_samplers_draw_what_their_definitions_say(sampler, steps) -> None:
    """20,000 texts of three cells (seeds 0 to 19,999) against the propagated distribution: chi-square p > 1e-4."""
    process, exactly = oracle(LONGER)
    rows = 20_000
    *_, last = denoise(
        process, exactly, samplers.build(sampler), grids.build("uniform").times(steps), seeds=range(rows),
        keep=torch.full((LONGER.ndim,), -1), record=False,
    )  # fmt: skip
    due = propagate(LONGER, sampler, steps).ravel() * rows
    counts = np.zeros(LONGER.shape)
    np.add.at(counts, tuple(last.words.numpy().T), 1)
    seen, likely = counts.ravel(), due >= 5
    pooled = [np.append(part[likely], part[~likely].sum()) for part in (seen, due)]
    assert chisquare(*(part[pooled[1] > 0] for part in pooled)).pvalue > 1e-4


def test_the_posterior_formula_of_the_papers_takes_the_leave_one_out_prediction() -> None:
    """UDLM eq. 15 with x = leave-one-out equals our average over p(x_0 | x_t), within 1e-12."""
    process, exactly = oracle(TABLE)
    state, t, s, num = states(TABLE), 0.7, 0.4, TABLE.shape[0]
    a, b = 1 - t, 1 - s
    ones = torch.ones(len(state), dtype=torch.float64)
    x = exactly(state, t * ones)  # (states, L, V)
    here = torch.nn.functional.one_hot(state, num).double()
    x, x_here = x.exp(), x.exp().gather(-1, state[..., None])
    theirs = num * a * x * here + (a / b - a) * here + (b - a) * x + (1 - a / b) * (1 - b) / num
    theirs = theirs / (num * a * x_here + 1 - a)
    full = torch.from_numpy(full_posterior(TABLE, a))
    assert float((process.posterior(state, full, t * ones, s * ones) - theirs).abs().max()) < 1e-12


def test_ratios_are_those_of_the_marginals() -> None:
    """p_t(x with j in the cell) / p_t(x) summed by hand over texts, within 1e-12."""
    process, _ = oracle(TABLE)
    alpha = 0.6
    marginal = (TABLE.reshape(-1) @ forward(TABLE, alpha)).reshape(TABLE.shape)
    state = states(TABLE)
    full = torch.from_numpy(full_posterior(TABLE, alpha))
    ours = process.ratios(state, full, torch.full((len(state),), alpha, dtype=torch.float64)).numpy()
    for number, (first, second) in enumerate(state.tolist()):
        assert np.abs(ours[number, 0] - marginal[:, second] / marginal[first, second]).max() < 1e-12
        assert np.abs(ours[number, 1] - marginal[first, :] / marginal[first, second]).max() < 1e-12


def test_closed_cells_never_change() -> None:
    process = Uniform(3, LINEAR)
    state, p = torch.zeros(50, 2, dtype=torch.int64), torch.full((50, 2, 3), 1 / 3, dtype=torch.float64)
    for name in ("posterior", "tau-leaping"):
        now = moment(process, state, p, 0.9, 0.2, step_rng(0, 0))
        now = now._replace(open=torch.tensor([True, False]).expand(50, 2))
        after = samplers.build(name).step(process, now)
        assert bool((after[:, 1] == 0).all()) and bool((after[:, 0] != 0).any())
