"""Samplers of the Gaussian process: their formulas, what they reach, and networks that read vectors."""

import io
import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.core import exact
from tests.core.exact import TABLE
from tests.core.moments import moment
from tests.core.pairings import FREE, KEEP, TEXTS, make, recorded, run
from textdiff_core import checkpoints, lab
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.processes import Gaussian
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.samplers.vectors import bridge
from textdiff_core.schedules import grids, schedules
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig

EVERY = ["ddpm", "ddim", "ddim:eta=0.5", "ddim:eta=1"]
EVERY = [
    f"{name}{':' if ':' not in name else ','}clamp={clamp}"
    for name in EVERY
    for clamp in ("off", "nearest", "drawn")
]
LEVELS = torch.tensor([0.0, 1e-6, 0.02, 0.3, 0.7, 0.99, 1.0], dtype=torch.float64)
PAIRS = [(t, s) for t, s in itertools.product(LEVELS, LEVELS) if t <= s]


def signals(t: torch.Tensor, s: torch.Tensor) -> list[torch.Tensor]:
    """Signal and noise at t and at s, of two given signals."""
    return [part[None] for a in (t, s) for part in (a, (1 - a**2).sqrt())]


# ---- formulas -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("t", "s"), PAIRS)
def test_a_step_back_leads_to_the_marginal_at_s(t, s) -> None:
    """z_t from q(z_t | x), then the bridge, gives mean a_s e(x) and variance s_s^2, within 1e-12, also from pure
    noise, to clean, and where nothing moves."""
    a_t, s_t, a_s, s_s = signals(t, s)
    way = bridge(a_t, s_t, a_s, s_s)
    assert abs(float(way.from_state * a_t + way.from_word - a_s)) < 1e-12
    assert abs(float(way.from_state**2 * s_t**2 + way.variance - s_s**2)) < 1e-12
    assert float(way.variance) >= 0


@pytest.mark.parametrize(("t", "s"), [(t, s) for t, s in PAIRS if 0.01 < t < s < 1])
def test_F14b_the_papers_agree(t, s) -> None:
    """DDPM's coefficients and variance in alpha-bar and beta, VDM's c, and DDIM's sigma at eta = 1: within 1e-12."""
    bar_t, bar_s = t**2, s**2
    beta = 1 - bar_t / bar_s
    a_t, s_t, a_s, s_s = signals(t, s)
    way = bridge(a_t, s_t, a_s, s_s)
    assert abs(float(way.from_word) - beta * bar_s.sqrt() / (1 - bar_t)) < 1e-12
    assert abs(float(way.from_state) - (1 - bar_s) * (1 - beta).sqrt() / (1 - bar_t)) < 1e-12
    assert abs(float(way.variance) - beta * (1 - bar_s) / (1 - bar_t)) < 1e-12
    gamma_t, gamma_s = (-(bar / (1 - bar)).log() for bar in (bar_t, bar_s))
    c = -torch.expm1(gamma_s - gamma_t)
    assert abs(float(c) - beta / (1 - bar_t)) < 1e-12
    assert abs(float(way.from_state) - (1 - c) * s / t) < 1e-12
    sigma = ((1 - bar_s) / (1 - bar_t)).sqrt() * (1 - bar_t / bar_s).sqrt()
    assert abs(float(way.variance) - sigma**2) < 1e-12


def test_ddim_with_all_fresh_noise_is_ddpm_and_with_none_draws_nothing() -> None:
    """The same vectors from the same draws within 1e-12; with eta = 0 from any draws, to the bit."""
    process = make("gaussian")
    state = process.prior(TEXTS, rng=step_rng(0, 1))
    p = torch.rand(state.shape, generator=step_rng(0, 2), dtype=torch.float64)
    p = p / p.sum(-1, keepdim=True)
    for t, s in [(1.0, 0.7), (0.8, 0.2), (0.3, 0.0)]:
        one, other = (
            samplers.build(name).step(process, moment(process, state, p, t, s, step_rng(0, 3)))
            for name in ("ddpm", "ddim:eta=1")
        )
        assert float((one - other).abs().max()) < 1e-12
        first, again = (
            samplers.build("ddim").step(process, moment(process, state, p, t, s, step_rng(seed, 3)))
            for seed in range(2)
        )
        assert torch.equal(first, again)


@pytest.mark.parametrize(
    ("sampler", "schedule"),
    [
        *((sampler, "linear") for sampler in EVERY),
        *itertools.product(
            ["ddpm", "ddim:eta=0.5"],
            [*schedules, "polynomial:k=8", "polynomial:k=0.25", "geometric:high=50"],
        ),
    ],
)
def test_any_number_of_steps_is_finite_and_ends_on_words(sampler, schedule) -> None:
    """1, 2, 3, 20 and 21 steps (fewer where the first times are all pure noise), with a denoiser that says little:
    no NaN, vectors of at most a few times pure noise, exact unit vectors at the end, kept words untouched."""
    process = make("gaussian", schedule)
    denoiser = OracleDenoiser(TEXTS, process)
    for steps in (1, 2, 3, 20, 21):
        frames = list(
            denoise(
                process, denoiser, samplers.build(sampler), grids.build("uniform").times(steps),
                seeds=[0, 1], keep=KEEP, record=False,
            )
        )  # fmt: skip
        assert len(frames) <= steps + 1
        for frame in frames:
            assert bool(frame.state.isfinite().all()) and float(frame.state.abs().max()) < 12
            assert bool((frame.words[:, KEEP >= 0] == KEEP[KEEP >= 0]).all())
        assert torch.equal(frames[-1].state, process.vectors_of(frames[-1].words))


# ---- what they reach ------------------------------------------------------------------------------------


def texts_of(p: np.ndarray, sampler: str, steps: int, num: int, seed: int) -> np.ndarray:
    """How often each text came, in p's shape, in `num` runs with the exact denoiser."""
    process = Gaussian(p.shape[0], schedules.build("linear"))
    listed = torch.tensor(list(itertools.product(range(p.shape[0]), repeat=p.ndim)))
    oracle = OracleDenoiser(listed, process, torch.from_numpy(p.ravel()))
    state = process.prior(torch.zeros(num, p.ndim, dtype=torch.int64), rng=step_rng(seed, 0))
    where = process.open(state)
    for k, (t, s) in enumerate(itertools.pairwise(grids.build("uniform").times(steps)), 1):
        logits, _ = process.ask(oracle, state, torch.full((num,), t, dtype=torch.float64), where, None)
        p_x0 = logits.softmax(-1).view_as(state)
        state = samplers.build(sampler).step(process, moment(process, state, p_x0, t, s, step_rng(seed, k)))
    counts = np.zeros(p.shape)
    np.add.at(counts, tuple(process.words(state).numpy().T), 1)
    return counts


@pytest.mark.parametrize("sampler", ["ddpm:clamp=drawn"])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_one_cell_with_drawn_words_is_exact_at_any_number_of_steps(sampler, steps) -> None:
    """30,000 texts of one word, Pearson's chi-square at p > 1e-4."""
    p = np.array([0.5, 0.3, 0.15, 0.05])
    assert chisquare(texts_of(p, sampler, steps, 30_000, steps).ravel(), 30_000 * p).pvalue > 1e-4


def test_one_step_gives_independent_words_or_always_the_likeliest() -> None:
    """Drawn: the product of the marginals (30,000 texts, chi-square at p > 1e-4). By the mean: one text only."""
    due = 30_000 * exact.product(TABLE)
    assert chisquare(texts_of(TABLE, "ddpm:clamp=drawn", 1, 30_000, 7).ravel(), due.ravel()).pvalue > 1e-4
    assert np.count_nonzero(texts_of(TABLE, "ddpm", 1, 100, 8)) == 1


@pytest.mark.parametrize("sampler", ["ddpm", "ddpm:clamp=drawn", "ddim", "ddim:eta=0.5"])
def test_more_steps_come_closer_to_the_corpus(sampler) -> None:
    """Total variation of 30,000 texts of two cells: falls from 1 to 2 to 32 steps, and is below 0.025 at 32, where
    0.007 is expected of an exact sampler."""
    error = [exact.distance(texts_of(TABLE, sampler, n, 30_000, n) / 30_000, TABLE) for n in (1, 2, 32)]
    assert error[0] > error[1] > error[2] and error[2] < 0.025


@pytest.mark.parametrize("sampler", ["ddpm", "ddim"])
def test_clamping_to_the_nearest_word_is_biased_at_any_number_of_steps(sampler) -> None:
    """It prefers likely words: at 64 steps TV is still above 0.08 (without it below 0.02)."""
    reached = texts_of(TABLE, f"{sampler}:clamp=nearest", 64, 20_000, 3) / 20_000
    assert exact.distance(reached, TABLE) > 0.08


# ---- traces and the door --------------------------------------------------------------------------------


def test_a_trace_keeps_distances_and_a_file_without_them_is_read() -> None:
    """Pure noise near 1 (seven words: within 0.6), words at 0; an exact denoiser has no map; files round trip."""
    seen, plain = recorded("gaussian", "ddpm"), recorded("uniform", "posterior")
    assert seen.distance.shape == seen.tokens.shape and seen.points is None and seen.word_points is None
    assert (np.abs(seen.distance[0, KEEP < 0] - 1) < 0.6).all() and (seen.distance[-1] == 0).all()
    assert plain.distance is None
    for one in (seen, plain):
        file = io.BytesIO()
        one.save(file)
        again = Trace.load(file.getvalue())
        assert (again.distance is None) == (one.distance is None)
        assert one.distance is None or again.distance.tobytes() == one.distance.tobytes()
    with pytest.raises(ValueError, match="trace field distance has shape"):
        seen.__class__(**{**vars(seen), "distance": seen.distance[:-1]})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of four steps with vectors, from a masked denoiser's weights."""
    folder = tmp_path_factory.mktemp("runs")
    small = {
        "width": 16,
        "depth": 1,
        "heads": 1,
        "steps": 2,
        "every": 2,
        "batch": 4,
        "validation": 2,
        "warmup": 1,
    }
    list(lab.train(TrainConfig(**small), folder / "masked"))
    config = TrainConfig(**small, process="gaussian", targets="exact", start=str(folder / "masked"))
    points = [step.report for step in lab.train(config, folder / "vectors") if step.report]
    assert [point.step for point in points] == [2] and math.isfinite(points[0].validation_nelbo)
    return folder / "vectors"


def test_a_trained_model_runs_through_the_door(trained) -> None:
    """Loaded with vectors; its trace has the map of the words, on which the last frame's points are words."""
    loaded = checkpoints.load(trained).denoiser
    assert loaded.config.vectors and loaded.config.time_conditioning
    config = lab.fitting(RunConfig(model=str(trained), steps=6, keep=((3, "fox"),)))
    assert config.sampler == "ddpm"
    seen, file = lab.run(config), io.BytesIO()
    assert seen.tokens.shape == seen.distance.shape == seen.points.shape[:2]
    due = loaded.word_points().float().numpy()
    assert np.abs(seen.word_points - due).max() < 1e-6
    assert np.abs(seen.points[-1] - due[seen.tokens[-1]]).max() < 1e-6
    assert (seen.distance[:, 2] == 0).all() and (seen.distance[-1] == 0).all()
    seen.save(file)
    again = Trace.load(file.getvalue())
    for name in ("distance", "points", "word_points"):
        assert getattr(again, name).tobytes() == getattr(seen, name).tobytes()
    assert lab.evaluate(config, 2)["gap_nats_per_story"] > 10  # two steps teach nothing


def test_the_last_answer_is_told_again_but_not_after_an_edit() -> None:
    """Every question but the first of a run and the first after an edit comes with an earlier answer."""

    class Told(OracleDenoiser):
        def forward(self, state, noise=None, where=None, **hints):
            told.append(hints["previous"] is not None)
            return super().forward(state, noise, where)

    told: list[bool] = []
    process = make("gaussian")
    run("gaussian", "ddpm", denoiser=Told(TEXTS, process), keep=FREE, edits=[Edit(2, (1,))])
    assert told == [False, True, True, False, True]
