"""The account of a run: every event counted once, sentences that are grammar, a table that spreadsheets read."""

import csv
import io

import numpy as np
import pytest

from textdiff_core.ledger import Mark, answers, counted, ledger, listed, often, table
from textdiff_core.records import RunConfig
from textdiff_core.trace import Status, Trace

WORDS = ("", "=a", "b", "c")


def drawn(*rows: str) -> Trace:
    """A trace drawn by hand: rows are frames; "." noise, "-" absent, "_" the blank, "abc" words, CAPITALS kept."""
    ids = {"_": 0, "a": 1, "b": 2, "c": 3}
    tokens = np.array([[ids.get(letter.lower(), 4) for letter in row] for row in rows])
    status = np.zeros(tokens.shape, dtype=np.uint8)
    for frame, row in enumerate(rows):
        for cell, now in enumerate(row):
            before = rows[frame - 1][cell] if frame else now
            status[frame, cell] = _status(before, now)
    frames, cells = tokens.shape
    unknown = np.full((frames, cells), np.nan, dtype=np.float32)
    top_ids = np.where(np.isin(status, (Status.NOISE, Status.RENOISED))[..., None], 1, -1)
    return Trace(
        config=RunConfig(), words=WORDS, spacing="word", t=np.linspace(1, 0, frames),
        alpha=np.linspace(0, 1, frames), tokens=tokens.astype(np.int32), status=status, prob=unknown,
        entropy=unknown, top_ids=top_ids.astype(np.int32), top_probs=np.ones((frames, cells, 1), np.float32),
        calls=np.arange(frames, dtype=np.int32), seconds=np.zeros(frames, np.float32),
    )  # fmt: skip


def _status(before: str, now: str) -> Status:
    if now == "-":
        return Status.ABSENT
    if now.isupper():
        return Status.KEPT
    if now == ".":
        return Status.NOISE if before in ".-" else Status.RENOISED
    if before in ".-":
        return Status.WRITTEN
    return Status.SETTLED if before == now else Status.CHANGED


MASKING = drawn("C....", "C..b.", "Ca.b.", "Cacb_")
REVISING = drawn("....", "ab..", "cb..", "a.c.", "abcb")
GROWING = drawn("-----", "--.--", "-.b-.", "a.b-c", "a.bbc")


def test_every_event_is_counted_once() -> None:
    one = ledger(REVISING, "uniform")
    assert [one.times(event) for event in (Mark.WRITTEN, Mark.CHANGED, Mark.RENOISED)] == [5, 2, 1]
    assert one.places(Mark.CHANGED) == 1
    assert (
        one.guesses == int(np.isin(REVISING.status, (Status.NOISE, Status.RENOISED)).sum()) == 4 + 2 + 2 + 2
    )


def test_masking_writes_each_cell_once_and_nothing_else() -> None:
    one = ledger(MASKING, "masking")
    assert (
        one.sentence == "Wrote 4 words, never changed its mind, put no word back to noise, inserted no cell."
    )
    assert one.blanks == 1
    assert (one.length == 5).all()
    assert (one.marks[0] == [Mark.REST, *[Mark.NOISE] * 4]).all()


def test_a_cell_that_comes_is_inserted_whether_as_noise_or_as_a_word() -> None:
    one = ledger(GROWING, "insertion")
    assert one.length.tolist() == [0, 1, 3, 4, 5]
    assert one.times(Mark.INSERTED) == 5
    assert one.times(Mark.WRITTEN) == 2
    assert one.marks[3].tolist() == [Mark.INSERTED, Mark.NOISE, Mark.REST, Mark.ABSENT, Mark.WRITTEN]


def test_nothing_has_happened_before_the_first_step() -> None:
    first = drawn("ab.-")
    first.status[0, 0] = Status.WRITTEN
    assert ledger(first, "x").marks.tolist() == [[Mark.REST, Mark.REST, Mark.NOISE, Mark.ABSENT]]


def test_the_marks_and_the_status_tell_the_same() -> None:
    for trace in (MASKING, REVISING, GROWING):
        marks = ledger(trace, "x").marks
        assert ((marks == Mark.ABSENT) == (trace.status == Status.ABSENT)).all()
        assert ((marks == Mark.CHANGED) == (trace.status == Status.CHANGED)).all()
        assert ((marks == Mark.RENOISED) == (trace.status == Status.RENOISED)).all()


def test_the_three_questions_are_answered_in_the_runs_own_numbers() -> None:
    found = answers([ledger(MASKING, "masking"), ledger(REVISING, "uniform"), ledger(GROWING, "insertion")])
    assert [one.event for one in found] == [Mark.CHANGED, Mark.RENOISED, Mark.INSERTED]
    changed, renoised, length = (one.text for one in found)
    assert changed.startswith(
        "Uniform changed its mind twice, in 1 of 4 places; masking and insertion never changed a word."
    )
    assert renoised.startswith(
        "Uniform put 1 word back to noise; masking and insertion never put a written word back to noise."
    )
    assert length.startswith(
        "Uniform had 4 cells from the first step to the last, of which none are blank in the end. "
        "Masking had 5 cells from the first step to the last, of which 1 is blank in the end. "
        "Insertion went from 0 to 5 cells."
    )


def test_lanes_of_one_length_share_a_sentence() -> None:
    (*_, length) = answers(
        [ledger(MASKING, "masking"), ledger(drawn("....._", "ab..__", "abcab_"), "uniform")]
    )
    assert length.text.startswith("Masking had 5 cells")
    both = answers([ledger(MASKING, "masking"), ledger(drawn(".....", "abcab"), "uniform")])[-1]
    assert both.text.startswith(
        "Masking and uniform had 5 cells from the first step to the last, of which 1 and none are blank in the end."
    )


def test_one_lane_alone_can_be_asked_too() -> None:
    (changed, *_) = answers([ledger(MASKING, "masking")])
    assert changed.text.startswith("Masking never changed a word.")


def test_the_table_has_one_row_an_event() -> None:
    text = table([(ledger(REVISING, "uniform"), REVISING), (ledger(GROWING, "insertion"), GROWING)])
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert len(rows) == 8 + 7
    assert rows[2] == {
        "process": "uniform", "step": "2", "noise": "0.5", "position": "1", "event": "changed",
        "before": "'=a", "after": "c",
    }  # fmt: skip
    assert {row["event"] for row in rows if row["process"] == "insertion"} == {"inserted", "written"}


@pytest.mark.parametrize(
    ("count", "words"), [(0, "never"), (1, "once"), (2, "twice"), (3, "3 times"), (41, "41 times")]
)
def test_how_often_is_said_in_words(count: int, words: str) -> None:
    assert often(count) == words


def test_numbers_and_lists_are_grammar() -> None:
    assert [counted(n, "word") for n in (0, 1, 2)] == ["no word", "1 word", "2 words"]
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
