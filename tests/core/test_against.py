"""Diffusion against autoregression, measured: with exact models both are exact, and only sight tells them apart."""

import json

import numpy as np
import pytest

from textdiff_core import against, lab
from textdiff_core.against import AgainstConfig
from textdiff_core.denoisers.exact import exact
from textdiff_core.processes import processes
from textdiff_core.schedules import schedules

WORLD = lab.corpora["tales"]


def perfect(process: str):
    """The exact denoiser of the tales, with the sizes of a tiny network for the timing."""
    denoiser = exact(WORLD, processes[process](len(WORLD.words), schedules.build("linear")))
    from textdiff_core.denoisers.transformer import TransformerConfig

    network = processes[process].network
    denoiser.config = TransformerConfig(len(WORLD.words), WORLD.length, 8, 1, 1, **network)
    return denoiser


@pytest.fixture(scope="module")
def found() -> against.Found:
    """Few texts, by both exact denoisers."""
    amount = against.Amount(texts=2, scored=2, filled=2, gaps=(8, 32), lengths=(4, 8))
    parts = list(against.measure(perfect("absorbing"), perfect("autoregressive"), AgainstConfig(), amount))
    shares = [part.done for part in parts]
    assert shares == sorted(shares) and parts[0].done < 0.3 and parts[-1].done == 1
    return parts[-1]


def test_exact_models_write_word_by_word_without_a_mistake(found) -> None:
    for way in (against.ONE, against.WORD_BY_WORD):
        assert found.written[way]["valid_rate"] == 1 and found.written[way]["calls"] == WORLD.length
    assert found.written["informed"]["calls"] <= 16 and found.written["ancestral"]["calls"] <= 16


def test_exact_models_pay_what_the_truth_costs(found) -> None:
    """Nothing beyond -ln p: within 1e-6 nats, for the one exactly and for the other as its bound."""
    for name, one in found.nats.items():
        assert one.texts == 2 and abs(one.mean) < 1e-6 and one.bound == (name == "absorbing")


def test_a_gap_is_filled_rightly_only_by_who_sees_its_end(found) -> None:
    """With 32 of 47 words missing a perfect left-to-right model comes out elsewhere than where the tale ends; a perfect
    masked one never does."""
    assert all(right == num == 2 for right, num in found.filled[against.WORD_BY_WORD].values())
    right, num = found.filled[against.ONE][32]
    assert num == 2 and right < num


def test_times_are_those_of_so_many_calls(found) -> None:
    for way in (against.ONE, against.UNKEPT, against.WORD_BY_WORD):
        assert {n: one.calls for n, one in found.timed[way].items()} == {4: 4, 8: 8}
    assert all(one.seconds > 0 for rows in found.timed.values() for one in rows.values())


def test_what_was_found_survives_its_file(found) -> None:
    again = against.from_json(json.loads(json.dumps(against.to_json(found))))
    assert again == found and len(against.rows(found)) == 4 * 6 + 2 + 2 * 2 + 2 * 4 * 2


def test_the_gap_lies_in_the_middle_and_the_rest_is_given() -> None:
    config = AgainstConfig(gap=16, seed=3)
    told = dict(against.given(config))
    missing = against.gap(WORLD.length, 16)
    assert len(missing) == 16 and not {cell + 1 for cell in missing} & set(told)
    masked, causal = config.runs()
    assert masked.keep == causal.keep == tuple(told.items()) and against.given(AgainstConfig()) == ()
    assert masked.model == "tales" and causal.model == "tales-ar" and masked.seed == causal.seed == 3
    tale = WORLD.held_out(1, np.random.default_rng((3, 4)))[0]
    assert all(WORLD.words[tale[position - 1]] == word for position, word in told.items())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "tales-uniform"}, "needs a model of masking"),
        ({"rival": "tales-uniform"}, "must write from left to right"),
        ({"model": "english"}, "no autoregressive model that is shipped knows the words of 'english'"),
        ({"model": "translate", "rival": "tales-ar"}, "know other words"),
        ({"rival": "none"}, "there is no model 'none'"),
        ({"gap": 47}, "must leave some of the 47 cells"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(changes, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        against.check(AgainstConfig(**changes))
    with pytest.raises(ValueError, match="gap must be"):
        AgainstConfig(gap=-1)
