"""What happened to every cell at every step of a run, and the sentences and the table that follow. No torch.

Everything is read from a `Trace` alone, so that every process is counted by the same rules.
"""

from __future__ import annotations

import csv
import enum
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from textdiff_core.exports import inert, shown_word
from textdiff_core.trace import Status, Trace


class Mark(enum.IntEnum):
    """What one cell is, or what happened to it, in one frame."""

    ABSENT = 0
    NOISE = 1
    REST = 2  # a word, as it was one frame ago, or given by the reader
    WRITTEN = 3  # noise became a word
    CHANGED = 4  # a word became another word
    RENOISED = 5  # a word became noise
    INSERTED = 6  # the cell was not there one frame ago


EVENTS = (Mark.WRITTEN, Mark.CHANGED, Mark.RENOISED, Mark.INSERTED)
_MARK = {
    Status.ABSENT: Mark.ABSENT, Status.NOISE: Mark.NOISE, Status.WRITTEN: Mark.WRITTEN,
    Status.SETTLED: Mark.REST, Status.KEPT: Mark.REST, Status.RENOISED: Mark.RENOISED,
    Status.CHANGED: Mark.CHANGED,
}  # fmt: skip


@dataclass(frozen=True)
class Ledger:
    """The account of one run of N steps over C cells.

    Attributes:
        name: what the run is called in a sentence, such as "masking".
        marks: (N+1, C) uint8, see `Mark`; frame 0 holds no events.
        length: (N+1,) int, cells that are there.
        guesses: best guesses that were measured in noise, over all cells and steps.
        blanks: cells that hold the blank in the last frame.
    """

    name: str
    marks: np.ndarray
    length: np.ndarray
    guesses: int
    blanks: int

    def times(self, event: Mark) -> int:
        """How often it happened, over all cells and steps."""
        return int((self.marks == event).sum())

    def places(self, event: Mark) -> int:
        """In how many cells it happened at least once."""
        return int((self.marks == event).any(0).sum())

    @property
    def fixed(self) -> bool:
        """Whether its length stayed the same."""
        return bool((self.length == self.length[0]).all())

    @property
    def sentence(self) -> str:
        """The totals: "Wrote 47 words, changed its mind 41 times, put none back to noise, inserted none."."""
        changes = self.times(Mark.CHANGED)
        minds = f"changed its mind {often(changes)}" if changes else "never changed its mind"
        return (
            f"Wrote {counted(self.times(Mark.WRITTEN), 'word')}, {minds}, "
            f"put {counted(self.times(Mark.RENOISED), 'word')} back to noise, "
            f"inserted {counted(self.times(Mark.INSERTED), 'cell')}."
        )


def ledger(trace: Trace, name: str) -> Ledger:
    """The account of a run, whole or as far as it has come."""
    table = np.zeros(len(Status), dtype=np.uint8)
    for status, mark in _MARK.items():
        table[status] = mark
    marks = table[trace.status]
    there = trace.status != Status.ABSENT
    marks[1:][there[1:] & ~there[:-1]] = Mark.INSERTED
    marks[0][there[0] & np.isin(marks[0], EVENTS)] = Mark.REST  # nothing has happened before the first step
    noisy = np.isin(trace.status, (Status.NOISE, Status.RENOISED))
    blank = trace.words.index("") if "" in trace.words else -1
    return Ledger(
        name=name,
        marks=marks,
        length=there.sum(1),
        guesses=int((noisy & (trace.top_ids[..., :1] >= 0).any(-1)).sum()),
        blanks=int((there[-1] & ~noisy[-1] & (trace.tokens[-1] == blank)).sum()),
    )


@dataclass(frozen=True)
class Answer:
    """A question about several runs side by side, and its answer in their own numbers.

    Attributes:   event: what to look for in the picture.   question, text: as shown.
    """

    event: Mark
    question: str
    text: str


def answers(ledgers: Sequence[Ledger]) -> tuple[Answer, ...]:
    """The three questions of the side by side page, each answered by what these runs did."""
    return (
        Answer(
            Mark.CHANGED, "Can it change its mind?",
            _told(ledgers, Mark.CHANGED, _changed, "changed a word")
            + " Where noise is a mask, no word is replaced; at most it is put back to noise, by samplers that remask. "
            "Where noise looks like a word, every word stays open to the end.",
        ),
        Answer(
            Mark.RENOISED, "Does it really re-mask?",
            _told(ledgers, Mark.RENOISED, _renoised, "put a written word back to noise")
            + " A cell that only stays masked because the model is unsure is often called re-masked, but it never "
            "held a word.",
        ),
        Answer(
            Mark.INSERTED, "Why is the length fixed?",
            _lengths(ledgers)
            + " Whoever only rewrites cells must fix their number before the first word, and fills up with blanks.",
        ),
    )  # fmt: skip


def _told(ledgers: Sequence[Ledger], event: Mark, tell: Callable[[Ledger], str], never: str) -> str:
    """One sentence: first those to whom it happened, with their numbers, then the others."""
    parts = [tell(one) for one in ledgers if one.times(event)]
    others = [one.name for one in ledgers if not one.times(event)]
    if others:
        parts.append(f"{listed(others)} never {never}")
    return sentence_case("; ".join(parts)) + "."


def _changed(one: Ledger) -> str:
    places = f"in {one.places(Mark.CHANGED)} of {one.marks.shape[1]} places"
    return f"{one.name} changed its mind {often(one.times(Mark.CHANGED))}, {places}"


def _renoised(one: Ledger) -> str:
    return f"{one.name} put {counted(one.times(Mark.RENOISED), 'word')} back to noise"


def _lengths(ledgers: Sequence[Ledger]) -> str:
    """A sentence for all that kept one length, and one for each that did not keep its own."""
    fixed = [one for one in ledgers if one.fixed]
    told = [
        _kept(length, [one for one in fixed if one.length[0] == length])
        for length in sorted({int(one.length[0]) for one in fixed})
    ]
    told += [
        f"{one.name} went from {one.length[0]} to {counted(int(one.length[-1]), 'cell')}."
        for one in ledgers
        if not one.fixed
    ]
    return " ".join(map(sentence_case, told))


def _kept(length: int, group: Sequence[Ledger]) -> str:
    blanks = [one.blanks for one in group]
    are = "is" if blanks == [1] else "are"
    return (
        f"{listed([one.name for one in group])} had {counted(length, 'cell')} from the first step to the last, of "
        f"which {listed([str(count or 'none') for count in blanks])} {are} blank in the end."
    )


def table(rows: Sequence[tuple[Ledger, Trace]]) -> bytes:
    """One CSV row for each event of each run, in UTF-8 with the mark by which spreadsheets know it.

    noise is 1 - alpha, the expected share of hidden words after the step; position counts from 1; before and
    after are the words in the cell, empty where it was noise, blank or not there.
    """
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(("process", "step", "noise", "position", "event", "before", "after"))
    for one, trace in rows:
        for frame, cell in np.argwhere(np.isin(one.marks, EVENTS)):
            words = (inert(shown_word(trace, at, cell)) for at in (frame - 1, frame))
            noise = f"{1 - trace.alpha[frame]:.6g}"
            mark = Mark(one.marks[frame, cell]).name.lower()
            out.writerow((inert(one.name), frame, noise, cell + 1, mark, *words))
    return text.getvalue().encode("utf-8-sig")


def often(count: int) -> str:
    """ "never", "once", "twice", "41 times"."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def counted(count: int, noun: str) -> str:
    """ "no word", "1 word", "47 words"."""
    return f"no {noun}" if count == 0 else f"{count} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """ "masking", "masking and uniform", "masking, uniform and insertion"."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last


def sentence_case(text: str) -> str:
    """The text with its first letter large and the others as they are."""
    return text[:1].upper() + text[1:]
