"""A reader's edits: words put back to noise in the middle of a run or at its end."""

import itertools

import pytest
import torch

from tests.core.pairings import FREE, KEEP, NUM_WORDS, WORDS, each_fixed_pairing, make, run
from textdiff_core.recording import trace
from textdiff_core.records import Edit, RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.trace import Status


@each_fixed_pairing
@pytest.mark.parametrize("step", [0, 2, 4])
def test_an_edit_makes_noise_that_is_written_again(process, sampler, step) -> None:
    """At the start, in the middle and at the end: the named cells are noise in the next frame and the rest is
    as it was; from there a run like any other; before it, the run without the edit. Where words may change
    or go back to noise at any time, a finished text stays as it is but for the named cells."""
    cells = [0, 3]
    plain = run(process, sampler)
    step = min(step, len(plain) - 1)  # a sampler that finds its own steps may be at the end by then
    frames = run(process, sampler, edits=[Edit(step, (1, 4), seed=9)])
    part, words = make(process), torch.cat([frame.words for frame in frames])
    noisy = torch.cat([frame.measured.noisy for frame in frames])
    assert torch.equal(words[: step + 1], torch.cat([frame.words for frame in plain])[: step + 1])
    rest = [cell for cell in range(len(KEEP)) if cell not in cells]
    assert torch.equal(words[step + 1, rest], words[step, rest])
    assert bool(noisy[step + 1, cells].all()) and not bool(noisy[-1].any())
    assert bool((words[:, KEEP >= 0] == KEEP[KEEP >= 0]).all())
    may_change, rule = noisy[step + 1 :], samplers.build(sampler)
    if part.revises or rule.remasks:
        may_change = torch.ones_like(may_change)
        may_change[:, rest] = float(frames[step].t[0]) > 0
    assert bool(((words[step + 2 :] == words[step + 1 : -1]) | may_change[:-1]).all())
    t = [float(frame.t[0]) for frame in frames[step + 1 :]]
    assert all(a > b or (rule.rests and a == b) for a, b in itertools.pairwise(t))
    status = trace(frames, RunConfig(), WORDS, "char", KEEP).status
    renoised = (status == Status.RENOISED).nonzero()
    assert rule.remasks or (set(renoised[0]) <= {step + 1} and set(renoised[1]) <= set(cells))


@each_fixed_pairing
def test_several_edits_and_new_seeds(process, sampler) -> None:
    """Twice after the end; other seeds lead to other words somewhere, the same seed to the same words."""
    last = len(run(process, sampler)) - 1
    first = [Edit(last, (1, 3, 4), seed=2)]
    again = len(run(process, sampler, edits=first)) - 1
    ends = {
        tuple(run(process, sampler, edits=[*first, Edit(again, (1,), seed=seed)])[-1].words[0].tolist())
        for seed in (1, 1, 1)
    }
    assert len(ends) == 1 and NUM_WORDS not in next(iter(ends))
    last = len(run(process, sampler, keep=FREE)) - 1
    anew = [Edit(last, (1, 2, 3, 4, 5, 6), seed=seed) for seed in range(10)]
    others = {tuple(run(process, sampler, keep=FREE, edits=[edit])[-1].words[0].tolist()) for edit in anew}
    assert len(others) > 1


@each_fixed_pairing
@pytest.mark.parametrize(
    ("edit", "seeds", "message"),
    [
        (Edit(1, (2,)), [0], "names position 2, which is a kept word"),
        (Edit(1, (7,)), [0], "names position 7; the canvas has 6"),
        (Edit(99, (1,)), [0], "an edit is at step 99, but the run has only"),
        (Edit(1, (1,)), [0, 1], "edits belong to a single run, got 2"),
    ],
)
def test_edits_that_do_not_fit_are_refused(process, sampler, edit, seeds, message) -> None:
    with pytest.raises(ValueError, match=message):
        run(process, sampler, edits=[edit], seeds=seeds)
