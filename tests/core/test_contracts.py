"""One battery for every registry entry and every legal pairing: what a part must keep to whatever it does."""

import io
import itertools
import math

import numpy as np
import pytest
import torch

from tests.core.pairings import (
    FORWARD,
    FREE,
    JUDGE,
    KEEP,
    LENGTH,
    NUM_WORDS,
    PAIRINGS,
    STEPS,
    TEXTS,
    WORDS,
    Counted,
    each_discrete,
    each_fixed_pairing,
    each_pairing,
    each_process,
    each_schedule,
    exact,
    make,
    recorded,
    run,
)
from tests.core.same_arrays import assert_same_arrays
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.recording import trace
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids
from textdiff_core.trace import Status, Trace

# ---- processes x schedules ------------------------------------------------------------------------------


@each_process
@each_schedule
def test_the_prior_is_what_noise_leads_to(process, schedule) -> None:
    """q(x_t | x_0) at t = 1 is the same whatever the text, and shows nothing but noise; at t = 0 it is the text."""
    part = make(process, schedule)
    ones, zeros = torch.ones(len(TEXTS)), torch.zeros(len(TEXTS))
    noise = part.corrupt(TEXTS, ones, rng=step_rng(1, 0))
    assert torch.equal(noise, part.corrupt(TEXTS.flip(0), ones, rng=step_rng(1, 0)))
    assert noise.shape == part.prior(TEXTS, rng=step_rng(1, 0)).shape
    assert torch.equal(part.read(part.corrupt(TEXTS, zeros, rng=step_rng(1, 0))), TEXTS)
    there = part.present(noise)
    assert not bool(there.any()) if part.grows else bool(there.all())
    assert torch.equal(part.open(noise), there)
    nothing = torch.zeros(TEXTS.shape, dtype=torch.bool)
    assert torch.equal(part.noisy(noise, nothing, ~nothing, zeros.double()), there)
    clean = part.corrupt(TEXTS, zeros, rng=step_rng(1, 0))
    assert not bool(part.noisy(clean, nothing, ~nothing, ones.double()).any())


@each_discrete
@each_schedule
@pytest.mark.parametrize(("t", "s"), [(1.0, 0.0), (1.0, 0.6), (0.7, 0.2), (0.35, 0.0)])
def test_the_posterior_is_a_distribution_and_steps_compose(process, schedule, t, s) -> None:
    """Rows sum to 1, and sum over x_t of posterior x q(x_t | x_0) is q(x_s | x_0): both within 1e-12."""
    part = make(process, schedule)
    alpha_t, alpha_s = (part.schedule.alpha(x) for x in (t, s))
    one_hot = torch.eye(NUM_WORDS, dtype=torch.float64)[:, None]  # every word as a text of one cell
    shares = FORWARD[process](alpha_t)
    reached = torch.zeros_like(shares)
    for x_t, share in enumerate(shares.unbind(1)):
        times = (torch.full((NUM_WORDS,), value, dtype=torch.float64) for value in (t, s))
        step = part.posterior(torch.full((NUM_WORDS, 1), x_t), one_hot, *times)
        possible = share > 0
        assert bool(((step[possible].sum(-1) - 1).abs() < 1e-12).all()) and bool((step[possible] >= 0).all())
        reached += torch.where(possible[:, None], share[:, None] * step[:, 0], 0.0)
    assert float((reached - FORWARD[process](alpha_s)).abs().max()) < 1e-12


@each_discrete
@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_the_likelihood_is_bayes_rule(process, noise) -> None:
    """Of each state a cell can be in: the column of q(x_t | x_0), up to a factor, within 1e-12."""
    part, table = make(process), FORWARD[process](1 - noise)
    states = torch.arange(table.shape[1])[:, None]
    told = part.likelihood(states, torch.full((len(states),), noise, dtype=torch.float64))[:, 0]
    for state, due in enumerate(table.unbind(1)):
        if bool(due.sum() > 0):
            assert float((told[state] / told[state].sum() - due / due.sum()).abs().max()) < 1e-12


def test_the_masked_posterior_leaves_words_alone() -> None:
    part = make("absorbing")
    p_x0 = torch.full((len(TEXTS), LENGTH, NUM_WORDS), 1 / NUM_WORDS, dtype=torch.float64)
    t, s = torch.full((len(TEXTS),), 0.8), torch.full((len(TEXTS),), 0.1)
    assert torch.equal(part.posterior(TEXTS, p_x0, t, s).argmax(-1), TEXTS)
    assert bool((part.posterior(TEXTS, p_x0, t, s).amax(-1) == 1).all())


# ---- samplers x processes x grids x schedules -----------------------------------------------------------


@each_pairing
@pytest.mark.parametrize("grid", ["uniform", "cosine", "list:given=1/0.9/0.3/0.2/0"])
@each_schedule
def test_a_run_goes_from_noise_to_text_step_by_step(process, sampler, grid, schedule) -> None:
    """N + 1 frames, times falling from 1, kept cells untouched, no noise in the end, network calls counted.

    Where words are never taken back: each written once, at most one call a word; where they go back to noise, they
    become other words only through it, with at most a call a step; where words are replaced, a call a step. Where
    cells come, it starts without them, and none goes. Steps of one event, or of as many words as the model's answer
    allows, are as many as it takes; and steps may stay at one noise level where a sampler says so."""
    part = make(process, schedule)
    denoiser = Counted(part)
    frames = run(process, sampler, schedule=schedule, grid=grid, denoiser=denoiser)
    words = torch.cat([frame.words for frame in frames])
    noisy = torch.cat([frame.measured.noisy for frame in frames])
    free = int((KEEP < 0).sum())
    there = torch.cat([part.present(frame.state) for frame in frames])
    rule = samplers.build(sampler)
    one_by_one, adaptive = (rule.rule == kind for kind in ("one", "adaptive"))
    if not (part.grows and one_by_one):
        assert len(frames) == (free if one_by_one else STEPS) + 1 or (adaptive and len(frames) <= free + 1)
    t = [float(frame.t[0]) for frame in frames]
    assert t[0] == 1 and all(a > b or (rule.rests and a == b) for a, b in itertools.pairwise(t))
    assert t[-1] == 0 or one_by_one
    # Not to the last bit: one number and a row of them may take different instructions.
    assert all(abs(float(f.alpha[0]) - part.schedule.alpha(float(f.t[0]))) < 1e-12 for f in frames)
    assert bool((words[:, KEEP >= 0] == KEEP[KEEP >= 0]).all())
    assert torch.equal(there[0], KEEP >= 0) if part.grows else bool(there.all())
    assert bool((noisy | ~there)[0, KEEP < 0].all()) and not bool(noisy[-1].any())
    assert bool((there[1:] | ~there[:-1]).all())
    assert len(denoiser.asked) == int(frames[-1].calls - frames[-1].judged)
    assert all(a.calls <= b.calls for a, b in itertools.pairwise(frames))
    if part.revises:
        assert int(frames[-1].calls) == STEPS
    else:
        back = noisy[1:] if rule.remasks else torch.zeros_like(noisy[1:])
        assert bool(((words[1:] == words[:-1]) | noisy[:-1] | back).all())
        assert int(frames[-1].calls - frames[-1].judged) <= (
            len(frames) - 1 if part.grows or rule.remasks else free
        )
    if one_by_one and part.grows:
        happened = (words[1:] != words[:-1]).sum(-1) + (there[1:] & ~there[:-1]).sum(-1)
        assert int(happened.max()) == 1
    elif one_by_one:
        assert noisy.sum(-1).tolist() == list(range(free, -1, -1))


@pytest.mark.parametrize("sampler", [sampler for process, sampler in PAIRINGS if process == "absorbing"])
def test_an_unchanged_state_is_asked_about_once(sampler) -> None:
    """64 steps, 6 cells: only states with noise, one call for each of them, no state twice unless words that went back
    to noise lead to it again. Where words that stand are judged too, one call for each change."""
    process = "absorbing"
    denoiser = Counted(make(process))
    frames = list(
        denoise(
            make(process), denoiser, samplers.build(sampler), grids.build("uniform").times(64),
            seeds=[5], keep=FREE, judge=JUDGE,
        )
    )  # fmt: skip
    states = [state for state, _ in itertools.groupby(tuple(frame.state[0].tolist()) for frame in frames)]
    reads_all = samplers.build(sampler).reads == "all"
    assert (
        denoiser.asked[: len(states) - 1]
        == [s for s in states if reads_all or NUM_WORDS in s][: len(states) - 1]
    )
    assert len(denoiser.asked) <= len(states) and (reads_all or all(NUM_WORDS in s for s in denoiser.asked))
    assert samplers.build(sampler).remasks or len(set(denoiser.asked)) == len(denoiser.asked)


@each_pairing
def test_the_same_seed_gives_the_same_trace_and_another_another(process, sampler) -> None:
    first, again = recorded(process, sampler), recorded(process, sampler)
    for name in ("t", "alpha", "tokens", "status", "prob", "entropy", "top_ids", "top_probs", "calls"):
        assert np.array_equal(
            getattr(first, name), getattr(again, name), equal_nan=name in ("prob", "entropy")
        )
    others = {recorded(process, sampler, seeds=[seed], keep=FREE).tokens.tobytes() for seed in range(10)}
    assert len(others) > 1


@each_pairing
def test_a_row_of_a_batch_is_the_run_alone(process, sampler) -> None:
    """Seeds 0 to 7 together and one by one: the same states (vectors within 1e-9, since sums round), words and calls;
    times, whose powers round otherwise in a row of numbers than in one, and measures within 1e-12 (1e-9). A row that
    is finished stays as it is."""
    together = run(process, sampler, seeds=range(8))
    own_end = make(process).grows or samplers.build(sampler).rule == "adaptive"
    for row in range(8):
        single = run(process, sampler, seeds=[row])
        assert len(single) == len(together) or (own_end and len(single) < len(together))
        for frame, alone in itertools.zip_longest(together, single, fillvalue=single[-1]):
            near = 1e-9 if frame.state.is_floating_point() else 0.0
            assert torch.allclose(frame.state[row], alone.state[0], rtol=0, atol=near)
            assert torch.equal(frame.words[row], alone.words[0])
            assert abs(float(frame.t[row] - alone.t[0])) < 1e-12 and frame.calls[row] == alone.calls[0]
            for name in ("prob", "entropy", "top_ids", "top_probs"):
                ours, due = getattr(frame.measured, name)[row], getattr(alone.measured, name)[0]
                assert torch.allclose(
                    ours.double(), due.double(), rtol=0, atol=max(near, 1e-12), equal_nan=True
                )


@each_pairing
def test_recording_changes_nothing(process, sampler) -> None:
    for frame, bare in zip(run(process, sampler), run(process, sampler, record=False), strict=True):
        assert torch.equal(frame.state, bare.state) and bare.measured is None
        assert torch.equal(frame.calls, bare.calls) or frame.calls > bare.calls


@each_fixed_pairing
@pytest.mark.parametrize("options", [{}, {"temperature": 0.5}, {"top_p": 0.6}, {"temperature": 0.0}])
def test_what_is_recorded_is_what_the_model_said(process, sampler, options) -> None:
    """Of a cell that was asked about: its word's share (of noise the best word's), the entropy, and of open cells the
    eight likeliest words in this frame; of others the share and entropy at the moment they were written, ever
    after; of a kept word, and of noise that was not asked about, NaN. Within 1e-6 (float32)."""
    part, reads = make(process), samplers.build(sampler).reads
    frames, oracle = run(process, sampler, **options), exact(part)
    seen = trace(frames, RunConfig(), WORDS, "char", KEEP)

    def asked_at(i: int) -> torch.Tensor:
        """(L,) bool: the cells that frame i's question is about."""
        cells = (KEEP < 0) & (part.open(frames[i].state)[0] | (reads == "all"))
        return part.following(cells[None])[0] if reads == "next" else cells

    def said_at(i: int) -> np.ndarray:
        """(L, V) of p(x_0 | x_t) in frame i, from the oracle, by Bayes' rule for the cell's own state."""
        state, noise = frames[i].state, 1 - frames[i].alpha
        asked = asked_at(i)
        others = oracle(state, noise, asked[None]).exp()  # (K, V)
        p = torch.full((LENGTH, NUM_WORDS), torch.nan, dtype=torch.float64)
        p[asked] = others * part.likelihood(state, noise)[0][asked]
        return (p / p.sum(-1, keepdim=True)).numpy()

    for i in range(seen.num_steps + 1):
        said, open_cells = said_at(i), part.open(frames[i].state)[0]
        for cell in range(LENGTH):
            status, word = seen.status[i, cell], seen.tokens[i, cell]
            asked = bool(asked_at(i)[cell]) and i < seen.num_steps
            if KEEP[cell] >= 0:
                assert status == Status.KEPT
                assert np.isnan(seen.prob[i, cell]) and np.isnan(seen.entropy[i, cell])
            elif asked:
                due = said[cell].max() if status in (Status.NOISE, Status.RENOISED) else said[cell][word]
                assert abs(seen.prob[i, cell] - due) < 1e-6
                assert abs(seen.entropy[i, cell] + sum(q * math.log(q) for q in said[cell] if q)) < 1e-6
                if open_cells[cell]:
                    assert np.abs(seen.top_probs[i, cell] - np.sort(said[cell])[::-1]).max() < 1e-6
                    assert np.abs(said[cell][seen.top_ids[i, cell]] - seen.top_probs[i, cell]).max() < 1e-6
            elif status in (Status.WRITTEN, Status.CHANGED):
                assert abs(seen.prob[i, cell] - said_at(i - 1)[cell][word]) < 1e-6
            elif status == Status.NOISE:
                assert reads == "next" and np.isnan(seen.prob[i, cell]) and np.isnan(seen.entropy[i, cell])
            else:
                assert status == Status.SETTLED and seen.entropy[i, cell] == seen.entropy[i - 1, cell]
                if not part.revises:
                    assert seen.prob[i, cell] == seen.prob[i - 1, cell]
            if not (asked and open_cells[cell]):
                assert (seen.top_ids[i, cell] == -1).all()


each_unmasking = pytest.mark.parametrize(
    ("process", "sampler"), [pair for pair in PAIRINGS if pair[0] == "absorbing"]
)


def shares_before(seen: Trace, i: int, cell: int) -> tuple[np.ndarray, float]:
    """What the model said of the cell one frame ago, and the share of the word that was written."""
    share = dict(zip(seen.top_ids[i - 1, cell].tolist(), seen.top_probs[i - 1, cell].tolist(), strict=True))
    return seen.top_probs[i - 1, cell].astype(float), share[int(seen.tokens[i, cell])]


@each_unmasking
def test_temperature_zero_writes_the_likeliest_word(process, sampler) -> None:
    for seed in range(5):
        seen = recorded(process, sampler, temperature=0.0, seeds=[seed])
        for i, cell in zip(*np.nonzero(seen.status == Status.WRITTEN), strict=True):
            said, share = shares_before(seen, i, cell)
            assert abs(share - said.max()) < 1e-6


@each_unmasking
def test_top_p_keeps_to_the_likeliest_words(process, sampler) -> None:
    """A written word is among the fewest likeliest words whose shares reach top_p, also the one that crosses."""
    for seed in range(10):
        seen = recorded(process, sampler, top_p=0.5, seeds=[seed], keep=FREE)
        for i, cell in zip(*np.nonzero(seen.status == Status.WRITTEN), strict=True):
            said, share = shares_before(seen, i, cell)
            assert said[said > share + 1e-6].sum() < 0.5 + 1e-6


@each_pairing
def test_a_trace_survives_its_file(process, sampler) -> None:
    seen, file = recorded(process, sampler), io.BytesIO()
    seen.save(file)
    again = Trace.load(file.getvalue())
    assert_same_arrays(again, seen)
    assert (again.config, again.words, again.spacing) == (seen.config, seen.words, seen.spacing)


# ---- edges ----------------------------------------------------------------------------------------------


@each_pairing
def test_a_canvas_of_kept_words_needs_no_call(process, sampler) -> None:
    denoiser = Counted(make(process))
    frames = run(process, sampler, keep=TEXTS[0], denoiser=denoiser)
    assert all(torch.equal(frame.words[0], TEXTS[0]) for frame in frames)
    assert denoiser.asked == [] and int(frames[-1].calls) == 0


def test_a_sampler_refuses_a_process_it_does_not_serve() -> None:
    class Other:
        name = "other"

    with pytest.raises(ValueError, match="sampler 'confidence' needs the absorbing process"):
        next(denoise(Other(), None, samplers.build("confidence"), np.array([1.0, 0.0]), seeds=[0], keep=FREE))
