"""What is wrong with a text that should be a tale: the broken rules, the words at fault, one sentence each.

The text is laid beside each of the world's skeletons so that as few words as possible have to change. What
has to change breaks the grammar; words that fit their place are then held against what the tale said first.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from textdiff_core.corpora.tales import PLOTS, PRONOUNS, RULES, spaced
from textdiff_core.trace import Fault, Verdict, join

if TYPE_CHECKING:
    from textdiff_core.corpora.tales import Tales

Pair: TypeAlias = tuple[
    str | None, int | None
]  # an item of a skeleton beside a word's number; None: no partner

KINDS = {
    "{A}": "name", "{B}": "name", "{animal}": "animal", "{animal2}": "animal", "{home}": "home",
    "{place}": "place", "{weather}": "kind of weather", "{clothing}": "thing to wear", "{mood}": "mood",
    "{deed}": "way to walk", "{trait}": "trait", "{colour}": "colour", "{object}": "thing", "{food}": "meal",
    "{A.he}": "pronoun", "{B.he}": "pronoun", "{A.him}": "pronoun", "{B.him}": "pronoun", "{A.his}": "pronoun",
}  # fmt: skip
SHOWN = 6  # words of a long stretch that a message quotes


def verdict(world: Tales, cells: Sequence[str]) -> Verdict:
    """Which of the world's rules a text breaks; none exactly when the world can tell it.

    Args:     cells: the words one by one; blanks at the end are dropped, a full stop may cling to its word.
    Returns:  the faults with 0-based indexes into `cells`, of a reading with the fewest edits and, among
              those, the fewest contradictions.
    """
    if world.parse(cells) is not None:
        return Verdict(RULES)
    if not any(cells):
        return Verdict(RULES, (Fault("grammar", (), "the text is empty"),))
    places, words = zip(*spaced(cells), strict=True)
    readings = [Reading(world, plot, words, pairs) for plot, pairs in _alignments(world, words)]
    found = min(([*reading.faults()] for reading in readings), key=len)
    assert found, f"outside the language, yet without a fault: {words}"
    faults = (dataclasses.replace(f, cells=tuple(sorted({places[j] for j in f.cells}))) for f in found)
    return Verdict(RULES, tuple(faults))


# ---- the nearest skeletons ------------------------------------------------------------------------------


def _alignments(world: Tales, words: Sequence[str]) -> Iterator[tuple[str, list[Pair]]]:
    """Each plot and alignment whose edit distance to the words is the least."""
    skeletons = list(world.skeletons.items())
    kinds = sorted({item for _, items in skeletons for item in items})
    fits = np.array([[world.fits(item, word) for word in words] for item in kinds])
    number = {item: row for row, item in enumerate(kinds)}
    rows = np.zeros((len(skeletons), world.length), dtype=int)
    for row, (_, items) in zip(rows, skeletons, strict=True):
        row[: len(items)] = [number[item] for item in items]
    table = _distances(fits, rows)
    totals = [int(table[len(items), k, -1]) for k, (_, items) in enumerate(skeletons)]
    for k, ((_, plot), items) in enumerate(skeletons):
        if totals[k] == min(totals):
            yield plot, _walk_back(table[: len(items) + 1, k], items, fits[rows[k, : len(items)]])


def _distances(fits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(M + 1, S, n + 1) edit distances between the first i items of skeleton k and the first j words.

    Args:     fits: (kinds, n) bool, whether a word may stand for an item.   rows: (S, M) kinds in order.
    """
    columns = np.arange(fits.shape[1] + 1)
    table = [np.tile(columns, (len(rows), 1))]
    for kind in rows.T:  # (S,)
        best = table[-1] + 1
        best[:, 1:] = np.minimum(best[:, 1:], table[-1][:, :-1] + ~fits[kind])
        # An extra word costs 1 a column: a running minimum once the columns' own cost is taken off.
        table.append(np.minimum.accumulate(best - columns, axis=1) + columns)
    return np.stack(table)


def _walk_back(table: np.ndarray, items: Sequence[str], fits: np.ndarray) -> list[Pair]:
    """One cheapest alignment, from the start. Args: table: (m + 1, n + 1) distances.   fits: (m, n)."""
    pairs: list[Pair] = []
    i, j = (size - 1 for size in table.shape)
    while i or j:
        if i and j and table[i, j] == table[i - 1, j - 1] + (not fits[i - 1, j - 1]):
            i, j = i - 1, j - 1
            pairs.append((items[i], j))
        elif i and table[i, j] == table[i - 1, j] + 1:
            i -= 1
            pairs.append((items[i], None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


# ---- what is wrong in one reading -----------------------------------------------------------------------


class Reading:
    """A text read as a tale of one plot. Cells in its faults are numbers of `words`."""

    def __init__(self, world: Tales, plot: str, words: Sequence[str], pairs: list[Pair]) -> None:
        self.world, self.plot, self.words, self.pairs = world, plot, words, pairs
        fitting = [(item, j) for item, j in pairs if item and j is not None and world.fits(item, words[j])]
        self.slots = [(item, j) for item, j in fitting if item[0] == "{"]
        self.fitting = {j for _, j in fitting}
        self.giving = next((self._sentence(j) for item, j in fitting if item == "gave"), 0)
        self.facts = self._said()

    def faults(self) -> Iterator[Fault]:
        """Every fault; words that break one rule in the same sentence and way share one."""
        yield from self._grammar()
        found: dict[tuple[str, str], list[int]] = {}
        for item, j in self.slots:
            if self.words[j] != self.facts.get(item, self.words[j]):
                fault = self._contradiction(item, j)
                if fault:
                    found.setdefault(fault, []).append(j)
        for a, b, message in (
            ("{A}", "{B}", "both characters are called {}"),
            ("{animal}", "{animal2}", "both characters are {}"),
        ):
            word = self.facts.get(a)
            if word and word == self.facts.get(b):
                told = message.format(_a(word) if "animal" in a else word)
                found["names", told] = [j for item, j in self.slots if item == b]
        for (rule, message), at in found.items():
            yield Fault(rule, tuple(at), message)

    def _grammar(self) -> Iterator[Fault]:
        """One fault for each stretch of words that do not fit, are missing, or are too many."""
        before = -1  # the last word that fits
        stretch: list[Pair] = []
        for item, j in (*self.pairs, ("", -1)):  # an end that closes the last stretch
            if (item and j not in self.fitting) or item is None:
                stretch.append((item, j))
                continue
            if stretch:
                yield self._stretch(
                    [i for i, _ in stretch if i], [k for _, k in stretch if k is not None], before
                )
                stretch = []
            before = -1 if j is None else j

    def _stretch(self, wanted: list[str], at: list[int], before: int) -> Fault:
        wish = _quote([f"[{KINDS[item]}]" if item in KINDS else item for item in wanted])
        got = _quote([self.words[j] for j in at])
        if not any(self.words[j] for j in at):
            where = f"after {self.words[before]!r}" if before >= 0 else "at the start"
            return Fault("grammar", tuple(at) or (max(before, 0),), f"{wish or 'a word'} is missing {where}")
        told = f"should be {wish}" if wanted else "does not belong"
        return Fault("grammar", tuple(at), f"{got} {told} in sentence {self._sentence(at[0])}")

    def _said(self) -> dict[str, str]:
        """Slot -> the word it should have: names by majority, other facts as first told, the rest by rule."""
        told: dict[str, list[str]] = {}
        for item, j in self.slots:
            told.setdefault(item, []).append(self.words[j])
        facts = {item: words[0] for item, words in told.items() if item[1:-1] in self.world.free_slots}
        for who in ("{A}", "{B}"):
            names = told.get(who, [])
            others = [name for name in names if who == "{A}" or name != facts.get("{A}")]
            if names:
                facts[who] = Counter(others or names).most_common(1)[0][0]  # the first mentioned, in a tie
        return facts | self.world.implied(facts)

    def _contradiction(self, item: str, j: int) -> tuple[str, str] | None:
        """Rule and message for a word that differs from what the facts ask for; None if another fault says it."""
        got, due, sentence = self.words[j], self.facts[item], f"in sentence {self._sentence(j)}"
        facts = self.facts
        match item:
            case "{A}" | "{B}":
                return self._wrong_name(item, got, due, j)
            case "{home}":
                return "home", f"{_a(facts['{animal}'])} has {_a(due)}, not {_a(got)}"
            case "{place}":
                return "home", f"{_a(facts['{animal}'])} lives in the {due}, not in the {got}"
            case "{colour}":
                return "object", f"the {due} {facts.get('{object}', 'thing')} became {got} {sentence}"
            case "{object}":
                return "object", f"the {due} became {_a(got)} {sentence}"
            case "{clothing}":
                return "clothing", f"{facts['{weather}']} weather asks for {due}, not {got}"
            case "{deed}":
                return "mood", f"someone {facts['{mood}'].lower()} {due}, not {got}"
        return self._wrong_pronoun(item, got, due, j)

    def _wrong_name(self, item: str, got: str, due: str, j: int) -> tuple[str, str]:
        other = self.facts.get("{B}" if item == "{A}" else "{A}")
        sentence = self._sentence(j)
        if got != other:
            return "names", f"{due} became {got} in sentence {sentence}"
        if sentence == self.giving:
            gives, thanks = (due, got) if item[1] == PLOTS[self.plot][1] else (got, due)
            return "roles", f"{gives} should give and {thanks} should thank"
        return "roles", f"{due} should stand where {got} does in sentence {sentence}"

    def _wrong_pronoun(self, item: str, got: str, due: str, j: int) -> tuple[str, str] | None:
        who = "{" + item[1] + "}"
        # A pronoun that agrees with a wrong name of its own sentence is not a second fault.
        beside = [
            self.words[k] for slot, k in self.slots if slot == who and self._sentence(k) == self._sentence(j)
        ]
        form = ("he", "him", "his").index(item[3:-1])
        if any(PRONOUNS[self.world.names[name]][form] == got for name in beside):
            return None
        name = self.facts[who]
        return "pronouns", f"{got!r} should be {due!r}: {name} is {self.world.names[name]}"

    def _sentence(self, j: int) -> int:
        return 1 + list(self.words[:j]).count(".")


def _a(word: str) -> str:
    return f"{'an' if word[:1].lower() in tuple('aeiou') else 'a'} {word}"


def _quote(words: list[str]) -> str:
    """The words as one quoted stretch, shortened when long; a lone kind of word ("[colour]") as "a colour"."""
    if len(words) == 1 and words[0].startswith("["):
        return _a(words[0][1:-1])
    told = join(words[:SHOWN], "word") + (" …" if len(words) > SHOWN else "")
    return f"'{told}'" if words else ""
