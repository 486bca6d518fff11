"""`Book`: what the words that a state shows leave open of a tale, as a short list of patterns.

The words seen decide in how many ways a state fits a tale, and no other word does. So options of a slot that differ
only in words not seen are one, and a pattern is a set of tales that all fit in the same ways.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from textdiff_core.denoisers.insertion_oracle import END
from textdiff_core.denoisers.tales_oracle import UNLIKE

UNSEEN = -2  # a word that is not seen, whichever it is: only masks can be it
PARTNERS = UNLIKE | {one: other for other, one in UNLIKE.items()}

Option: TypeAlias = dict[str, int]  # item of a skeleton -> the word it gets
Shares: TypeAlias = tuple[tuple[int, float], ...]  # words, and how likely each is
Seen: TypeAlias = tuple[tuple[int, int], ...]  # words, and how often each is seen
Found: TypeAlias = tuple[
    int, int, tuple[int, ...]
]  # state, skeleton, and which filling each of its needs gets


class Filling(NamedTuple):
    """Options for the slots of a group that can't be told apart.

    Attributes:
        weight: their share of all.   words: item -> its word, or UNSEEN.   shares: item -> what it may be.
    """

    weight: float
    words: Mapping[str, int]
    shares: Mapping[str, Shares]


class Need(NamedTuple):
    """What a skeleton asks of a group: its slots in this plot, and how often each of their items stands there."""

    group: int
    slots: tuple[str, ...]
    times: tuple[tuple[str, int], ...]


class Skeleton(NamedTuple):
    """One opening and plot.

    Attributes:
        length: its words.   room: word -> how often it can tell it.   needs: see `Need`.
        items: (L,) numbers of its items.   turns: (L,) whose filling each is, counted from 1; 0 is a word as it
        stands, or the END.
    """

    length: int
    room: Mapping[int, int]
    needs: list[Need]
    items: list[int]
    turns: list[int]


class Patterns(NamedTuple):
    """P sets of tales, each for one state.

    Attributes:
        states, lengths: (P,) int64, which state, and how many words the tales have.
        weights: (P,) float64, how likely its tales are, whatever the state.
        words: (P, L) int64, each position's word, UNSEEN or END.   kinds: (P, L) int64, a row of `shares`, or END.
        shares: (R, V) float64, how likely each word is; row v is the word v for sure.
    """

    states: Tensor
    lengths: Tensor
    weights: Tensor
    words: Tensor
    kinds: Tensor
    shares: Tensor


class Book:
    """The skeletons of a world and the options of its slots.

    Slots that have a word in common are a group: what is seen of one group's words says nothing of another's. No
    word stands both in a skeleton and in a slot.
    """

    def __init__(self, world: Any) -> None:
        self.num_words, self.length = len(world.words), world.length
        every = sorted({item for items in world.skeletons.values() for item in items})
        self.items = {item: number for number, item in enumerate(["", *every])}
        slots = {slot: options for plot in world.plots for slot, options in world.choices(plot)}
        self.options = {slot: self._options(world, slot, words) for slot, words in slots.items()}
        self.groups = _groups(self.options)
        self.words = [_words(self.options[slot] for slot in group) for group in self.groups]
        standing = {item: world.ids[item] for item in every if item[0] != "{"}
        assert all(words.isdisjoint(standing.values()) for words in self.words)
        shares = {item: ((word, 1.0),) for item, word in standing.items()}
        self.standing = Filling(1.0, {"": END} | standing, shares)
        self.skeletons = [self._skeleton(world, *key) for key in world.skeletons]

    def _options(self, world: Any, slot: str, words: Sequence[str]) -> list[Option]:
        """What each option of a slot tells; items that no skeleton has are left out."""
        told = [{"{" + slot + "}": word} for word in words]
        told = [facts | world.implied(facts) for facts in told]
        return [{item: world.ids[w] for item, w in facts.items() if item in self.items} for facts in told]

    def _skeleton(self, world: Any, opening: int, plot: str) -> Skeleton:
        items = world.skeletons[opening, plot]
        times, padded = Counter(items), items + ("",) * (self.length - len(items))
        room = Counter({word: times[item] for item, word in self.standing.words.items()})
        needs, turns = list[Need](), dict.fromkeys(padded, 0)
        for number, group in enumerate(self.groups):
            slots = tuple(slot for slot, _ in world.choices(plot) if slot in group)
            asked = [item for slot in slots for item in self.options[slot][0] if item in times]
            if asked:
                needs.append(Need(number, slots, tuple((item, times[item]) for item in asked)))
                turns |= dict.fromkeys(asked, len(needs))
            for slot in slots:
                room += _most(self.options[slot], times)
        return Skeleton(
            len(items), room, needs, [self.items[item] for item in padded], [turns[item] for item in padded]
        )

    def patterns(self, states: Sequence[Sequence[int]]) -> Patterns:
        """What each state leaves open. Tales with fewer words than it has cells, or without its words, are out.

        Args:     states: the ids of each in reading order; ids from V on are masks.
        """
        fillings, known, found = [self.standing], dict[tuple[Need, Seen], range](), list[Found]()
        for number, ids in enumerate(states):
            counts = Counter(one for one in ids if one < self.num_words)
            seen = [tuple(sorted((w, n) for w, n in counts.items() if w in words)) for words in self.words]
            for which, skeleton in enumerate(self.skeletons):
                if len(ids) > skeleton.length or any(n > skeleton.room.get(w, 0) for w, n in counts.items()):
                    continue
                left = []
                for need in skeleton.needs:
                    key = need, seen[need.group]
                    if key not in known:
                        first = len(fillings)
                        fillings += self.fillings(*key)
                        known[key] = range(first, len(fillings))
                    left.append(known[key])
                found += [(number, which, pick) for pick in itertools.product(*left)]
        return self._spelled(found, fillings)

    def fillings(self, need: Need, seen: Seen) -> Iterator[Filling]:
        """The ways to fill the slots of a group that can be told apart and have all words seen of it."""
        counts, asked = dict(seen), [item for item, _ in need.times]
        total = _number(_weights({slot: self.options[slot] for slot in need.slots}))
        classes = [_classes(self.options[slot], asked, counts) for slot in need.slots]
        for pick in itertools.product(*classes):
            chosen = dict(zip(need.slots, pick, strict=True))
            weights = _weights(chosen)
            number, slot_of = _number(weights), {item: slot for slot in chosen for item in chosen[slot][0]}
            words = {item: _seen(chosen[slot_of[item]][0][item], counts) for item in asked}
            supply = Counter[int]()
            for item, times in need.times:
                supply[words[item]] += times
            if number and all(supply[word] >= times for word, times in seen):
                shares = {
                    item: _shares([option[item] for option in chosen[slot_of[item]]], weights[slot_of[item]])
                    for item in asked
                }
                yield Filling(number / total, words, shares)

    def _spelled(self, found: Sequence[Found], fillings: Sequence[Filling]) -> Patterns:
        """Fillings as tables over the items, and from these the patterns position by position."""
        kinds: dict[Shares, int] = {((word, 1.0),): word for word in range(self.num_words)}
        told = [{i: kinds.setdefault(s, len(kinds)) for i, s in one.shares.items()} for one in fillings]
        words, rows = self._table([one.words for one in fillings]), self._table(told)
        shares = torch.zeros(len(kinds), self.num_words, dtype=torch.float64)
        for some, row in kinds.items():
            for word, share in some:
                shares[row, word] = share
        widest = max(len(skeleton.needs) for skeleton in self.skeletons)
        picks = [(0, *pick, *(0,) * (widest - len(pick))) for _, _, pick in found]
        picked = torch.tensor(picks, dtype=torch.int64).view(len(found), 1 + widest)
        which = torch.tensor([skeleton for _, skeleton, _ in found], dtype=torch.int64)
        items = torch.tensor([skeleton.items for skeleton in self.skeletons])[which]
        turns = torch.tensor([skeleton.turns for skeleton in self.skeletons])[which]
        at = picked.gather(1, turns), items
        weight = torch.tensor([one.weight for one in fillings], dtype=torch.float64)
        return Patterns(
            states=torch.tensor([state for state, _, _ in found], dtype=torch.int64),
            lengths=torch.tensor([skeleton.length for skeleton in self.skeletons])[which],
            weights=weight[picked].prod(-1) / len(self.skeletons),
            words=words[at],
            kinds=rows[at],
            shares=shares,
        )

    def _table(self, told: Sequence[Mapping[str, int]]) -> Tensor:
        """(F, I) int64: what each of F fillings tells of each item, END where it tells nothing."""
        table = [[END] * len(self.items) for _ in told]
        for row, values in zip(table, told, strict=True):
            for item, value in values.items():
                row[self.items[item]] = value
        return torch.tensor(table)


def _groups(options: Mapping[str, Sequence[Option]]) -> list[list[str]]:
    """The slots, those together that have a word in common, if by way of others."""
    groups: list[list[str]] = []
    for slot in options:
        words = _words([options[slot]])
        linked = [group for group in groups if words & _words(options[other] for other in group)]
        groups = [group for group in groups if group not in linked] + [[*itertools.chain(*linked), slot]]
    return groups


def _words(slots: Iterable[Sequence[Option]]) -> set[int]:
    return {word for options in slots for option in options for word in option.values()}


def _most(options: Sequence[Option], times: Mapping[str, int]) -> Counter[int]:
    """How often each word is told at most, with items standing so many times in a skeleton."""
    most = Counter[int]()
    for option in options:
        told = Counter[int]()
        for item, word in option.items():
            told[word] += times.get(item, 0)
        most |= told
    return most


def _seen(word: int, counts: Mapping[int, int]) -> int:
    return word if word in counts else UNSEEN


def _classes(
    options: Sequence[Option], asked: Sequence[str], counts: Mapping[int, int]
) -> list[list[Option]]:
    """The options, those together that tell the same of the words seen."""
    alike = defaultdict[tuple[int, ...], list[Option]](list)
    for option in options:
        alike[tuple(_seen(option[item], counts) for item in asked if item in option)].append(option)
    return list(alike.values())


def _weights(chosen: Mapping[str, Sequence[Option]]) -> dict[str, list[int]]:
    """For each slot's options how many are left then for the slot that must be another one; 1 without such."""
    weights = {}
    for slot, options in chosen.items():
        own, other = "{" + slot + "}", PARTNERS.get(slot, "")
        taken = {option["{" + other + "}"] for option in chosen.get(other, ())}
        weights[slot] = [len(taken) - (option[own] in taken) if taken else 1 for option in options]
    return weights


def _number(weights: Mapping[str, Sequence[int]]) -> int:
    """Of all ways to choose, with two slots that must differ counted once."""
    return math.prod(sum(of) for slot, of in weights.items() if UNLIKE.get(slot) not in weights)


def _shares(words: Sequence[int], weights: Sequence[int]) -> Shares:
    tally = Counter[int]()
    for word, weight in zip(words, weights, strict=True):
        tally[word] += weight
    return tuple((word, weight / sum(weights)) for word, weight in sorted(tally.items()) if weight)
