"""`Modern`: verses of the King James Version of 1611, and beside each the same one in modern English.

A canvas is the tag of the register, the source, a sign between and the target, in the pieces of `english`. Everything
up to the target is given: training never noises it, and it stands while a text is denoised.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from textdiff_core.corpora.english import ENGLISH, is_held_out
from textdiff_core.corpora.registers import bible, chapters, lines
from textdiff_core.registers import tag
from textdiff_core.trace import Verdict
from textdiff_core.vocab import Vocabulary, fold

REGISTER = "verses"  # of the target
SLOT = 31  # cells of a source and of a target
BETWEEN, FILL = " =", ""
LONGER = 2  # times as many pieces as the other, from which on a part is no pair any more
EMPTY = "empty verses content detected"  # stands in the package where it has no text
# The package puts a psalm's title at the end of the psalm before, and the letters that part Psalm 119 likewise.
TITLE = re.compile(r" Psalm \d+\b.*$|(?<=[.!?\"']) [A-Z]{3,}(?: AND [A-Z]+)?$")
CLAUSE = re.compile(r"[.,;:?!][\"')]*$")
Words = list[str]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Pairs:
    """Pairs of one side of the split.

    Attributes:
        ids: (n, length) int64 canvases.   parts: how many of them, the last ones, are parts of a verse.
    """

    ids: np.ndarray
    parts: int


class Modern:
    """Verses as the King James Version and the World English Bible have them, where neither has over 31 pieces.

    Of longer ones training takes parts: whole clauses that end at words which both versions share. A chapter is held
    out here where `english` holds it out; of those, only whole verses that no trained chapter repeats.
    """

    name = "modern"
    spacing = "char"
    length = 2 * SLOT + 2
    given = tuple(range(SLOT + 2))
    measured_by = "benchmarks.modern"

    @property
    def vocabulary(self) -> Vocabulary:
        return ENGLISH.vocabulary

    @property
    def words(self) -> tuple[str, ...]:
        return self.vocabulary.words

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of pairs of the chapters that are trained on."""
        return rng.choice(self.trained.ids, num)

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of verses that are never trained on, each once while there are enough."""
        return rng.choice(self.kept.ids, num, replace=num > len(self.kept.ids))

    def check(self, cells: Sequence[str]) -> Verdict | None:
        """None: a verse has no one right translation."""
        return None

    # ---- the pairs ----------------------------------------------------------------------------------

    @functools.cached_property
    def verses(self) -> tuple[list[Pair], list[Pair]]:
        """(source, target) of every verse that both versions have, folded: those trained on, and those held out."""
        old, sides = dict(bible("kjv")), ([], [])  # type: dict[int, str], tuple[list[Pair], list[Pair]]
        for chapter in chapters().values():
            held = is_held_out(lines(list(chapter.values())))
            there = {id: new for id, new in chapter.items() if id in old and EMPTY not in new.lower()}
            sides[held].extend((plain(old[id]), plain(TITLE.sub("", new))) for id, new in there.items())
        return sides

    @functools.cached_property
    def trained(self) -> Pairs:
        """What is trained on."""
        whole, parts = [], []
        for pair in self.verses[False]:
            if (ids := self._canvas(pair)) is not None:
                whole.append(ids)
            else:
                canvases = (self._canvas(part) for part in self._parts(pair))
                parts += [ids for ids in canvases if ids is not None and _even(ids)]
        return Pairs(np.stack([*whole, *parts]), len(parts))

    @functools.cached_property
    def kept(self) -> Pairs:
        """What is measured with: whole verses, in the Bible's order."""
        seen = {text for pair in self.verses[False] for text in pair}
        found = [self._canvas(pair) for pair in dict.fromkeys(self.verses[True]) if seen.isdisjoint(pair)]
        return Pairs(np.stack([ids for ids in found if ids is not None]), 0)

    def _canvas(self, pair: Pair) -> np.ndarray | None:
        """(length,) ids of a pair; None where it does not fit."""
        source, target = (ENGLISH.read(f" {text}") for text in pair)
        if max(len(source), len(target)) > SLOT:
            return None
        ids = np.zeros(self.length, dtype=np.int64)
        ids[0], ids[SLOT + 1] = (self.vocabulary.ids[word] for word in (tag(REGISTER), BETWEEN))
        ids[1 : len(source) + 1] = source
        ids[SLOT + 2 : SLOT + 2 + len(target)] = target
        return ids

    def _parts(self, pair: Pair) -> Iterator[Pair]:
        """A long verse's parts, each of as many clauses as fit a canvas."""
        old, new = (text.split() for text in pair)
        costs = [np.cumsum([0, *(len(ENGLISH.read(f" {word}")) for word in words)]) for words in (old, new)]
        first = last = (0, 0)
        for cut in [*cuts(old, new), (len(old), len(new))]:
            longer = max(cost[end] - cost[begin] for cost, begin, end in zip(costs, first, cut, strict=True))
            if longer > SLOT:
                if last != first:
                    yield " ".join(old[first[0] : last[0]]), " ".join(new[first[1] : last[1]])
                first = last
            last = cut
        yield " ".join(old[first[0] :]), " ".join(new[first[1] :])


def plain(text: str) -> str:
    """A verse as the model reads and writes it: folded, without the brackets round words that the translators added."""
    return fold(text.replace("æ", "ae").replace("Æ", "Ae").replace("[", "").replace("]", ""))


def cuts(old: Words, new: Words) -> list[tuple[int, int]]:
    """(i, j) where both texts of words end a clause, before words i and j, at a word that they share: the last one of
    both clauses, or the first one of what follows."""
    bare_old, bare_new = ([re.sub(r"\W", "", word) for word in words] for words in (old, new))
    same = {
        (block.a + k, block.b + k)
        for block in difflib.SequenceMatcher(None, bare_old, bare_new, autojunk=False).get_matching_blocks()
        for k in range(block.size)
    }
    ends = {(i + 1, j + 1) for i, j in same} | same
    return sorted(
        (i, j)
        for i, j in ends
        if 0 < i < len(old) and 0 < j < len(new) and CLAUSE.search(old[i - 1]) and CLAUSE.search(new[j - 1])
    )


def _even(ids: np.ndarray) -> bool:
    """Whether neither side of a canvas is much longer than the other."""
    fewer, more = sorted((np.count_nonzero(ids[1 : SLOT + 1]), np.count_nonzero(ids[SLOT + 2 :])))
    return bool(more <= LONGER * fewer)


MODERN = Modern()
