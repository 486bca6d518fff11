"""Runs that begin from a draft: it is noised to a level and written anew from there."""

import pytest
import torch

from tests.core.pairings import FREE, KEEP, LENGTH, NUM_WORDS, TEXTS, each_fixed_pairing, make, run
from textdiff_core import lab
from textdiff_core.records import MAX_DRAFT, RunConfig

DRAFT = torch.where(KEEP >= 0, KEEP, TEXTS[3])


@each_fixed_pairing
def test_a_run_from_a_draft_starts_in_the_middle(process, sampler) -> None:
    """Noised to three quarters: the times begin there, what is not noise is the draft's, the end has no noise."""
    frames = run(process, sampler, draft=DRAFT, level=0.6, seeds=range(6))
    first, last = frames[0], frames[-1]
    assert bool((first.alpha - 0.25).abs().max() < 1e-12)  # of 1, 3/4, 1/2, 1/4, 0 the next above 0.6
    kept = first.words == DRAFT
    assert bool((kept | first.measured.noisy).all()) and bool(kept.any()) and not bool(kept.all())
    assert not bool(last.measured.noisy.any()) and not bool((last.words == make(process).noise_id).any())
    assert bool((last.words[:, KEEP >= 0] == KEEP[KEEP >= 0]).all())


@each_fixed_pairing
def test_level_0_leaves_the_draft_and_level_1_is_a_run_from_noise(process, sampler) -> None:
    still = run(process, sampler, draft=DRAFT, level=0.0)
    assert len(still) == 1 and torch.equal(still[0].words[0], DRAFT) and int(still[0].calls) == 0
    anew = run(process, sampler, draft=DRAFT, level=1.0)
    assert float(anew[0].t[0]) == 1
    hit = anew[0].measured.noisy | (anew[0].words == DRAFT)  # a noise word may be the draft's by chance
    assert bool(hit[0, KEEP < 0].all()) and bool(anew[0].measured.noisy.any())


@each_fixed_pairing
@pytest.mark.parametrize("level", [0.0, 0.6, 1.0])
def test_cells_that_a_draft_leaves_open_are_noise_and_get_written(process, sampler, level) -> None:
    """A prompt of running text is shorter than its canvas; at level 0 it stays, and only the rest is written."""
    part = make(process)
    draft = torch.cat([DRAFT[:3], torch.full((LENGTH - 3,), part.noise_id)])
    frames = run(process, sampler, draft=draft, level=level, seeds=range(6))
    first, last = frames[0], frames[-1]
    open_cells = (draft == part.noise_id) & (KEEP < 0)
    assert bool(first.measured.noisy[:, open_cells].all()) and len(frames) > 1
    assert not bool(last.measured.noisy.any()) and bool((last.words < part.noise_id).all())
    assert bool((last.words[:, KEEP >= 0] == KEEP[KEEP >= 0]).all())
    if level == 0:
        assert bool((last.words[:, :3] == draft[:3]).all())
        # Who sees only what stands before finds one text that begins like this.
        assert len({tuple(row) for row in last.words[:, 3:].tolist()}) > 1 or part.ordered


@pytest.mark.parametrize("sampler", ["insert-euler", "insert-tau", "one-event"])
def test_where_texts_grow_what_is_left_of_the_draft_stands_in_its_order(sampler) -> None:
    """Of a draft noised to three quarters the words on the first canvas are some of its own, in their order."""
    part, draft = make("insertion"), TEXTS[3] + (TEXTS[3] == 0)  # without the blank, which ends a text there
    frames = run("insertion", sampler, draft=draft, level=0.6, seeds=range(6), keep=FREE)
    assert bool((frames[0].alpha - 0.25).abs().max() < 1e-12)
    for row in part.read(frames[0].state).tolist():
        left = iter(draft.tolist())
        assert all(word in left for word in row if 0 < word < NUM_WORDS)
    still = run("insertion", sampler, draft=draft, level=0.0, keep=FREE)
    assert all(torch.equal(part.read(frame.state)[0], draft) for frame in still)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"draft": "Max " * 48}, "draft: a text may have at most 47 words here, got 48"),
        ({"draft": "Max the wizard"}, "draft: the model does not know the word 'wizard'"),
        ({"draft": "x" * (MAX_DRAFT + 1)}, f"draft must be a text of at most {MAX_DRAFT} characters"),
        ({"level": 1.5}, "level must be a number 0..1, got 1.5"),
    ],
)
def test_drafts_that_do_not_fit_are_refused(config, message) -> None:
    with pytest.raises(ValueError, match=message):
        lab.check(RunConfig(**config))


def test_a_draft_is_in_the_link_and_comes_back() -> None:
    config = RunConfig(draft="Max the kind bear lived in the hills.", level=0.3)
    again, ignored = RunConfig.from_query(config.to_query())
    assert again == config and not ignored and RunConfig.from_json(config.to_json()) == config
