"""The loss by hand: its table adds up to what the losses' code returns, and its estimates meet the likelihood."""

import csv
import io
import math

import numpy as np
import pytest

from tests.core import exact
from textdiff_core import by_hand, lab
from textdiff_core.denoisers.tales_oracle import TalesOracle
from textdiff_core.losses import LEAST_NOISE
from textdiff_core.processes import Absorbing
from textdiff_core.records import RunConfig
from textdiff_core.schedules import Linear, schedules
from textdiff_core.vocab import Vocabulary

WORLD = lab.corpora["tales"]
WORDS = Vocabulary(WORLD.words, WORLD.spacing)
TALE = WORLD.tell(np.random.default_rng(4)).text
IDS = by_hand.canvas(TALE, WORDS, WORLD.length)


def process(schedule: str = "linear") -> Absorbing:
    return Absorbing(len(WORDS), schedules.build(schedule))


def added(level: float = 0.5, seed: int = 0, schedule: str = "linear", denoiser=None) -> by_hand.AddedUp:
    kind = process(schedule)
    config = RunConfig(level=level, seed=seed)
    return by_hand.add_up(kind, denoiser or TalesOracle(WORLD, kind), WORDS, IDS, config)


@pytest.mark.parametrize("schedule", ["linear", "cosine-mdlm"])
@pytest.mark.parametrize("level", [0.3, 0.5, 1.0])
def test_the_table_adds_up_to_what_the_code_of_every_loss_returns(schedule: str, level: float) -> None:
    """In float64, with the exact denoiser: to 1e-9. The weights are those that can be checked by hand."""
    one = added(level, 1, schedule)
    count, length = len(one.hidden), WORLD.length
    by_formula = {
        "count": length / count,
        "nelbo": (1 - LEAST_NOISE) * -one.slope / (1 - one.alpha),
        "cross-entropy": 1 / count,
    }
    assert {each.loss: each.weight for each in one.sums} == pytest.approx(by_formula, rel=1e-12)
    nats = math.fsum(-math.log(word.p) for word in one.hidden)
    for each in one.sums:
        assert abs(each.by_hand - each.computed) < 1e-9
        assert abs(each.by_hand - by_formula[each.loss] * nats) < 1e-9


def test_the_shipped_model_adds_up_in_float32() -> None:
    """The largest sum is some hundred nats; float32 keeps seven digits of it."""
    info, denoiser = lab.model_info("tales"), lab.load("tales").denoiser
    for level in (0.1, 0.5, 1.0):
        one = by_hand.added_up(denoiser, info, RunConfig(draft=TALE, level=level))
        for each in one.sums:
            assert each.computed == pytest.approx(each.by_hand, rel=1e-6, abs=1e-5)


def test_every_hidden_word_has_its_row_and_a_word_once_hidden_stays_hidden() -> None:
    before: set[int] = set()
    for level in (0.2, 0.6, 1.0):
        one = added(level)
        now = {word.position for word in one.hidden}
        assert before <= now
        assert all(one.words[word.position - 1] == word.word for word in one.hidden)
        before = now
    assert len(before) == len(one.words) == WORLD.length  # at t = 1 everything is hidden, blanks too


def test_where_noise_hits_nothing_every_sum_is_zero() -> None:
    one = added(LEAST_NOISE)
    assert one.hidden == () and one.nats == 0
    assert [(each.by_hand, each.computed) for each in one.sums] == [(0, 0)] * 3


def test_the_exact_denoisers_estimates_mean_minus_ln_p() -> None:
    """One draw in twenty may leave a 95 % interval: 4 estimates of each kind, at most 2 outside. Its orders do not
    scatter (1e-9), and the low end that training leaves out costs a thousandth."""
    truth, kind = -WORLD.log_prob(TALE), process()
    runs = [by_hand.estimated(kind, TalesOracle(WORLD, kind), IDS, seed) for seed in range(4)]
    for name in ("plain", "stratified", "counted"):
        outside = [abs(run[name].mean - truth) > run[name].half + LEAST_NOISE * truth for run in runs]
        assert sum(outside) <= 2, name
    for run in runs:
        assert np.abs(run["chain"].nats - truth).max() < 1e-9
    halves = {name: np.mean([run[name].half for run in runs]) for name in runs[0]}
    assert halves["stratified"] < 0.8 * halves["plain"]


def test_intervals_of_strata_leave_out_what_the_noise_level_explains() -> None:
    """400 estimates of a mean that rises from 0 to 10 over t, with scatter 1: the interval is about 2 / sqrt(64) wide
    to either side, not 6 / sqrt(64), and it holds the mean as often as it says (binomial, five sigma)."""
    rng, halves, held = np.random.default_rng(0), [], 0
    for _ in range(400):
        t = (rng.permutation(64) + rng.random(64)) / 64
        y = 10 * t + rng.standard_normal(64)
        half = by_hand.of_strata(y, t)
        held += abs(y.mean() - 5) < half
        halves.append(half)
    assert 0.23 < np.mean(halves) < 0.29
    assert held > 400 * (0.95 - 5 * math.sqrt(0.95 * 0.05 / 400))


def test_a_learned_models_estimates_agree_with_its_chain() -> None:
    """The same expectation four times, within three times the interval: few versions near t = 0 hide a word that is
    told once, and those cost hundreds of nats, so that intervals of 64 draws come out too narrow."""
    info, denoiser = lab.model_info("tales"), lab.load("tales").denoiser
    found = by_hand.spread(denoiser, info, RunConfig(draft=TALE, seed=3))
    chain = found.estimates["chain"]
    for one in found.estimates.values():
        assert abs(one.mean - chain.mean) < 3 * (one.half + chain.half)
    assert chain.half < found.estimates["stratified"].half / 10
    assert found.exact == -WORLD.log_prob(TALE) and found.num_words == len(TALE.replace(".", " .").split())
    assert found.of_mean_chance <= chain.mean


def test_a_bound_over_orders_that_differ_is_above_its_likelihood() -> None:
    """Where orders differ, the mean of -ln p is above -ln of the mean p (Jensen): 1.3 against 1.256 nats here."""
    nats = np.array([1.0, 1.6])
    one = by_hand.Spread({"chain": by_hand.Estimate(nats, np.ones(2), 0.0)}, 2, None)
    assert one.of_mean_chance == pytest.approx(-math.log((math.exp(-1.0) + math.exp(-1.6)) / 2))
    assert nats.mean() - one.of_mean_chance > 0.04


def test_a_small_corpus_agrees_with_exact_enumeration() -> None:
    """The nats of the hidden words are those of the table of the corpus (1e-9)."""
    p, x = exact.TABLE, (0, 2)
    one = by_hand.add_up(
        Absorbing(3, Linear()), exact.oracle(p), Vocabulary(("", "a", "b")), np.array(x), RunConfig(level=1.0)
    )
    assert one.nats == pytest.approx(exact.hidden_nats(p, x, (0, 1)), abs=1e-9)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (RunConfig(draft=TALE, level=0.0), "t must be 0.001..1, got 0"),
        (RunConfig(draft=" "), "at least one word, got none"),
        (RunConfig(draft="the bearr"), "does not know the word 'bearr'; near it: bear"),
        (RunConfig(draft="the " * 60), "got 60"),
        (RunConfig(draft=TALE, model="tales-uniform"), "undoes uniform noise and hides no words"),
    ],
)
def test_what_cannot_be_added_up_is_said_in_one_sentence(config: RunConfig, words: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as error:
        by_hand.check(lab.model_info(config.model), config)
    assert words in str(error.value)


def test_the_table_as_csv_has_a_row_a_word_and_two_sums() -> None:
    one = added(0.5)
    rows = list(csv.DictReader(io.StringIO(by_hand.table(one).decode("utf-8-sig"))))
    assert [int(row["position"]) for row in rows[:-2]] == [word.position for word in one.hidden]
    assert [row["position"] for row in rows[-2:]] == ["sum", "code"]
    for each in one.sums:
        products = [float(row[f"product {each.loss}"]) for row in rows]
        assert math.fsum(products[:-2]) == pytest.approx(products[-2], rel=1e-7)
        assert products[-2] == pytest.approx(products[-1], rel=1e-7)
    assert float(rows[-2]["bits"]) == pytest.approx(one.nats / math.log(2))


def test_a_short_text_is_followed_by_blanks_that_count() -> None:
    letters = Vocabulary(("", "a", "b"), "char")
    assert by_hand.canvas("ab", letters, 4).tolist() == [1, 2, 0, 0]
