"""Vocabularies: text to ids and back."""

from __future__ import annotations

import difflib
import functools
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from textdiff_core import pieces
from textdiff_core.trace import told

CLOSING = ".,!?;:"
NEW_LINE = "⏎"  # a line's end as a word of running text
UNKNOWN = {"word": "<unk>", "char": "□"}  # by spacing: what stands for all that is not in the vocabulary
INSTALL = "pip install -r requirements-train.txt"
PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "⁄": "/"})


@dataclass(frozen=True)
class Vocabulary:
    """The words a model knows; id V, one past the last, is noise.

    Attributes:
        words: "" is the blank that pads short texts.   spacing: "word" or "char", see `trace.join`.
        merges: pairs of pieces that become one, first ones first, where words are pieces of several letters with
            spacing "char"; each piece carries the space before it, so that joining is plain. Without merges the
            longest piece goes first.
        pads: blanks may follow a text. Otherwise the corpus is running text, whose windows are always full: the
            blank is there, because growing processes count with it, but it is never told.
        folded: texts are read without capitals and accents, and every line begins with a space, as words inside do.
    """

    words: tuple[str, ...]
    spacing: str = "word"
    merges: tuple[tuple[str, str], ...] = ()
    pads: bool = True
    folded: bool = False

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    @property
    def unit(self) -> str:
        """What one of the words is called."""
        return (
            "word" if self.spacing == "word" else "piece" if self.merges or self._longest > 1 else "character"
        )

    def id(self, word: str) -> int:
        """The id of one word. Raises ValueError naming the nearest words when there is none."""
        if word in self.ids:
            return self.ids[word]
        near = difflib.get_close_matches(word[:40], self.words, n=3, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"the model does not know the {self.unit} {word[:40]!r}{hint}")

    def split(self, text: str) -> list[str]:
        """Running text as words, closing punctuation apart; as characters or pieces with spacing "char"."""
        text = unicodedata.normalize("NFC", text)
        if self.folded:
            text = "\n".join(f" {line}" if line else "" for line in map(_one_spaced, fold(text).split("\n")))
        if self.merges:
            cut = functools.cache(functools.partial(pieces.merged, ranks=self._ranks))  # frequent parts once
            return [piece for part in pieces.apart(text) for piece in cut(part)]
        if self._longest > 1 and self.spacing == "char":
            found = self.pieces(text)
            return [piece for piece in found if piece != " " or not self.folded]  # one before what is unknown
        return list(text) if self.spacing == "char" else split_words(text, lines=NEW_LINE in self.ids)

    def pieces(self, text: str) -> list[str]:
        """The text cut into the longest words there are, from the left."""
        return longest_pieces(text, self.ids, self._longest)

    @cached_property
    def _longest(self) -> int:
        """Characters of the longest word."""
        return max(map(len, self.words), default=0)

    @property
    def kind(self) -> str:
        """What `build` made it as: word, char or subword."""
        return "subword" if self.merges else self.spacing

    def encode(self, text: str, length: int | None = None) -> np.ndarray:
        """(n,) int64 ids of the text. Up to `length`, when given, follow blanks, or, where the vocabulary never
        pads, noise: a window of running text is always full, so what is missing is still to be written.

        Raises:   ValueError: an unknown word, or more than `length` of them.
        """
        ids = [self.id(word) for word in self.split(text)]
        if length is not None:
            if len(ids) > length:
                raise ValueError(f"a text may have at most {length} {self.unit}s here, got {len(ids)}")
            ids += [self.id("") if self.pads else len(self)] * (length - len(ids))
        return np.array(ids, dtype=np.int64)

    def read(self, text: str) -> np.ndarray:
        """(n,) int32 ids of running text to train on: as `encode`, but words that are not in the vocabulary become
        the one that stands for them. Text must be in Unicode's normal form C.

        Raises:   ValueError: the vocabulary is one of a closed world, where nothing stands for other words.
        """
        unknown = self.id(UNKNOWN[self.spacing])
        if self.merges:
            return np.array([self.ids.get(piece, unknown) for piece in self.split(text)], dtype=np.int32)
        if self.spacing == "word":
            words = split_words(text, lines=NEW_LINE in self.ids)
            return np.array([self.ids.get(word, unknown) for word in words], dtype=np.int32)
        table = np.full(0x110000, unknown, dtype=np.int32)
        for word, i in self.ids.items():
            if word:
                table[ord(word)] = i
        return table[np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)]

    def decode(self, ids: np.ndarray) -> str:
        """Running text of ids, without a register's tag; noise is shown as "▒"."""
        text = told([self.words[i] if i < len(self.words) else "▒" for i in ids], self.words, self.spacing)
        return re.sub(r"^ ", "", text, flags=re.MULTILINE) if self.folded else text

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as plain JSON values; what is as usual is left out."""
        record: dict[str, Any] = {"words": list(self.words), "spacing": self.spacing}
        if self.merges:
            record["merges"] = [list(pair) for pair in self.merges]
        if self.folded:
            record["folded"] = True
        return record if self.pads else record | {"pads": False}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary that `to_json` wrote. Raises ValueError, KeyError or TypeError when it is not one."""
        words = tuple(record["words"])
        if not all(isinstance(word, str) for word in words) or len(set(words)) < len(words):
            raise ValueError("its words must be texts, each of them once")
        if record["spacing"] not in UNKNOWN:
            raise ValueError(
                f"its spacing must be {' or '.join(UNKNOWN)}, got {str(record['spacing'])[:40]!r}"
            )
        merges = tuple((left, right) for left, right in record.get("merges", ()))
        known = set(words)
        broken = [pair for pair in merges if not {*pair, "".join(pair)} <= known]
        if broken:
            raise ValueError(f"it joins {broken[0]}, which are no pieces of its vocabulary")
        pads, folded = bool(record.get("pads", True)), bool(record.get("folded", False))
        return cls(words, record["spacing"], merges, pads, folded)

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], int]:
        return {pair: rank for rank, pair in enumerate(self.merges)}


def _one_spaced(line: str) -> str:
    """A line with one space between its words and none around them."""
    return " ".join(line.split())


def split_words(text: str, *, lines: bool) -> list[str]:
    """Running text as words, closing punctuation apart, and each line's end as a word if `lines`."""
    for mark in CLOSING:
        text = text.replace(mark, f" {mark} ")
    return (text.replace("\n", f" {NEW_LINE} ") if lines else text).split()


def fold(text: str) -> str:
    """The text without capitals and accents, with plain quotation marks, dashes and fractions.

    >>> print(fold("Prosper Mérimée’s “½ cup”"))
    prosper merimee's "1/2 cup"
    """
    text = unicodedata.normalize("NFKD", text).translate(PLAIN)
    return "".join(mark for mark in text if not unicodedata.combining(mark)).lower()


def longest_pieces(text: str, ids: Mapping[str, int], longest: int) -> list[str]:
    """The text cut into the longest pieces that are known, from the left; a character that is none stands alone."""
    pieces, first = [], 0
    while first < len(text):
        last = min(len(text), first + longest)
        while last > first + 1 and text[first:last] not in ids:
            last -= 1
        pieces.append(text[first:last])
        first = last
    return pieces


def build(kind: str, text: str, most: int) -> Vocabulary:
    """The vocabulary of running text.

    Args:     kind: "word" (the most frequent words and punctuation), "char" (every character that occurs) or
              "subword" (frequent pieces of words, each with the space before it).
              text: what is trained on, in Unicode's normal form C.   most: words or pieces at most, all told.
    Raises:   ValueError: subwords, and the library for them is not installed.
    """
    unknown = UNKNOWN["word" if kind == "word" else "char"]
    if kind == "word":
        words = _frequent(Counter(split_words(text, lines=True)), most - 2, unknown)
        return Vocabulary(("", unknown, *words), "word", pads=False)
    characters = Counter(text)
    if kind == "char":
        return Vocabulary(("", unknown, *sorted(set(characters) - {unknown})), "char", pads=False)
    characters["\n"] += len(text)  # always a piece, for it also stands where a rare character is cut out
    alphabet = _frequent(characters, most - 2, unknown)
    model = _pieces(text, alphabet, most - 1)["model"]
    words = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return Vocabulary(("", *words), "char", tuple(map(tuple, model["merges"])), pads=False)


def _frequent(counts: Counter[str], most: int, unknown: str) -> list[str]:
    """The `most` most frequent ones, in an order that depends on nothing but the counts."""
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return [word for word in ranked if word != unknown][:most]


def _pieces(text: str, alphabet: list[str], most: int) -> dict[str, Any]:
    """A byte-pair encoding of `most` pieces, as the library writes it; characters outside the alphabet are unknown."""
    library = _library()
    unknown = UNKNOWN["char"]
    tokenizer = library.Tokenizer(library.models.BPE(unk_token=unknown))
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(pieces.WORD), "isolated")
    trainer = library.trainers.BpeTrainer(
        vocab_size=most, special_tokens=[unknown], initial_alphabet=alphabet, show_progress=False
    )
    rare = set(text) - set(alphabet)  # the library would choose among equally rare ones by chance
    if rare:
        text = text.translate(dict.fromkeys(map(ord, rare), "\n"))
    tokenizer.train_from_iterator(_lines(text), trainer)
    return dict(json.loads(tokenizer.to_str()))


def _lines(text: str) -> list[str]:
    """The text line by line, which no piece outlives."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _library() -> Any:
    try:
        import tokenizers
    except ModuleNotFoundError:
        raise ValueError(f"subwords need the package tokenizers; install it with: {INSTALL}") from None
    return tokenizers
