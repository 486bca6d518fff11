"""Measuring guidance: what adds up, what is recorded, and what cannot be measured."""

import json

import pytest

from textdiff_core import guiding
from textdiff_core.guiding import DEFAULT, STRENGTHS, Measured
from textdiff_core.records import RunConfig


def test_strength_and_base_are_told_by_the_sampler() -> None:
    assert guiding.unguided(DEFAULT).sampler == "ancestral"
    assert guiding.unguided(DEFAULT.replace(sampler="guided:base=informed")).sampler == "informed:doubt=0"
    assert guiding.strengthened(DEFAULT, 2.0).sampler == "guided:strength=2"
    assert guiding.strengthened(DEFAULT, 1.0) == DEFAULT


def test_texts_add_up_and_both_networks_are_counted() -> None:
    """Six tales in two steps with three candidates: at most two calls and six of the judge each."""
    *_, last = guiding.texts(RunConfig(sampler="guided:candidates=3", steps=2), 6, batch=4)
    first, *_ = guiding.texts(RunConfig(sampler="guided:candidates=3", steps=2), 6, batch=4)
    assert (first.num, last.num) == (4, 6) and last.seconds > first.seconds > 0
    assert last.asked <= 12 and 0 < last.judged <= 36 and last.judged % 3 == 0
    assert last.relative_coverage is None or last.valid
    assert 0 <= last.combinations <= last.valid <= 6 and 0 < last.distinct_2 <= 1
    assert Measured(**json.loads(json.dumps(last.to_json()))) == last


def test_every_strength_is_measured_and_none_is_the_base() -> None:
    config = RunConfig(sampler="guided:candidates=2", steps=2, seed=9)
    *_, last = guiding.measure(config, num=4)
    assert tuple(last.rows) == STRENGTHS and last.done == 1 and last.rows[0.0].judged == 0
    *_, plain = guiding.texts(guiding.unguided(config), 4)
    assert last.rows[0.0].valid == plain.valid and last.rows[0.0].asked == plain.asked


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (RunConfig(sampler="ancestral"), "this needs the sampler 'guided', got 'ancestral'"),
        (RunConfig(model="tales-uniform", sampler="guided"), "does not serve the uniform process"),
        (RunConfig(model="translate", sampler="guided"), "none was shipped for 'translation'"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(config, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        guiding.check(config)


BEST = "guided:candidates=64"


def test_the_recording_is_whole() -> None:
    known = guiding.recorded()
    for sampler in ("ancestral", "informed", "guided:candidates=64"):
        seeds = known.of(sampler, 8)
        assert len(seeds) == 3 and sum(one.num for one in seeds) >= 1000, sampler
    # As many tales without a judge, and fewer of them hold; more with the exact one.
    (learned,), (exact,) = ([guiding.valid_rate(known.of("guided", 8, judge))] for judge in ("", "exact"))
    assert exact[1] > learned[2]
    with_judge, without = (sum(one.valid for one in known.of(name, 8)) for name in (BEST, "ancestral"))
    assert with_judge > without and all(one.judged > 0 for one in known.of(BEST, 8))
