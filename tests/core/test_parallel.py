"""Several words at once, measured: what is drawn agrees with what is predicted, and stories are counted rightly."""

import math

import numpy as np
import pytest

from tests.core.test_tales_oracle import listed as all_tales
from tests.core.tiny_world import TINY
from textdiff_core import lab
from textdiff_core.joint import RULES, TOYS, predicted
from textdiff_core.parallel import (
    DRAWS,
    EXACT,
    MODEL,
    ParallelConfig,
    Stories,
    check,
    drawn,
    first_to_break,
    offered,
    tell,
    total_correlation,
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("toy", ["ABAB or BABA", "an even number of B"])
def test_the_sampler_draws_as_many_impossible_texts_as_are_predicted(rule: str, toy: str) -> None:
    """Within five standard errors of 2,000 draws; where nothing can break, nothing does."""
    config = ParallelConfig(toy=toy, sampler=rule, share=0.4)
    *_, whole = drawn(config)
    assert whole.num == DRAWS and whole.done == 1.0
    for one in predicted(config.language, rule):
        error = math.sqrt(one.impossible * (1 - one.impossible) / DRAWS)
        assert abs(whole.impossible[one.words] / DRAWS - one.impossible) <= 5 * error + 1e-12


def test_stories_are_counted_by_rule_and_added_up() -> None:
    info = lab.model_info("tales")
    seen = list(tell(lab.load("tales").denoiser, info, ParallelConfig(at_once=8), num=4, batch=2))
    assert [one.done for one in seen] == sorted(one.done for one in seen) and seen[-1].done == pytest.approx(
        1
    )
    assert len(seen) == 2 * len(offered(info.length))
    for by in (MODEL, EXACT):
        rows = seen[-1].told[by]
        assert list(rows) == offered(info.length) == [1, 2, 3, 4, 8, 16, 32, 47]
        assert {one.num for one in rows.values()} == {4}
        assert all(max(one.broken.values()) <= one.num - one.valid for one in rows.values())
        assert all(sum(one.broken.values()) >= one.num - one.valid for one in rows.values())
        assert rows[47].valid == 0
    assert seen[-1].told[EXACT][1].valid == 4, "one word a step is exact"


def test_a_story_with_two_faults_of_one_rule_breaks_it_once() -> None:
    world = lab.corpora["tales"]
    good = world.vocabulary.decode(world.held_out(1, np.random.default_rng(0))[0])
    stories = Stories().with_these([good, "", good + " fox"], world).with_these([good], world)
    assert (stories.num, stories.valid) == (4, 2)
    assert stories.broken["grammar"] == 2 and sum(stories.broken.values()) == 2


def test_the_rule_that_breaks_soonest_comes_first() -> None:
    told = {n: Stories(10, 0, {"names": hits, "home": late, "mood": 0}) for n, hits, late in
            ((1, 0, 0), (2, 6, 5), (4, 9, 8))}  # fmt: skip
    assert first_to_break(told) == [("names", 2), ("home", 4), ("mood", 0)]


def test_total_correlation_of_a_world_is_that_of_its_listed_texts() -> None:
    texts, weights = all_tales(TINY)
    p = np.stack([np.bincount(column, weights, len(TINY.words)) for column in texts.numpy().T])
    cells = -(p[p > 0] * np.log(p[p > 0])).sum()
    stated = cells + float((weights * weights.log()).sum())
    assert total_correlation(TINY) == pytest.approx(stated, abs=1e-9)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"words": 5}, "words must be a whole number 1..4, got 5"),
        ({"toy": "two cells, three words", "words": 3}, "words must be a whole number 1..2, got 3"),
        ({"toy": "none"}, "toy must be ABAB or BABA or"),
        ({"share": 1.5}, "share must be a number 0..1, got 1.5"),
        ({"sampler": "entropy"}, "sampler must be random or ancestral or confidence, got 'entropy'"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(wrong: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        ParallelConfig(**wrong)


def test_models_without_masks_or_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="this page needs a model of masking"):
        check(lab.model_info("tales-uniform"), ParallelConfig())
    with pytest.raises(
        ValueError, match="at_once must be one of 1, 2, 3, 4, 8, 16, 32, 47 words a step, got 5"
    ):
        check(lab.model_info("tales"), ParallelConfig(at_once=5))


def test_every_language_says_what_it_is() -> None:
    assert all(toy.about.endswith(".") for toy in TOYS.values())
