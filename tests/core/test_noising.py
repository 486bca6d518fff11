"""One text on its way into noise: what is shown of it, and the exact way back."""

import math

import numpy as np
import pytest

from textdiff_core.noising import LEVELS, curves, decibels, noised, words_of
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.schedules import schedules
from textdiff_core.trace import Status
from textdiff_core.vocab import Vocabulary

TEXT = "the kind bear lived in the hills. the blue fox made the kind ball in the den."
VOCABULARY = Vocabulary(("", *sorted(set(TEXT.replace(".", " .").split()))))
V = len(VOCABULARY)
SCHEDULES = ["linear", "cosine-md4", "drawn:t=0/0.3/0.31/1,a=1/0.9/0.2/0"]
each_process = pytest.mark.parametrize("process", processes)
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def made(process: str, schedule: str = "linear", seed: int = 0):
    ids = words_of(TEXT, VOCABULARY, 40)
    return noised(process, VOCABULARY, ids, RunConfig(schedule=schedule, seed=seed))


def gone(trace) -> np.ndarray:
    """(F, C) bool: the cells that do not show the text's own word."""
    return trace.status != Status.SETTLED


@each_process
@each_schedule
def test_a_word_once_hit_stays_hit(process, schedule) -> None:
    """From a clean text at t = 0 to none of it left to rely on at t = 1, and never back."""
    for seed in range(5):
        trace = made(process, schedule, seed).trace
        hit = gone(trace)
        assert trace.text(0) == TEXT and not hit[0].any()
        assert (hit[1:] >= hit[:-1]).all()
        if process in ("absorbing", "insertion"):
            assert hit[-1].all()
        shown = hit & (trace.status != Status.ABSENT)
        assert (trace.status[1:] == Status.RENOISED).tolist() == (shown[1:] & ~hit[:-1]).tolist()
        assert trace.t.tolist() == pytest.approx(np.linspace(0, 1, LEVELS + 1).tolist())
        assert trace.alpha == pytest.approx(schedules.build(schedule).alpha(trace.t))


@each_process
def test_the_share_that_is_hit_is_the_schedules(process) -> None:
    """At t = 0.4 on 150 seeds, within 5 sigma of what the process says (insertion masks words besides)."""
    num, frame, alpha = 150, 20, 0.6
    hit = np.mean([gone(made(process, seed=seed).trace)[frame] for seed in range(num)])
    due = 1 - alpha
    if process in ("uniform", "gaussian"):
        due *= 1 - 1 / V  # noise may put the very word in its place
    if process == "insertion":
        due -= (1 - alpha) * math.log(1 - alpha)
    assert abs(hit - due) < 5 * math.sqrt(due * (1 - due) / (num * len(words_of(TEXT, VOCABULARY, 40))))


def test_masking_uniform_and_deletion_hit_the_same_words_at_the_same_moment() -> None:
    for seed in range(5):
        hidden = gone(made("absorbing", seed=seed).trace)
        uniform = made("uniform", seed=seed).trace
        assert not (gone(uniform) & ~hidden).any()
        assert ((made("insertion", seed=seed).trace.status == Status.ABSENT) == hidden).all()


@each_process
def test_what_stands_in_a_words_place_is_told(process) -> None:
    trace = made(process).trace
    noise = (trace.status == Status.NOISE) | (trace.status == Status.RENOISED)
    other = trace.top_ids[..., 0]
    if process in ("uniform", "gaussian"):
        assert (other[noise] == trace.tokens[noise]).all() and (
            other[noise] != np.broadcast_to(trace.tokens[0], noise.shape)[noise]
        ).all()
    else:
        assert (other == -1).all() and (trace.tokens[noise] == V).all()
    assert (other[~noise] == -1).all() and np.isnan(trace.prob).all()


@pytest.mark.parametrize("process", [name for name in processes if name != "gaussian"])
@each_schedule
def test_the_way_back_is_a_distribution(process, schedule) -> None:
    way = made(process, schedule).way_back
    assert np.isnan(way[0]).all()
    assert (way[1:] >= 0).all() and np.abs(way[1:].sum(-1) - 1).max() < 1e-12


@each_schedule
def test_a_hidden_word_returns_with_the_schedules_rate(schedule) -> None:
    one = made("absorbing", schedule)
    alpha = one.trace.alpha
    rate = (alpha[:-1] - alpha[1:]) / (1 - alpha[1:])
    hit = gone(one.trace)[1:]
    due = np.broadcast_to(rate[:, None], hit.shape)
    assert np.abs(one.way_back[1:, :, 0][hit] - due[hit]).max() < 1e-12
    assert (one.way_back[1:, :, 0][~hit] == 1).all() and (one.way_back[1:, :, 2] == 0).all()


@pytest.mark.parametrize(("process", "cases"), [("absorbing", 2), ("insertion", 3)])
def test_the_way_back_is_what_happens_on_the_way(process, cases) -> None:
    """Of the cells in one state at t = 0.6, the share that held their own word one level before; 5 sigma."""
    frame = 30
    found: dict[tuple[bool, bool, float], list[bool]] = {}
    for seed in range(500):
        one = made(process, seed=seed)
        now, before = gone(one.trace)[frame], one.trace.status[frame - 1] == Status.SETTLED
        absent = one.trace.status[frame] == Status.ABSENT
        for cell in range(len(now)):
            case = (bool(now[cell]), bool(absent[cell]), round(float(one.way_back[frame, cell, 0]), 12))
            found.setdefault(case, []).append(bool(before[cell]))
    assert len(found) == cases
    for (_, _, due), seen in found.items():
        assert abs(np.mean(seen) - due) <= 5 * math.sqrt(due * (1 - due) / len(seen)) + 1e-12


@each_schedule
def test_the_way_back_of_uniform_noise_is_bayes_rule(schedule) -> None:
    """q(x_s | x_t, x_0) from q(x_t | x_s) q(x_s | x_0), written out over all V words."""
    one = made("uniform", schedule)
    kernel = [a * np.eye(V) + (1 - a) / V for a in one.trace.alpha]  # q(x_t | x_0), rows are x_0
    for frame in (1, 20, 35, LEVELS):
        alpha_t, alpha_s = one.trace.alpha[frame], one.trace.alpha[frame - 1]
        step = alpha_t / alpha_s * np.eye(V) + (1 - alpha_t / alpha_s) / V
        for cell, (own, shown) in enumerate(zip(one.trace.tokens[0], one.trace.tokens[frame], strict=True)):
            due = kernel[frame - 1][own] * step[:, shown] / kernel[frame][own, shown]
            same = 0.0 if shown == own else due[shown]
            told = one.way_back[frame, cell]
            assert told == pytest.approx([due[own], same, 1 - due[own] - same], abs=1e-12)


def test_vectors_tell_signal_distance_and_the_three_numbers_of_their_way_back() -> None:
    """Along the path of one word's coordinate, b + c z_t + d n has at s the mean and variance it must have."""
    one = made("gaussian")
    mu = one.signal
    assert mu[0] == math.inf and mu[-1] == 0 and (np.diff(mu) < 0).all()
    a, s = mu[1:] / np.sqrt(1 + mu[1:] ** 2), 1 / np.sqrt(1 + mu[1:] ** 2)
    b, c, d = one.way_back[1:, 0].T
    assert np.abs((b + c * a)[1:] - a[:-1]).max() < 1e-9  # the mean at s, given the word, is a_s
    assert np.abs((c * s) ** 2 + d**2 - np.append(0.0, s[:-1] ** 2)).max() < 1e-9
    assert one.trace.distance[0].max() == 0 and 0.8 < one.trace.distance[-1].mean() < 1.2
    assert decibels(np.array([1.0, 10.0])).tolist() == [0.0, 20.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one word, got none"),
        ("   ", "at least one word, got none"),
        ("the kind bearr", "does not know the word 'bearr'; near it: bear"),
        ("the " * 41, "at most 40 words here, got 41"),
    ],
)
def test_a_text_that_cannot_be_shown_is_answered_in_one_sentence(text, message) -> None:
    with pytest.raises(ValueError, match=message):
        words_of(text, VOCABULARY, 40)


@each_schedule
def test_curves_are_the_schedules_own_numbers(schedule) -> None:
    built, told = schedules.build(schedule), curves(schedules.build(schedule))
    levels = np.linspace(0, 1, LEVELS + 1)
    assert told["t"][::4] == pytest.approx(levels, abs=1e-15)
    assert told["alpha"][::4] == pytest.approx(built.alpha(levels), abs=1e-12)
    assert (told["noise"] == 1 - told["alpha"]).all() and told["weight"][0] == math.inf
    inner = told["snr"][1:-1]
    assert 10 ** (inner / 10) == pytest.approx((told["alpha"] / told["noise"].clip(1e-300))[1:-1], rel=1e-9)
    assert told["snr"][0] == math.inf and told["snr"][-1] == -math.inf
