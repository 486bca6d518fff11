"""The marks a loss curve is read by, against what they claim."""

import math

import numpy as np
import pytest

from textdiff_core.baselines import ALIKE, BEST, FREQUENCIES, baselines
from textdiff_core.corpora import WORLD
from textdiff_core.training_records import TrainConfig


def test_tales_cost_less_the_more_is_known_of_them() -> None:
    marks = baselines(TrainConfig(corpus="tales"))
    assert marks[ALIKE] == math.log(len(WORLD.words))
    assert marks[BEST] == WORLD.entropy() / WORLD.length
    assert marks[BEST] < marks[FREQUENCIES] < marks[ALIKE]


def test_frequencies_cost_their_own_entropy_in_a_text_whose_letters_are_independent(tmp_path) -> None:
    shares = np.array([0.5, 0.25, 0.15, 0.1])
    letters = np.random.default_rng(0).choice(list("abc "), size=200_000, p=shares)
    (tmp_path / "letters.txt").write_text("".join(letters))
    marks = baselines(TrainConfig(corpus=f"file:{tmp_path / 'letters.txt'}"))
    assert marks[FREQUENCIES] == pytest.approx(-(shares * np.log(shares)).sum(), abs=0.01)
    assert BEST not in marks


def test_a_bound_that_pays_for_the_order_has_no_such_marks() -> None:
    assert baselines(TrainConfig(process="insertion")) == {}
