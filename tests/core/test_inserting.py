"""How texts grow: samplers of the insertion process against enumeration, and the traces they leave."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.core.insertions import FREE, MASK, MIXED, ONE_LENGTH, PROCESS, L, V, ends, length, oracle
from tests.core.pairings import KEEP, PAIRINGS, STEPS, TEXTS, WORDS, exact, make, run
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.generate import denoise
from textdiff_core.recording import trace
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.samplers.inserting import LEAST_MISSING, InsertTau
from textdiff_core.schedules import grids
from textdiff_core.trace import Status, Trace

SAMPLERS = [sampler for process, sampler in PAIRINGS if process == "insertion"]
each_sampler = pytest.mark.parametrize("sampler", SAMPLERS)

# ---- which texts come out -------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["one-event", "one-event:order=random"])
@pytest.mark.parametrize("corpus", [ONE_LENGTH, MIXED], ids=["one length", "several"])
def test_one_event_a_step_is_exact_in_any_order(corpus, sampler) -> None:
    """4,000 texts (seeds 0 to 3,999) by Pearson's chi-square, p > 1e-3; other texts only as often as a text may
    be given up with words missing, with the probability `LEAST_MISSING` at most."""
    num = 4_000
    counts = ends(corpus, sampler, num)
    assert counts[-1] <= num * LEAST_MISSING + 3 * math.sqrt(num * LEAST_MISSING)
    due = corpus[1].numpy() * counts[:-1].sum()
    assert chisquare(counts[:-1], due).pvalue > 1e-3


def far(corpus, sampler: str, steps: int, num: int = 2_000) -> float:
    """Total variation of `num` texts and the corpus."""
    counts = ends(corpus, sampler, num, steps=steps)
    return float(np.abs(counts / num - np.append(corpus[1].numpy(), 0.0)).sum() / 2)


@pytest.mark.parametrize("sampler", ["insert-euler", "insert-tau", "insert-tau:order=confidence"])
def test_more_steps_come_closer(sampler) -> None:
    """On texts of several lengths TV falls from above 0.25 at 4 steps to below 0.2 at 16 and below 0.06 at
    64; sampling alone makes 0.02 of it (2,000 texts)."""
    few, more, most = (far(MIXED, sampler, steps) for steps in (4, 16, 64))
    assert few > 0.25 and few > more + 0.1 and more < 0.2 and most < 0.06


def test_poisson_draws_by_hand() -> None:
    """20,000 draws a rate: mean and variance are the rate, within 5 standard errors; nothing comes of 0."""
    rates = torch.tensor([0.0, 0.3, 2.0, 5.0], dtype=torch.float64)
    num, gaps = 20_000, 60
    u = torch.rand(num, gaps, generator=step_rng(0, 0), dtype=torch.float64)
    expected = torch.zeros(num, gaps, dtype=torch.float64)
    expected[:, :4] = rates
    drawn = InsertTau().births(expected, u)[:, :4].double()
    assert not bool(drawn[:, 0].any())
    for rate, column in zip(rates[1:], drawn.unbind(1)[1:], strict=True):
        assert abs(float(column.mean() - rate)) < 5 * math.sqrt(float(rate) / num)
        assert abs(float(column.var() - rate)) < 5 * math.sqrt(float(rate + 2 * rate**2) / num)


# ---- what a run keeps to --------------------------------------------------------------------------------


def eager(length: int) -> TransformerDenoiser:
    """A network that finds many words missing everywhere."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        denoiser = TransformerDenoiser(TransformerConfig(V, length, 16, 1, 2, **PROCESS.network))
    with torch.no_grad():
        denoiser.gap.bias.fill_(4.0)
    return denoiser.eval()


@each_sampler
def test_the_canvas_is_never_overfull(sampler) -> None:
    """A network that always wants more fills it, and then only writes."""
    frames = list(
        denoise(
            PROCESS, eager(5), samplers.build(sampler), grids.build("uniform").times(12), seeds=range(8),
            keep=torch.full((5,), -1),
        )
    )  # fmt: skip
    assert bool(PROCESS.present(frames[-1].state).all()) and not bool(PROCESS.open(frames[-1].state).any())
    for frame in frames:
        for row, there in zip(frame.state, PROCESS.present(frame.state), strict=True):
            assert sorted(row[there, 1].tolist()) == list(range(int(there.sum())))


@each_sampler
def test_given_words_keep_their_order(sampler) -> None:
    """The second and the last word of a text are given; around them others come, never between or before in
    another order; every end is a text with them in it."""
    word, last = int(KEEP[1]), int(KEEP[5])
    for seed in range(20):
        frames = run("insertion", sampler, seeds=(seed,))
        for frame in frames:
            ids, places = frame.state[0].unbind(-1)
            assert ids[1] == word and ids[5] == last and places[1] < places[5]
        if sampler.startswith("one-event"):
            assert bool((make("insertion").read(frames[-1].state) == TEXTS).all(-1).any())


@each_sampler
def test_cells_keep_their_slot(sampler) -> None:
    """Frame by frame: the cells there were are in the same order, and no word becomes another."""
    frames = run("insertion", sampler, seeds=(5,), keep=torch.full((6,), -1))
    for before, after in itertools.pairwise(frames):
        old = make("insertion").present(before.state)[0]
        order = [frame.state[0, old, 1].argsort().tolist() for frame in (before, after)]
        assert order[0] == order[1]
        words = before.state[0, old, 0]
        assert bool(((after.state[0, old, 0] == words) | (words == make("insertion").noise_id)).all())


# ---- traces ---------------------------------------------------------------------------------------------


@each_sampler
def test_a_trace_follows_every_cell_from_its_coming(sampler) -> None:
    """Each frame reads as its state does. A column is absent, then noise, then written once and settled; none
    is empty. What is so far alike in a run that is still going on, but for the columns that come later."""
    part = make("insertion")
    frames = run("insertion", sampler, seeds=(8,))
    whole = trace(frames, RunConfig(), WORDS, "char", KEEP)
    for i, frame in enumerate(frames):
        size = int(part.present(frame.state).sum())
        read = part.read(frame.state)[0, :size].tolist()
        assert whole.text(i) == "".join("▒" if one == part.noise_id else WORDS[one] for one in read)
        so_far = trace(frames[: i + 1], RunConfig(), WORDS, "char", KEEP)
        assert so_far.text() == whole.text(i) and so_far.tokens.shape == (i + 1, size)
    assert (whole.status[-1] != Status.ABSENT).all()
    free = [j for j in range(whole.tokens.shape[1]) if (whole.status[:, j] != Status.KEPT).all()]
    assert len(free) == whole.tokens.shape[1] - 2
    for j in free:
        runs = [status for status, _ in itertools.groupby(whole.status[:, j].tolist())]
        due = [Status.ABSENT, Status.NOISE, Status.WRITTEN, Status.SETTLED]
        assert runs in (due, due[:-1]) and (whole.status[:, j] == Status.WRITTEN).sum() == 1


@each_sampler
def test_what_is_recorded_is_what_the_model_said(sampler) -> None:
    """Of a mask the best word's share, the entropy and the likeliest words of this frame; of a word the share it
    had when it was written; of what is absent or given nothing. Within 1e-6 (float32)."""
    part = make("insertion")
    denoiser = exact(part)
    frames = run("insertion", sampler, seeds=(2,))
    seen = trace(frames, RunConfig(), WORDS, "char", KEEP)
    said: dict[int, np.ndarray] = {}
    for i, frame in enumerate(frames[:-1]):
        at = int(part.present(frame.state).sum())
        sequence = part.sequence(frame.state)
        logits, _ = denoiser.insertions(sequence, 1 - frame.alpha, sequence == part.noise_id)
        columns = np.flatnonzero(seen.status[i] != Status.ABSENT)
        assert len(columns) == at
        masks = columns[(sequence[0, :at] == part.noise_id).numpy()]
        now = dict(zip(masks.tolist(), logits.exp().numpy(), strict=True))
        for j in range(seen.tokens.shape[1]):
            if j in now:
                p = now[j]
                assert abs(seen.prob[i, j] - p.max()) < 1e-6
                assert abs(seen.entropy[i, j] + sum(q * math.log(q) for q in p if q)) < 1e-6
                assert np.abs(p[seen.top_ids[i, j]] - np.sort(p)[::-1]).max() < 1e-6
            elif seen.status[i, j] == Status.WRITTEN:
                assert abs(seen.prob[i, j] - said[j][seen.tokens[i, j]]) < 1e-6
            elif seen.status[i, j] in (Status.ABSENT, Status.KEPT):
                assert np.isnan(seen.prob[i, j])
            assert j in now or (seen.top_ids[i, j] == -1).all()
        said = now


@each_sampler
def test_a_column_says_how_an_edit_names_it(sampler) -> None:
    """By its place among the cells that are there: putting a column back to noise hits that column."""
    frames = run("insertion", sampler, seeds=(8,))
    whole = trace(frames, RunConfig(), WORDS, "char", KEEP)
    step = 4
    for cell in range(whole.tokens.shape[1]):
        if whole.status[step, cell] == Status.ABSENT:
            with pytest.raises(ValueError, match=f"cell {cell + 1} is not on the canvas at step {step}"):
                whole.position(step, cell)
        elif whole.status[step, cell] != Status.KEPT:
            edit = Edit(step, (whole.position(step, cell),), seed=1)
            after = run("insertion", sampler, seeds=(8,), edits=[edit])[step + 1]
            places = [whole.position(step, other) - 1 for other in np.flatnonzero(whole.status[step])]
            assert places == list(range(len(places)))
            due = whole.tokens[step, np.flatnonzero(whole.status[step])]
            due[places.index(whole.position(step, cell) - 1)] = len(WORDS)
            read = make("insertion").read(after.state)[0, : len(due)]
            assert read.tolist() == due.tolist()


def test_a_trace_of_an_empty_canvas_has_no_cells_and_survives_its_file(tmp_path) -> None:
    frames = run("insertion", "one-event", keep=torch.full((6,), -1))[:1]
    empty = trace(frames, RunConfig(), WORDS, "char", torch.full((6,), -1))
    assert empty.tokens.shape == (1, 0) and empty.text() == ""
    empty.save(tmp_path / "empty.npz")
    assert Trace.load(tmp_path / "empty.npz").tokens.shape == (1, 0)


# ---- edits ----------------------------------------------------------------------------------------------


@each_sampler
@pytest.mark.parametrize("step", [3, -1])
def test_an_edit_names_words_as_they_are_read_in_its_frame(sampler, step) -> None:
    """In the middle and at the end: the first and the fourth of the words there are masks in the next frame,
    the others are as they were, and the run goes on to a text. Time goes on from where it was, or from the
    share of masks if that is more."""
    part = make("insertion")
    plain = run("insertion", sampler, seeds=(8,))
    step = step % len(plain)
    positions = [1, int(part.present(plain[step].state).sum())]
    slots = [part.places(plain[step].state)[0].tolist().index(position - 1) for position in positions]
    positions = [p for p, slot in zip(positions, slots, strict=True) if KEEP[slot] < 0]
    slots = [slot for slot in slots if KEEP[slot] < 0]
    frames = run("insertion", sampler, seeds=(8,), edits=[Edit(step, tuple(positions), seed=4)])
    before, after = frames[step], frames[step + 1]
    for one, other in zip(frames[: step + 1], plain[: step + 1], strict=True):
        assert torch.equal(one.state, other.state)
    due = before.state.clone()
    due[0, slots, 0] = part.noise_id
    assert torch.equal(after.state, due)
    masks = int(part.open(due).sum()) / int((part.present(due)[0] & (KEEP < 0)).sum())
    least = max(masks, float(1 - before.alpha) if step < len(plain) - 1 else 0.0)
    assert float(1 - after.alpha) >= least - 1e-9
    assert not bool(part.open(frames[-1].state).any())
    status = trace(frames, RunConfig(), WORDS, "char", KEEP).status
    assert (status[step + 1] == Status.RENOISED).sum() == int((before.words[0, slots] != part.noise_id).sum())


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit(0, (1,)), "names position 1, which is a kept word"),
        (Edit(0, (3,)), "names position 3; the canvas has 2"),
        (Edit(99, (1,)), "an edit is at step 99, but the run has only"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edit, message) -> None:
    with pytest.raises(ValueError, match=message):
        run("insertion", "insert-tau", edits=[edit])


def test_the_corpora_of_these_tests() -> None:
    """All lengths from 0 to the canvas, repeated words, masks that are not words."""
    assert {length(text) for text in MIXED[0]} == set(range(L + 1)) and MASK == V
    assert {length(text) for text in ONE_LENGTH[0]} == {L} and len(FREE) == L and STEPS == 4
    assert float(oracle(MIXED).weights.sum()) == pytest.approx(1)
