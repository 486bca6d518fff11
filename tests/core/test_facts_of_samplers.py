"""Numbered facts of how masked diffusion samples, each with its tolerance, by enumeration wherever possible."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from tests.core.moments import moment
from textdiff_core.draws import step_rng, stratified, uniform
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

DRAWS = 3_000


def process(p: np.ndarray = TABLE) -> Absorbing:
    return Absorbing(p.shape[0], schedules.build("linear"))


def even_alphas(steps: int) -> np.ndarray:
    return np.arange(steps + 1) / steps


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 8, 32, 128])
def test_F3b_ancestral_error_is_that_of_one_step_over_the_steps(steps) -> None:
    """For two cells and even steps TV(N) = TV(1) / N (0.4132, 0.2066, ..., 0.00323 at 128), within 1e-12."""
    once = exact.distance(exact.product(TABLE), TABLE)
    reached = exact.propagate(TABLE, "ancestral", even_alphas(steps))
    assert abs(once - 0.4132) < 5e-5
    assert abs(exact.distance(reached, TABLE) - once / steps) < 1e-12


def test_F3b_one_step_gives_independent_cells_and_more_steps_err_as_one_over_their_number() -> None:
    """For three cells: N = 1 is the product of marginals (1e-12); doubling N from 32 halves TV within 5 %."""
    assert exact.distance(exact.propagate(LONGER, "ancestral", [0, 1]), exact.product(LONGER)) < 1e-12
    errors = [exact.distance(exact.propagate(LONGER, "ancestral", even_alphas(n)), LONGER) for n in (32, 64)]
    assert abs(errors[0] / errors[1] - 2) < 0.1


@pytest.mark.parametrize(
    "sampler", ["first-hitting", "random", "confidence", "entropy", "margin", "left-to-right"]
)
@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F3c_one_word_a_step_is_exact_whatever_the_order(p, sampler) -> None:
    """Any rule that looks only at the state reaches the corpus itself: TV < 1e-12."""
    assert exact.distance(exact.propagate(p, sampler, even_alphas(p.ndim)), p) < 1e-12


def test_F3d_order_by_the_drawn_word_is_not_exact() -> None:
    """Even at one word a step TV is 0.2144 on this table, the excess of lucky draws."""
    reached = exact.propagate(TABLE, "confidence:by=drawn", even_alphas(2))
    assert abs(exact.distance(reached, TABLE) - 0.2144) < 5e-5


@pytest.mark.parametrize("sampler", sorted(exact.CHOOSERS))
def test_the_samplers_draw_what_their_definitions_say(sampler) -> None:
    """3,000 texts of three cells in two steps (seeds 0 to 2,999) against the propagated distribution, by
    Pearson's chi-square at p > 1e-4."""
    p, steps = LONGER, 2
    *_, last = denoise(
        process(p), exact.oracle(p), samplers.build(sampler), grids.build("uniform").times(steps),
        seeds=range(DRAWS), keep=torch.full((p.ndim,), -1), record=False,
    )  # fmt: skip
    due = exact.propagate(p, sampler, even_alphas(steps)).ravel() * DRAWS
    counts = np.zeros(p.shape)
    np.add.at(counts, tuple(last.state.numpy().T), 1)
    seen = counts.ravel()
    rare = due < 5  # pooled, as Pearson's test needs
    assert seen[due == 0].sum() == 0
    pooled = [(seen[~rare], due[~rare]), (seen[rare].sum(keepdims=True), due[rare].sum(keepdims=True))]
    seen, due = (np.concatenate(part) for part in zip(*pooled, strict=True))
    keep = due > 0
    assert chisquare(seen[keep], due[keep]).pvalue > 1e-4


def test_every_sampler_has_an_exact_counterpart() -> None:
    assert {name.partition(":")[0] for name in exact.CHOOSERS} == {
        name for name, part in samplers.items() if "absorbing" in part.serves
    }


def test_F9_rare_writes_happen_at_a_large_vocabulary() -> None:
    """65,536 words, write rate 1e-4, a million cells: 100 writes expected, seen within 5 sigma (50)."""
    num_words, cells = 65_536, 1_000
    large = Absorbing(num_words, schedules.build("linear"))
    state = torch.full((cells, cells), large.noise_id)
    even = torch.full((), 1 / num_words, dtype=torch.float64).expand(cells, cells, num_words)
    after = samplers.build("ancestral").step(large, moment(large, state, even, 1.0, 1 - 1e-4, step_rng(4, 0)))
    written = after[after != large.noise_id]
    assert abs(len(written) - 100) < 50
    assert len(written.unique()) > 0.9 * len(written)


def test_F9_uniforms_are_fine_enough() -> None:
    """Of a million float64 uniforms none repeats; with float32's 2^24 values about 29,000 would."""
    u = uniform((1_000_000,), step_rng(5, 0))
    assert u.dtype == torch.float64 and len(u.unique()) == 1_000_000


@pytest.mark.parametrize(("steps", "length", "runs"), [(128, 64, 60), (32, 64, 200)])
def test_F10_expected_network_calls_of_ancestral_sampling(steps, length, runs) -> None:
    """N (1 - (1 - 1/N)^L): 50.5 and 27.8 calls; the mean of the runs is within 5 standard errors."""
    one_word = Absorbing(1, schedules.build("linear"))
    oracle = exact.OracleDenoiser(torch.zeros(1, length, dtype=torch.int64), one_word)
    *_, last = denoise(
        one_word, oracle, samplers.build("ancestral"),
        grids.build("uniform").times(steps), seeds=range(runs), keep=torch.full((length,), -1), record=False,
    )  # fmt: skip
    due = steps * (1 - (1 - 1 / steps) ** length)
    assert due == pytest.approx({128: 50.5, 32: 27.8}[steps], abs=0.05)
    calls = last.calls.double()
    error = float(calls.std()) / math.sqrt(runs)
    assert abs(float(calls.mean()) - due) < 5 * error < 0.05 * due


@pytest.mark.parametrize("schedule", ["linear", "cosine-md4"])
def test_F10b_first_hitting_times_are_order_statistics(schedule) -> None:
    """After k of L writes the share of noise is the (L - k + 1)-th of L sorted uniforms: mean
    (L - k + 1) / (L + 1) within 4 standard errors at every k, 1,000 runs."""
    length, runs, built = 12, 1_000, schedules.build(schedule)
    rngs = [step_rng(seed, 0) for seed in range(runs)]
    times = samplers.build("first-hitting").times(built, np.array([1.0, 0.0]), 1.0, length, rngs)
    assert times.shape == (runs, length + 1)
    assert (times[:, 0] == 1).all() and (np.diff(times) < 0).all()
    share = 1 - built.alpha(times[:, 1:])
    due = (length + 1 - np.arange(1, length + 1)) / (length + 1)
    error = share.std(axis=0) / math.sqrt(runs)
    assert (np.abs(share.mean(axis=0) - due) < 4 * error).all()


@pytest.mark.parametrize("num", [1, 2, 7, 128])
def test_F15_stratified_times_hit_each_stratum_once(num) -> None:
    """Sorted, the k-th of n uniforms lies in [k / n, (k + 1) / n); exact."""
    u = stratified(num, step_rng(6, num)).sort().values
    low = torch.arange(num, dtype=torch.float64) / num
    assert bool((u >= low).all()) and bool((u < low + 1 / num).all())


def test_F15_each_stratified_time_alone_is_uniform() -> None:
    """The first of 8, over 2,000 draws, falls evenly into 8 strata and 4 quarters within them: p > 1e-3."""
    first = np.array([float(stratified(8, step_rng(7, k))[0]) for k in range(2_000)])
    counts = np.bincount((first * 32).astype(int), minlength=32)
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(
    "sampler", sorted(name for name in exact.CHOOSERS if name not in ("ancestral", "first-hitting"))
)
@pytest.mark.parametrize(("cells", "steps"), [(12, 5), (12, 12), (3, 5), (7, 2), (10, 4)])
def test_F17_quotas_are_even_and_the_larger_come_first(sampler, cells, steps) -> None:
    """12 cells in 5 steps: 3, 3, 2, 2, 2; fewer cells than steps: ones, then zeros. Exact."""
    frames = denoise(
        process(), exact.OracleDenoiser(torch.randint(3, (5, cells), generator=step_rng(8, cells)), process()),
        samplers.build(sampler), grids.build("uniform").times(steps), seeds=[0, 1],
        keep=torch.full((cells,), -1), record=False,
    )  # fmt: skip
    noisy = np.stack([(frame.state == 3).sum(-1).numpy() for frame in frames])
    quota, rest = divmod(cells, steps)
    due = [quota + 1] * rest + [quota] * (steps - rest)
    assert (-np.diff(noisy, axis=0) == np.array(due)[:, None]).all()
