"""Toy: two short sentences about a child and its toy, a world that a tiny model learns in a minute.

Whoever is named returns as a pronoun, the toy returns with its colour, and what it does is decided by what it
is: agreement over a distance, as in tales, but in a language so small that all its texts are listed. Each of
them is equally likely.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from textdiff_core.corpora.base import World
from textdiff_core.trace import Fault, Verdict

PLOTS = {
    "owned": "{child} has a {colour} {thing} . {child.He} smiles when the {colour} {thing} {deed} .",
    "told": "The {colour} {thing} {deed} . {child} says {child.his} {thing} is {colour} .",
    "lost": "{child} lost {child.his} {colour} {thing} . Now the {colour} {thing} {deed} without {child.him} .",
    "drawn": "{child} draws a {colour} {thing} . When {child.he} waves , the {thing} {deed} .",
}
PRONOUNS = {  # He, he, him, his
    "she": ("She", "she", "her", "her"),
    "he": ("He", "he", "him", "his"),
}
FORMS = tuple(f"{{child.{form}}}" for form in PRONOUNS["he"])
RULES = ("grammar", "pronouns", "colour", "thing", "deed")
RULE_OF = dict.fromkeys((*FORMS, "{child}"), "pronouns") | {
    "{colour}": "colour",
    "{thing}": "thing",
    "{deed}": "deed",
}


@dataclasses.dataclass(frozen=True)
class Toy(World):
    """The world: its inventories, and what can be told, checked and computed in it.

    Attributes:
        names: name -> "she" or "he".   things: thing -> what it does.
    """

    names: dict[str, str]
    colours: tuple[str, ...]
    things: dict[str, str]
    name = "toy"
    plots = tuple(PLOTS)

    # ---- the language -------------------------------------------------------------------------------

    @functools.cached_property
    def skeletons(self) -> dict[tuple[int, str], tuple[str, ...]]:
        """(0, plot) -> its items."""
        return {(0, plot): tuple(text.split()) for plot, text in PLOTS.items()}

    @functools.cached_property
    def options(self) -> dict[str, frozenset[str]]:
        forms = zip(FORMS, zip(*PRONOUNS.values(), strict=True), strict=True)
        return {slot: frozenset(words) for slot, words in forms} | {
            "{child}": frozenset(self.names),
            "{colour}": frozenset(self.colours),
            "{thing}": frozenset(self.things),
            "{deed}": frozenset(self.things.values()),
        }

    def choices(self, plot: str) -> list[tuple[str, tuple[str, ...]]]:
        """The free choices of a text: slot and options, in the order of `enumerate`."""
        return [("child", tuple(self.names)), ("colour", self.colours), ("thing", tuple(self.things))]

    def implied(self, facts: Mapping[str, str]) -> dict[str, str]:
        """The slots that the known free choices decide, and their words."""
        filled: dict[str, str] = {}
        if "{child}" in facts:
            filled |= dict(zip(FORMS, PRONOUNS[self.names[facts["{child}"]]], strict=True))
        if "{thing}" in facts:
            filled["{deed}"] = self.things[facts["{thing}"]]
        return filled

    # ---- telling ------------------------------------------------------------------------------------

    @functools.cached_property
    def told(self) -> list[tuple[tuple[str, ...], dict[str, str]]]:
        """Every text once: the items of its skeleton, and its facts by slot."""
        texts = []
        for (_, plot), items in self.skeletons.items():
            slots, options = zip(*self.choices(plot), strict=True)
            for words in itertools.product(*options):
                facts = {"{" + slot + "}": word for slot, word in zip(slots, words, strict=True)}
                texts.append((items, facts | self.implied(facts)))
        return texts

    @functools.cached_property
    def texts(self) -> np.ndarray:
        """(n, length) int64 ids of every text once, padded with the blank's id 0."""
        ids = np.zeros((len(self.told), self.length), dtype=np.int64)
        for row, (items, facts) in zip(ids, self.told, strict=True):
            row[: len(items)] = [self.ids[facts.get(item, item)] for item in items]
        return ids

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        return self.texts[rng.integers(len(self.texts), size=num)]

    # ---- truth --------------------------------------------------------------------------------------

    def log_prob(self, text: str) -> float:
        """ln P(text) in nats, exact; -inf outside the language."""
        return -math.inf if self.parse(text) is None else -math.log(len(self.texts))

    def entropy(self) -> float:
        """The language's entropy in nats per text, exact."""
        return math.log(len(self.texts))

    def parse(self, text: str | Sequence[str]) -> int | None:
        """The number in `told` of the text that these words are, or None outside the language."""
        ids = self._ids(text)
        return None if len(ids) > self.length else self._numbers.get(self._padded(ids).tobytes())

    def even(self, texts: Sequence[str]) -> Mapping[str, tuple[list[str], list[str]]]:
        """What falls evenly in the language: choice -> what those texts chose that belong to it, and its options."""
        facts = [self.told[number][1] for text in texts if (number := self.parse(text)) is not None]
        return {
            "names": ([told["{child}"] for told in facts], list(self.names)),
            "colours": ([told["{colour}"] for told in facts], list(self.colours)),
            "things": ([told["{thing}"] for told in facts], list(self.things)),
        }

    def check(self, text: str | Sequence[str]) -> Verdict:
        """Which rules the text breaks, and the words (0-based cells) at fault.

        The text is held against the nearest one of the language; where several are as near, against the one
        that differs latest, so that what was said first holds.

        Args:     text: running text, or its cells one by one with blanks at the end.
        """
        if self.parse(text) is not None:
            return Verdict(RULES)
        ids = self._ids(text)
        if not len(ids):
            return Verdict(RULES, (Fault("grammar", (), "the text is empty"),))
        kept = self._padded(ids[: self.length])
        wrong = self.texts != kept  # (n, length)
        lateness = wrong @ np.arange(self.length)
        nearest = int(np.lexsort((-lateness, wrong.sum(1)))[0])
        cells = [*map(int, np.flatnonzero(wrong[nearest])), *range(self.length, len(ids))]
        words = self.vocabulary.split(text) if isinstance(text, str) else list(text)
        return Verdict(RULES, tuple(self._faults(nearest, cells, words)))

    def _faults(self, nearest: int, cells: Sequence[int], words: Sequence[str]) -> list[Fault]:
        """One fault for each rule that words at these cells break, against the text number `nearest`."""
        items, facts = self.told[nearest]
        found: dict[str, list[tuple[int, str]]] = {}
        for cell in cells:
            item = items[cell] if cell < len(items) else ""
            word = words[cell] if cell < len(words) else ""
            due = facts.get(item, item)
            rule = RULE_OF[item] if word and item[:1] == "{" and self.fits(item, word) else "grammar"
            found.setdefault(rule, []).append((cell, self._message(rule, word, due, facts)))
        return [Fault(rule, tuple(cell for cell, _ in at), at[0][1]) for rule, at in found.items()]

    def _message(self, rule: str, got: str, due: str, facts: Mapping[str, str]) -> str:
        colour, thing, who = facts["{colour}"], facts["{thing}"], facts["{child}"]
        if not got or not due:
            return f"{due!r} is missing" if due else f"{got!r} does not belong"
        if got in self.names and rule == "pronouns":
            return f"{got!r} should be a name for {facts['{child.he}']!r}, such as {due!r}"
        return {
            "grammar": f"{got!r} should be {due!r}",
            "pronouns": f"{got!r} should be {due!r}: {who} is {self.names[who]}",
            "colour": f"the {colour} {thing} became {got}",
            "thing": f"the {colour} {thing} became a {got}",
            "deed": f"a {thing} {due}, it never {got}",
        }[rule]

    def _ids(self, text: str | Sequence[str]) -> np.ndarray:
        """(n,) ids of the words, trailing blanks dropped, -1 for words of no vocabulary."""
        words = self.vocabulary.split(text) if isinstance(text, str) else list(text)
        while words and not words[-1]:
            words.pop()
        return np.array([self.ids.get(word, -1) for word in words], dtype=np.int64)

    def _padded(self, ids: np.ndarray) -> np.ndarray:
        return np.pad(ids, (0, self.length - len(ids)))

    @functools.cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {row.tobytes(): number for number, row in enumerate(self.texts)}


TOY = Toy(
    names=dict.fromkeys(("Ivy", "Lily", "Nora", "Tess"), "she") | dict.fromkeys(("Leo", "Max", "Otto", "Sam"), "he"),
    colours=("red", "blue", "green", "yellow", "white", "black"),
    things={
        "kite": "flies", "boat": "floats", "ball": "bounces", "bell": "rings", "lamp": "glows", "top": "spins",
        "clock": "ticks", "cart": "rolls",
    },
)  # fmt: skip
