"""Bins of confidence and the numbers read from them, by hand and by scipy."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from textdiff_core.intervals import binomial
from textdiff_core.reliability import MASS, WIDTH, Answers, Reliability, judged


def answers(*pairs: tuple[float, bool]) -> Answers:
    sure, right = zip(*pairs, strict=True)
    return Answers(np.array(sure), np.array(right))


def test_expected_calibration_error_by_hand() -> None:
    """Bins 0.2..0.3 (two words, none right, mean 0.25), 0.8..0.9 (one, right), 1.0 (one, wrong)."""
    found = Reliability.of(answers((0.22, False), (0.28, False), (0.85, True), (1.0, False)), WIDTH)
    assert found.num == (2, 1, 1) and found.right == (0, 1, 0)
    assert found.confidence == pytest.approx((0.25, 0.85, 1.0))
    assert found.ece == pytest.approx((2 * 0.25 + 0.15 + 1.0) / 4)
    assert found.mean_confidence == pytest.approx(2.35 / 4) and found.right_rate == 0.25


def test_bins_of_equal_mass_hold_as_many_words_to_one() -> None:
    rng = np.random.default_rng(0)
    found = Reliability.of(Answers(rng.random(103), rng.random(103) < 0.5), MASS)
    assert sum(found.num) == 103 and set(found.num) == {10, 11}
    assert list(found.confidence) == sorted(found.confidence)


def test_a_bin_right_as_often_as_it_says_adds_no_error() -> None:
    found = Reliability.of(answers((0.5, True), (0.5, False), (1.0, True)), WIDTH)
    assert found.ece == 0


@pytest.mark.parametrize("binning", [WIDTH, MASS])
def test_nothing_answered_is_no_error(binning: str) -> None:
    found = Reliability.of(Answers(np.zeros(0), np.zeros(0, dtype=bool)), binning)
    assert (found.num, found.ece, found.right_rate) == ((), 0, 0) and math.isnan(found.allowed_rate)


@pytest.mark.parametrize(("hits", "total"), [(0, 1), (0, 30), (7, 30), (30, 30), (500, 2000)])
def test_intervals_are_those_of_scipy(hits: int, total: int) -> None:
    stated = binomtest(hits, total).proportion_ci(0.95, "exact")
    np.testing.assert_allclose(binomial(hits, total), (stated.low, stated.high), atol=1e-12)


def test_the_interval_of_nothing_is_everything() -> None:
    assert tuple(map(float, binomial(0, 0))) == (0.0, 1.0)


def test_temperature_reshapes_confidence_and_changes_no_choice() -> None:
    p = np.array([[0.6, 0.3, 0.1], [0.0, 0.5, 0.5], [0.2, 0.0, 0.8]])
    with np.errstate(divide="ignore"):
        log_p, true = np.log(p), np.array([0, 2, 0])
    for temperature in (0.5, 1.0, 2.0):
        found = judged(log_p, true, None, temperature)
        reshaped = p ** (1 / temperature) / (p ** (1 / temperature)).sum(1, keepdims=True)
        np.testing.assert_allclose(found.confidence, reshaped.max(1), atol=1e-12)
        np.testing.assert_allclose(found.nats, -np.log(reshaped[[0, 1, 2], true]), atol=1e-12)
        assert found.right.tolist() == [True, False, False]


def test_it_is_what_it_was_after_a_file() -> None:
    found = Reliability.of(
        Answers(np.array([0.25, 0.75]), np.array([True, False]), np.array([True, True]), np.ones(2)), WIDTH
    )
    assert Reliability.from_json(found.to_json()) == found
