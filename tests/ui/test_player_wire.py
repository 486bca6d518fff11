"""The player's bytes: small, the same every time, and nothing lost that a reader could see."""

import dataclasses
import gzip
import json
import struct

import numpy as np
import pytest

from tests.ui.synthetic_run import WORDS, first_frames, synthetic_run, with_vectors
from textdiff_core.ledger import answers, ledger
from textdiff_core.trace import Status
from textdiff_ui.player.component import Resume, _points, _resume
from textdiff_ui.player.wire import NOT_A_WORD, VERSION, Lane, LossCurve, Noising, encode


def unpack(payload: bytes) -> tuple[dict, list[dict[str, np.ndarray]]]:
    """The header, and each lane's columns, read the plain way."""
    raw = gzip.decompress(payload)
    (length,) = struct.unpack_from("<I", raw)
    header = json.loads(raw[4 : 4 + length])
    lanes = []
    for lane in header["lanes"]:
        columns = {}
        for name, (offset, kind, *shape) in lane["arrays"].items():
            assert offset % 8 == 0 and (4 + length) % 8 == 0
            flat = np.frombuffer(raw, "<" + kind, count=int(np.prod(shape)), offset=4 + length + offset)
            columns[name] = flat.reshape(shape)
        lanes.append(columns)
    return header, lanes


def test_everything_a_reader_sees_comes_back() -> None:
    trace = synthetic_run(cells=48, steps=32, kept=3)
    header, (columns,) = unpack(encode([Lane(trace, "one")]))
    words = header["lanes"][0]["words"]
    assert header["version"] == VERSION and header["lanes"][0]["title"] == "one"
    noise = trace.tokens == len(trace.words)
    np.testing.assert_array_equal(columns["tokens"] == len(words), noise)
    shown = np.array([*words, "noise"])[columns["tokens"]]
    np.testing.assert_array_equal(shown[~noise], np.array(WORDS)[trace.tokens[~noise]])
    np.testing.assert_array_equal(columns["status"], trace.status)
    np.testing.assert_array_equal(columns["topIds"] == NOT_A_WORD, trace.top_ids == -1)
    measured = trace.top_ids >= 0
    best = np.array(words)[columns["topIds"][measured]]
    np.testing.assert_array_equal(best, np.array(WORDS)[trace.top_ids[measured]])
    np.testing.assert_array_equal(columns["alpha"], trace.alpha)
    np.testing.assert_array_equal(columns["calls"], trace.calls)


def test_probabilities_keep_three_digits_and_not_measured_is_not_zero() -> None:
    trace = synthetic_run(kept=2)
    trace.prob[5, 7] = 0.0
    _, (columns,) = unpack(encode([Lane(trace)]))
    for name, values in (("prob", trace.prob), ("entropy", trace.entropy), ("topProbs", trace.top_probs)):
        np.testing.assert_array_equal(np.isnan(columns[name]), np.isnan(values))
        large = np.nan_to_num(values) > 1e-4
        np.testing.assert_allclose(columns[name][large], values[large], rtol=5e-4)
    assert columns["prob"][5, 7] == 0
    assert np.isnan(columns["prob"][trace.status == Status.KEPT]).all()


def test_only_words_that_occur_are_sent() -> None:
    trace = first_frames(synthetic_run(), 1)
    header, _ = unpack(encode([Lane(trace)]))
    assert set(header["lanes"][0]["words"]) == {WORDS[i] for i in np.unique(trace.top_ids)}


def test_the_same_run_gives_the_same_bytes() -> None:
    lanes = [Lane(synthetic_run(faults=True), loss_curve=LossCurve([0.5], [1.0]))]
    assert encode(lanes) == encode(lanes)


def test_a_large_run_stays_small() -> None:
    """96 cells, 96 steps and 8 alternatives must be well under 500 kB; drawn numbers compress worst."""
    assert len(encode([Lane(synthetic_run(cells=96, steps=96))])) < 250_000


def test_a_growing_run_keeps_its_name() -> None:
    whole = synthetic_run()
    names = {unpack(encode([Lane(first_frames(whole, n))], live=True))[0]["run"] for n in (1, 4, 9)}
    header, _ = unpack(encode([Lane(whole)], start=7, autoplay=False))
    assert names == {header["run"]}
    assert (header["live"], header["start"], header["autoplay"]) == (False, 7, False)


def test_runs_without_frames_or_lanes_can_be_sent() -> None:
    assert unpack(encode([]))[0]["lanes"] == []
    header, (columns,) = unpack(encode([Lane(first_frames(synthetic_run(), 0))]))
    assert columns["tokens"].shape == (0, 48) and header["lanes"][0]["words"] == []


def test_a_loss_curve_is_rounded_and_its_gaps_are_kept() -> None:
    curve = LossCurve([0.1, 0.9], [1.23456789, float("nan")], [10], [3.0], [float("nan")])
    loss = unpack(encode([Lane(synthetic_run(), loss_curve=curve)]))[0]["lanes"][0]["loss"]
    assert loss == {
        "caution": "",
        "noise": [0.1, 0.9], "cross_entropy": [1.2346, None], "step": [10.0], "train": [3.0], "validation": [None],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: LossCurve([0.1, 0.2], [1.0]), "1 values for 2 levels"),
        (lambda: LossCurve([0.1, 1.2], [1.0, 1.0]), r"\[0, 1\], got 0.1..1.2"),
        (lambda: LossCurve([], [], [1], [], []), "1 steps, 0 train"),
        (lambda: Lane(synthetic_run(), rule="two"), "expected, one, count, adaptive, none, got 'two'"),
        (lambda: encode([], start=-1), "got -1"),
        (lambda: encode([], pace="time"), "steps, noise, calls, seconds, run, got 'time'"),
    ],
)
def test_wrong_arguments_are_told(make, told) -> None:
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    ("event", "wish"),
    [
        ({"step": 26, "positions": [23, 6, 6], "lane": 1}, Resume(26, (6, 23), 1)),
        ({"step": 0, "positions": [1]}, Resume(0, (1,))),
        (None, None),
        ({"step": 3, "positions": []}, None),
        ({"step": 3, "positions": [0]}, None),
        ({"step": -1, "positions": [1]}, None),
        ({"step": 3.5, "positions": [1]}, None),
        ({"step": 3, "positions": "1,2"}, None),
        ({"step": 3, "positions": [True]}, None),
    ],
)
def test_what_a_browser_sends_is_checked(event, wish) -> None:
    assert _resume(event) == wish


@pytest.mark.parametrize(
    ("event", "points"),
    [
        ([[0, 1], [0.5, 0.25], [1, 0]], ((0.0, 1.0), (0.5, 0.25), (1.0, 0.0))),
        (None, ()),
        ([], ()),
        ({"t": 0}, ()),
        ([[0, 1], [0.5]], ()),
        ([[0, 1], "12"], ()),
        ([[0, True]], ()),
        ([[0, float("nan")]], ()),
        ([[0, "1"]], ()),
        ([[0, 1]] * 65, ()),
    ],
)
def test_drawn_points_from_a_browser_are_checked(event, points) -> None:
    assert _points(event) == points


def test_what_is_beyond_a_curve_is_sent_as_nothing() -> None:
    curves = {"t": np.array([0.0, 1.0]), "weight": np.array([np.inf, 1.23456789])}
    noising = Noising(curves, ((0.0, 1.0), (1.0, 0.0)), "no")
    header, _ = unpack(encode([Lane(synthetic_run())], noising=noising))
    assert header["noising"] == {
        "curves": {"t": [0.0, 1.0], "weight": [None, 1.2346]}, "points": [[0.0, 1.0], [1.0, 0.0]], "problem": "no",
    }  # fmt: skip
    assert unpack(encode([]))[0]["noising"] is None


def test_lanes_carry_their_accounts_and_the_questions_about_them() -> None:
    trace = synthetic_run(revisions=True)
    account = ledger(trace, "uniform")
    header, (columns,) = unpack(
        encode([Lane(trace, ledger=account)], pace="noise", questions=answers([account]))
    )
    np.testing.assert_array_equal(columns["marks"], account.marks)
    assert header["pace"] == "noise"
    assert header["lanes"][0]["ledger"]["sentence"] == account.sentence
    assert header["lanes"][0]["ledger"]["times"]["changed"] == 1
    assert [one["question"] for one in header["questions"]] == [one.question for one in answers([account])]
    plain, (without,) = unpack(encode([Lane(trace)]))
    assert (plain["pace"], plain["questions"], plain["lanes"][0]["ledger"]) == ("steps", [], None)
    assert "marks" not in without


def test_vectors_and_the_map_they_travel_on_come_back() -> None:
    trace = with_vectors(first_frames(synthetic_run(cells=4), 1))
    header, (columns,) = unpack(encode([Lane(trace)]))
    assert header["lanes"][0]["words"] == list(WORDS), "the map shows words that never occur, too"
    noise = trace.tokens == len(WORDS)
    np.testing.assert_array_equal(columns["tokens"], np.where(noise, len(WORDS), trace.tokens))
    for name, values in (
        ("distance", trace.distance),
        ("points", trace.points),
        ("wordPoints", trace.word_points),
    ):
        assert columns[name].shape == values.shape
        np.testing.assert_allclose(columns[name], values, rtol=5e-4, atol=1e-6)
    _, (without,) = unpack(encode([Lane(synthetic_run())]))
    assert not {"distance", "points", "wordPoints"} & set(without)


def test_vectors_without_a_map_still_tell_how_far_they_are() -> None:
    trace = dataclasses.replace(
        with_vectors(first_frames(synthetic_run(cells=4), 1)), points=None, word_points=None
    )
    header, (columns,) = unpack(encode([Lane(trace)]))
    assert "distance" in columns and "points" not in columns
    assert len(header["lanes"][0]["words"]) < len(WORDS)


def test_vectors_cost_little() -> None:
    plain, vectors = synthetic_run(cells=47, steps=96), with_vectors(synthetic_run(cells=47, steps=96))
    assert len(encode([Lane(vectors)])) - len(encode([Lane(plain)])) < 32_000
