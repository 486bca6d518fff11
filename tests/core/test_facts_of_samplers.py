"""Numbered facts of how masked diffusion samples, each with its tolerance, by enumeration wherever possible."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from tests.core.moments import moment
from tests.core.propagation import RULES, alone, masses, propagate
from textdiff_core.draws import step_rng, stratified, uniform
from textdiff_core.generate import denoise
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

DRAWS = 3_000


def process(p: np.ndarray = TABLE, schedule: str = "linear") -> Absorbing:
    return Absorbing(p.shape[0], schedules.build(schedule))


def error(p: np.ndarray, spec: str, steps: int, **options) -> float:
    """Total variation to the corpus."""
    return exact.distance(propagate(p, spec, steps, **options), p)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 8, 32, 128])
def test_F3b_ancestral_error_is_that_of_one_step_over_the_steps(steps) -> None:
    """For two cells and even steps TV(N) = TV(1) / N (0.4132, 0.2066, ..., 0.00323 at 128), within 1e-12."""
    once = exact.distance(exact.product(TABLE), TABLE)
    assert abs(once - 0.4132) < 5e-5
    assert abs(error(TABLE, "ancestral", steps) - once / steps) < 1e-12


def test_F3b_one_step_gives_independent_cells_and_more_steps_err_as_one_over_their_number() -> None:
    """For three cells: N = 1 is the product of marginals (1e-12); doubling N from 32 halves TV within 5 %."""
    assert exact.distance(propagate(LONGER, "ancestral", 1), exact.product(LONGER)) < 1e-12
    errors = [error(LONGER, "ancestral", n) for n in (32, 64)]
    assert abs(errors[0] / errors[1] - 2) < 0.1


@pytest.mark.parametrize(
    "sampler",
    [
        "first-hitting", "random", "confidence", "entropy", "margin", "left-to-right", "halton",
        "confidence:alg_temp=0.3", "entropy:alg_temp=0.5", "confidence:rounding=down", "p2:planner=random,eta=0",
        "threshold:tau=1", "factor:f=0", "entropy-bound:gamma=0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("p", [TABLE, LONGER], ids=["two cells", "three cells"])
def test_F3c_one_word_a_step_is_exact_whatever_the_order(p, sampler) -> None:
    """Any rule that looks only at the state reaches the corpus itself: TV < 1e-12."""
    assert error(p, sampler, p.ndim) < 1e-12


@pytest.mark.parametrize("sampler", ["confidence:by=drawn", "confidence:blocks=2,by=drawn", "p2"])
def test_F3d_order_by_the_drawn_word_is_not_exact(sampler) -> None:
    """Even at one word a step TV is 0.2144 on this table, the excess of lucky draws; in blocks of one cell there is no
    choice, and it is exact. To the exact denoiser words that stand are certain, so a planner takes none back."""
    assert abs(error(TABLE, sampler, 2) - (0.0 if "blocks" in sampler else 0.2144)) < 5e-5


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_F3e_a_clipped_rate_is_the_reverse_process_where_the_schedule_is_linear(steps) -> None:
    """TV of Euler and ancestral agree within 1e-9; the exponential form errs more (0.2160, not 0.2066, at N = 2)."""
    assert exact.distance(propagate(TABLE, "euler", steps), propagate(TABLE, "ancestral", steps)) < 1e-9
    jumps = error(TABLE, "euler:form=exponential", steps)
    assert jumps >= error(TABLE, "ancestral", steps) - 1e-12
    assert steps != 2 or abs(jumps - 0.2160) < 5e-5


def test_F3e_both_forms_err_as_one_over_the_steps() -> None:
    """Doubling N from 64 halves TV within 5 %, also where the schedule is not linear."""
    for spec in ("euler", "euler:form=exponential"):
        errors = [error(TABLE, spec, steps, schedule="cosine-md4") for steps in (64, 128)]
        assert abs(errors[0] / errors[1] - 2) < 0.1


@pytest.mark.parametrize("schedule", ["linear", "cosine-md4"])
@pytest.mark.parametrize("sampler", ["analytic", "d3pm"])
def test_F4_scores_and_posteriors_are_the_same_reverse_process(sampler, schedule) -> None:
    """The distribution over all states is that of ancestral sampling after each of 5 steps, within 1e-10."""
    ours, due = (list(masses(LONGER, spec, 5, schedule)) for spec in (sampler, "ancestral"))
    for after, expected in zip(ours, due, strict=True):
        states = after.keys() | expected.keys()
        assert max(abs(after.get(state, 0.0) - expected.get(state, 0.0)) for state in states) < 1e-10


def test_F4_the_analytic_step_is_that_of_scores_and_transition_matrices() -> None:
    """SEDD's staggered score times its transposed transition, written out with matrices over words and mask, at 200
    random points: the words' shares within 1e-10."""
    rng, num = np.random.default_rng(3), 5
    for _ in range(200):
        p, (a, b) = rng.dirichlet(np.ones(num)), sorted(rng.uniform(0.02, 0.98, size=2))
        score = np.append(p * a / (1 - a), 1.0)  # of y against the mask
        grown = np.exp(np.log(b) - np.log(a))  # exp(dsigma)
        back = np.eye(num + 1) * grown  # exp(-dsigma Q), Q the rate matrix of masking, columns from
        back[num] = 1 - grown
        back[num, num] = 1.0
        onward = np.full(num + 1, 1 - 1 / grown)  # exp(dsigma Q) from y into the mask
        onward[num] = 1.0
        due = (back @ score) * onward
        assert abs(due.sum() - 1) < 1e-9
        told = torch.tensor([[a], [b]], dtype=torch.float64)
        ours = samplers.build("analytic").words(torch.tensor(p)[None], told[:1], told[1:])
        assert np.abs(ours.numpy()[0] - due[:num]).max() < 1e-10


EVERY_SIGMA = [
    "remdm-cap:eta=0.2",
    "remdm-rescale:eta=0.5",
    "remdm-loop:eta=0.3",
    "corrector",
    "corrector:strength=2",
]


@pytest.mark.parametrize("spec", EVERY_SIGMA)
def test_F6_the_share_of_noise_falls_as_scheduled_whatever_is_remasked(spec) -> None:
    """P(noise at s) = 1 - alpha_s after every step, within 1e-12; and by the code's own numbers, (1 - alpha_t) (1 -
    P(written)) + alpha_t sigma = 1 - alpha_s at 1,000 random steps."""
    levels = RULES[spec].alphas(6) if RULES[spec].alphas else np.arange(7) / 6
    for alpha, states in zip(levels, masses(LONGER, spec, 6), strict=True):
        noise = sum(mass * known.words.count(3) / 3 for known, mass in states.items())
        assert abs(noise - (1 - alpha)) < 1e-12
    part, linear = samplers.build(spec), schedules.build("linear")
    t, s = np.sort(np.random.default_rng(5).uniform(size=(2, 1_000)), axis=0)[::-1]
    told = part.numbers(linear, t, s)
    assert np.abs(t * (1 - told["written"]) + (1 - t) * told["sigma"] - s).max() < 1e-12
    assert min(map(np.min, told.values())) >= 0 and max(map(np.max, told.values())) < 1 + 1e-12
    assert spec.startswith("remdm-loop") or told["sigma"].max() > 0.1


@pytest.mark.parametrize(
    "spec", ["remdm-cap:eta=0", "remdm-rescale:eta=0", "remdm-conf:eta=0", "corrector:strength=0"]
)
def test_F6_without_remasking_it_is_ancestral_sampling(spec) -> None:
    """The same words at the same steps from the same seeds."""
    frames, due = (
        list(
            denoise(
                process(LONGER), exact.oracle(LONGER), samplers.build(name), grids.build("uniform").times(6),
                seeds=range(50), keep=torch.full((3,), -1), record=False,
            )
        )
        for name in (spec, "ancestral")
    )  # fmt: skip
    assert all(torch.equal(a.state, b.state) for a, b in zip(frames, due, strict=True))


def test_F6_a_fixed_share_of_remasking_keeps_its_error_for_long() -> None:
    """eta = 0.02 has TV 0.0043 at 512 steps, ancestral 0.0008; eta = 0.2 has 0.0179 at 128, and from there on four
    times as many steps halve it, since at the end less is allowed than eta. One cell is exact."""
    assert abs(error(TABLE, "remdm-cap", 512) - 0.0043) < 1e-4
    assert abs(error(TABLE, "ancestral", 512) - 0.0008) < 1e-4
    errors = [error(TABLE, "remdm-cap:eta=0.2", steps) for steps in (128, 512)]
    assert abs(errors[0] - 0.0179) < 1e-4 and abs(errors[0] / errors[1] - 2) < 0.2
    one = np.array([0.5, 0.3, 0.2])
    assert max(error(one, spec, 7) for spec in EVERY_SIGMA) < 1e-12


class Judge:
    """A denoiser that looks at each cell as if it were hidden, so that it has a mind about words that stand."""

    def __init__(self, p: np.ndarray) -> None:
        self.p, self.known = p, {}

    def __call__(self, state, noise, where):
        for row in {tuple(row) for row in state.tolist()} - self.known.keys():
            self.known[row] = torch.from_numpy(alone(self.p, row))
        return torch.stack([self.known[tuple(row)] for row in state.tolist()])[where].log()


JUDGED = [spec for spec in RULES if samplers.build(spec).reads == "all"]


@pytest.mark.parametrize(
    ("spec", "judged"), [(spec, False) for spec in RULES] + [(spec, True) for spec in JUDGED],
    ids=[*RULES, *(f"{spec}, judged" for spec in JUDGED)],
)  # fmt: skip
def test_the_samplers_draw_what_their_definitions_say(spec, judged) -> None:
    """3,000 texts of three cells (seeds 0 to 2,999) in two steps of the cosine schedule, four where words go back,
    against the propagated distribution, by Pearson's chi-square at p > 1e-4."""
    p, steps = LONGER, 4 if samplers.build(spec).remasks else 2
    *_, last = denoise(
        process(p, "cosine-md4"), Judge(p) if judged else exact.oracle(p), samplers.build(spec),
        grids.build("uniform").times(steps), seeds=range(DRAWS), keep=torch.full((p.ndim,), -1), record=False,
        judge=exact.judge(p),
    )  # fmt: skip
    due = propagate(p, spec, steps, "cosine-md4", alone if judged else exact.posterior).ravel() * DRAWS
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
    assert {spec.partition(":")[0] for spec in RULES} == {
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
