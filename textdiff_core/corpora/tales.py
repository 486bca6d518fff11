"""Tales: a small world of animal stories whose probabilities and rules are known exactly.

A tale is a plot (which sentences are told), a form of opening, and *facts*: who, what colour, what weather.
Facts chosen early return late: the weather decides what is worn in the last sentence, the animal where it
lives and what its home is called, the mood how it walks, the plot who gives and who thanks. Such
long-range agreement is what writing several words at once can break, so it is what samplers are judged by.

Every choice is uniform and independent given the plot, and every tale has exactly one derivation, so
log-probabilities are sums of logarithms of counts.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from textdiff_core.corpora.base import World
from textdiff_core.trace import Verdict, join

OPENINGS = (
    "{A} the {trait} {animal} lived in the {place} .",
    "Once {A} the {trait} {animal} lived in the {place} .",
    "In the {place} lived {A} the {trait} {animal} .",
)
# plot -> (what happens, who gives in the next sentence)
PLOTS = {
    "lost and found": ("One {weather} day {A.he} lost a {colour} {object} . {B} the {animal2} found it .", "B"),
    "a storm": ("One {weather} day the wind took {A.his} {colour} {object} . {B} the {animal2} caught it .", "B"),
    "a gift": ("One {weather} day {A.he} made a {colour} {object} . {B} the {animal2} liked it .", "A"),
    "a race won": (
        "One {weather} day {A.he} raced {B} the {animal2} for a {colour} {object} . {A} won .", "B"),
    "a race lost": (
        "One {weather} day {A.he} raced {B} the {animal2} for a {colour} {object} . {B} won .", "A"),
    "a shared meal": (
        "One {weather} day {A.he} cooked {food} for {B} the {animal2} . {B} brought a {colour} {object} .", "B"),
}  # fmt: skip
GIVING = "{G} gave {R} the {colour} {object} and {R.he} thanked {G.him} ."
ENDING = "{mood} {A} {deed} to {A.his} {home} in {clothing} ."
PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his")}  # he, him, his
RULES = ("grammar", "names", "pronouns", "home", "object", "clothing", "mood", "roles")


@dataclasses.dataclass(frozen=True)
class Tale:
    """One story: its plot, its opening's index, its facts by slot, and its words in order."""

    plot: str
    opening: int
    facts: dict[str, str]
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return join(list(self.words), "word")


@dataclasses.dataclass(frozen=True)
class Tales(World):
    """The world: its inventories, and what can be told, checked and computed in it.

    Attributes:
        names: name -> "she" or "he".   animals: animal -> (home, place).
        weather: weather -> clothing.   moods: mood -> deed.
    """

    names: dict[str, str]
    animals: dict[str, tuple[str, str]]
    weather: dict[str, str]
    moods: dict[str, str]
    traits: tuple[str, ...]
    colours: tuple[str, ...]
    objects: tuple[str, ...]
    foods: tuple[str, ...]
    name = "tales"
    plots = tuple(PLOTS)

    # ---- the language -------------------------------------------------------------------------------

    @functools.cached_property
    def skeletons(self) -> dict[tuple[int, str], tuple[str, ...]]:
        """(opening, plot) -> its items: a word as it stands, or a slot such as "{A}"."""
        told = {}
        for (number, opening), (plot, (event, giver)) in itertools.product(
            enumerate(OPENINGS), PLOTS.items()
        ):
            giver, receiver = (giver, "B" if giver == "A" else "A")
            giving = GIVING.replace("{G", "{" + giver).replace("{R", "{" + receiver)
            told[number, plot] = tuple(f"{opening} {event} {giving} {ENDING}".split())
        return told

    @functools.cached_property
    def options(self) -> dict[str, frozenset[str]]:
        """Slot -> the words that may stand there at all, agreement aside."""
        pronouns = zip(*PRONOUNS.values(), strict=True)
        he, him, his = (frozenset(forms) for forms in pronouns)
        names, animals = frozenset(self.names), frozenset(self.animals)
        return {
            "{A}": names, "{B}": names, "{animal}": animals, "{animal2}": animals,
            "{A.he}": he, "{B.he}": he, "{A.him}": him, "{B.him}": him, "{A.his}": his,
            "{home}": frozenset(home for home, _ in self.animals.values()),
            "{place}": frozenset(place for _, place in self.animals.values()),
            "{weather}": frozenset(self.weather), "{clothing}": frozenset(self.weather.values()),
            "{mood}": frozenset(self.moods), "{deed}": frozenset(self.moods.values()),
            "{trait}": frozenset(self.traits), "{colour}": frozenset(self.colours),
            "{object}": frozenset(self.objects), "{food}": frozenset(self.foods),
        }  # fmt: skip

    def choices(self, plot: str) -> list[tuple[str, tuple[str, ...]]]:
        """The free choices of a tale with this plot: slot and options, in the order they are drawn.

        The second character is drawn from the names and animals that the first one left over, so those two
        have one option less than they list.
        """
        drawn = [
            ("A", tuple(self.names)), ("B", tuple(self.names)),
            ("animal", tuple(self.animals)), ("animal2", tuple(self.animals)),
            ("trait", self.traits), ("weather", tuple(self.weather)),
            ("colour", self.colours), ("object", self.objects), ("mood", tuple(self.moods)),
        ]  # fmt: skip
        return drawn + ([("food", self.foods)] if "{food}" in PLOTS[plot][0] else [])

    def implied(self, facts: dict[str, str]) -> dict[str, str]:
        """The slots that the known free choices decide, and their words."""
        filled = {}
        if "{animal}" in facts:
            filled["{home}"], filled["{place}"] = self.animals[facts["{animal}"]]
        if "{weather}" in facts:
            filled["{clothing}"] = self.weather[facts["{weather}"]]
        if "{mood}" in facts:
            filled["{deed}"] = self.moods[facts["{mood}"]]
        for who in "AB":
            if "{" + who + "}" in facts:
                forms = PRONOUNS[self.names[facts["{" + who + "}"]]]
                filled |= {
                    f"{{{who}.{case}}}": form for case, form in zip(PRONOUNS["he"], forms, strict=True)
                }
        return filled

    # ---- telling ------------------------------------------------------------------------------------

    def tell(self, rng: np.random.Generator) -> Tale:
        """A tale drawn from the language; `rng` is advanced by this call."""
        opening, plot = int(rng.integers(len(OPENINGS))), tuple(PLOTS)[rng.integers(len(PLOTS))]
        chosen: dict[str, str] = {}
        for slot, options in self.choices(plot):
            taken = chosen.get({"B": "A", "animal2": "animal"}.get(slot, ""))
            left = [option for option in options if option != taken]
            chosen[slot] = left[rng.integers(len(left))]
        return self._tale(plot, opening, chosen)

    def enumerate(self) -> Iterator[Tale]:
        """Every tale once; only for worlds small enough to list."""
        for opening, plot in itertools.product(range(len(OPENINGS)), PLOTS):
            slots, options = zip(*self.choices(plot), strict=True)
            for words in itertools.product(*options):
                chosen = dict(zip(slots, words, strict=True))
                if chosen["A"] != chosen["B"] and chosen["animal"] != chosen["animal2"]:
                    yield self._tale(plot, opening, chosen)

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of freshly told tales, padded with the blank's id 0."""
        ids = np.zeros((num, self.length), dtype=np.int64)
        for row in ids:
            words = self.tell(rng).words
            row[: len(words)] = [self.ids[word] for word in words]
        return ids

    def _tale(self, plot: str, opening: int, chosen: dict[str, str]) -> Tale:
        facts = {"{" + slot + "}": word for slot, word in chosen.items()}
        facts |= self.implied(facts)
        words = tuple(facts.get(item, item) for item in self.skeletons[opening, plot])
        return Tale(plot, opening, facts, words)

    # ---- truth --------------------------------------------------------------------------------------

    def log_prob(self, text: str) -> float:
        """ln P(text) in nats, exact; -inf outside the language."""
        tale = self.parse(text.split())
        return -math.inf if tale is None else -self._surprise(tale.plot)

    def entropy(self) -> float:
        """The language's entropy in nats per tale, exact: the mean of -ln P(tale)."""
        return sum(map(self._surprise, PLOTS)) / len(PLOTS)

    def _surprise(self, plot: str) -> float:
        counts = [len(options) - (slot in ("B", "animal2")) for slot, options in self.choices(plot)]
        return math.log(math.prod(counts) * len(OPENINGS) * len(PLOTS))

    def parse(self, words: Sequence[str]) -> Tale | None:
        """The one tale these words tell (blanks at the end allowed), or None outside the language."""
        words = [word for _, word in spaced(words)]
        for (opening, plot), items in self.skeletons.items():
            if len(items) != len(words):
                continue
            pairs = list(zip(items, words, strict=True))
            if all(self.fits(item, word) for item, word in pairs):
                chosen = {item[1:-1]: word for item, word in reversed(pairs) if item[0] == "{"}
                same = chosen["A"] == chosen["B"] or chosen["animal"] == chosen["animal2"]
                tale = None if same else self._tale(plot, opening, self._free(plot, chosen))
                if tale and tale.words == tuple(words):
                    return tale
        return None

    @functools.cached_property
    def free_slots(self) -> frozenset[str]:
        """The slots whose word is chosen freely in some plot."""
        return frozenset(slot for plot in PLOTS for slot, _ in self.choices(plot))

    def _free(self, plot: str, slots: dict[str, str]) -> dict[str, str]:
        return {slot: slots[slot] for slot, _ in self.choices(plot)}

    def check(self, text: str | Sequence[str]) -> Verdict:
        """Which rules the text breaks, and the words (0-based cells) at fault.

        Args:     text: a tale as running text, or its cells one by one with blanks at the end.
        """
        from textdiff_core.corpora.tales_check import verdict

        return verdict(self, text.split() if isinstance(text, str) else text)

    def even(self, texts: Sequence[str]) -> Mapping[str, tuple[list[str], list[str]]]:
        """What falls evenly in the language: choice -> what those texts chose that are tales, and its options."""
        tales = [tale for text in texts if (tale := self.parse(text.split()))]
        return {
            "names": ([tale.facts["{A}"] for tale in tales], list(self.names)),
            "animals": ([tale.facts["{animal}"] for tale in tales], list(self.animals)),
            "plots": ([tale.plot for tale in tales], list(PLOTS)),
        }


def spaced(words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Cells with their numbers, trailing blanks dropped, a full stop that clings to its word set apart."""
    cells = list(words)
    while cells and cells[-1] == "":
        cells.pop()
    for number, cell in enumerate(cells):
        if len(cell) > 1 and cell[-1] == ".":
            yield from ((number, cell[:-1]), (number, "."))
        else:
            yield number, cell


WORLD = Tales(
    names=dict.fromkeys(("Daisy", "Fern", "Hazel", "Ivy", "Lily", "Nora", "Tess", "Wren"), "she")
    | dict.fromkeys(("Finn", "Hugo", "Leo", "Max", "Ned", "Otto", "Sam", "Toby"), "he"),
    animals={
        "fox": ("den", "forest"), "mouse": ("hole", "barn"), "bear": ("cave", "hills"), "duck": ("nest", "reeds"),
        "rabbit": ("burrow", "meadow"), "cat": ("basket", "kitchen"), "bee": ("hive", "garden"),
        "mole": ("tunnel", "field"), "beaver": ("lodge", "river"), "spider": ("web", "attic"),
        "crab": ("shell", "bay"), "hen": ("coop", "yard"),
    },
    weather={
        "rainy": "boots", "snowy": "mittens", "sunny": "sandals", "windy": "goggles", "frosty": "earmuffs",
        "muddy": "clogs", "chilly": "socks", "hot": "shorts",
    },
    moods={
        "Happy": "danced", "Proud": "marched", "Merry": "skipped", "Sleepy": "crept", "Calm": "strolled",
        "Eager": "dashed",
    },
    traits=(
        "brave", "kind", "clever", "shy", "old", "young", "quick", "gentle", "funny", "quiet", "bold", "jolly",
    ),
    colours=("red", "blue", "green", "yellow", "silver", "golden", "purple", "white", "black", "pink"),
    objects=("kite", "drum", "boat", "ball", "bell", "lamp", "flute", "cup", "book", "top"),
    foods=("soup", "rice", "beans", "stew", "bread", "plums", "honey", "porridge"),
)  # fmt: skip
