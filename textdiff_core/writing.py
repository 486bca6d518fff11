"""Writing to order: a kind of text, a beginning, an end, words that must occur, as kept words of a run.

Words that may stand anywhere are placed by the model itself, see `placing`. Importing this needs no torch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from textdiff_core import lab
from textdiff_core.records import MAX_SEED, Edit, RunConfig

ALTERNATIVES = 3  # written at once, from as many seeds
LEAST = 8  # cells that always stay free to be written
MOST_TEXT, MOST_WORDS, MOST_WORD = (
    2000,
    8,
    60,
)  # characters of a field; words that must occur; characters of one
RECIPES = "recipes"  # the register that has a title and ingredients
TEXTS = ("begin", "end", "must", "title", "ingredients", "changes")


@dataclass(frozen=True)
class WriteConfig(RunConfig):
    """Runs that write to order, from seed, seed + 1 and so on.

    Attributes:
        begin: what the text begins with.   end: what it ends with, in the last cells.
        must: words that must occur, as in "butter; 12:salt": anywhere, or from the canvas's 12th position on.
        title, ingredients: of a recipe, in the register recipes; ingredients are joined by commas.
        changes: the reader's edits, as in "2/24:6,7": of the second text, see `Edit`; joined by ";".
    """

    model: str = "english"
    sampler: str = "random:blocks=8"
    steps: int = 48
    temperature: float = 0.9
    top_p: float = 0.9
    register: str = RECIPES
    begin: str = ""
    end: str = ""
    must: str = ""
    title: str = ""
    ingredients: str = ""
    changes: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in TEXTS:
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > MOST_TEXT:
                raise ValueError(f"{name} must be a text of at most {MOST_TEXT} characters, got {len(value)}")
        self.edits_of(0)

    def edits_of(self, number: int) -> tuple[Edit, ...]:
        """The reader's edits of one of the texts, from 0. Raises ValueError where they are not written so."""
        found = []
        for item in filter(None, self.changes.split(";")):
            match = re.fullmatch(r"([1-9])/(.+)", item.strip())
            if not match or int(match[1]) > ALTERNATIVES:
                raise ValueError(
                    f"a change is written 'text/step:position' as in '2/24:6', got {item[:60]!r}"
                )
            edit = Edit.parse(match[2])
            found += [edit] if int(match[1]) == number + 1 else []
        return tuple(found)

    def changed(self, number: int, edit: Edit) -> WriteConfig:
        """A copy in which text `number`, from 0, has this edit as its last."""
        parts = []
        for one in range(ALTERNATIVES):
            edits = self.edits_of(one)
            if one == number:
                edits = (*(earlier for earlier in edits if earlier.step < edit.step), edit)
            parts += [f"{one + 1}/{each}" for each in edits]
        return replace(self, changes=";".join(parts))

    def runs(self, keeps: Sequence[np.ndarray], words: Sequence[str]) -> tuple[RunConfig, ...]:
        """The runs of the model. Args: keeps: (L,) ids that are given in each, -1 where free, without the tag."""
        plain = RunConfig(**{field.name: getattr(self, field.name) for field in fields(RunConfig)})
        return tuple(
            plain.replace(
                seed=(self.seed + number) % (MAX_SEED + 1), edits=self.edits_of(number),
                keep=tuple((int(i) + 1, words[keep[i]]) for i in np.flatnonzero(keep >= 0)),
            )
            for number, keep in enumerate(keeps)
        )  # fmt: skip


@dataclass(frozen=True)
class Form:
    """What is asked of a canvas.

    Attributes:
        keep: (L,) ids that are given, -1 where a cell is free; the tag is not among them.
        loose: (word, its ids) of the words that may stand anywhere.   cuts: a sentence for all that was cut.
    """

    keep: np.ndarray
    loose: tuple[tuple[str, np.ndarray], ...]
    cuts: tuple[str, ...]


def check(config: WriteConfig) -> None:
    """Raises ValueError, in one sentence, when a config cannot be run; needs no torch."""
    if config.draft.strip() or config.edits or config.keep:
        raise ValueError(
            "what is given here is a beginning, an end and words: give no draft, edits or kept words"
        )
    asked = form(config)
    lab.check(config.runs([asked.keep], lab.model_info(config.model).vocabulary.words)[0])


def offered(model: str) -> bool:
    """Whether a model writes in registers, and may be named by a link."""
    return lab.offered(model) and bool(lab.model_info(model).registers)


def form(config: WriteConfig) -> Form:
    """The canvas that a config asks for.

    Raises:   ValueError: a model without registers, an unknown register or piece, two things for one place, or more
              than fits.
    """
    info = lab.model_info(config.model)
    if not info.registers:
        raise ValueError(
            f"model {config.model!r} writes one kind of text only; writing to order needs one with registers"
        )
    info.tag_id(config)
    cells = info.cells(config)
    most = cells - 1 - LEAST
    if most < 0:
        raise ValueError(f"length must be {1 + LEAST}..{info.length}, got {cells}")
    cuts: list[str] = []
    first = _beginning(config, info.vocabulary, most, cuts)
    last = _ending(config, info.vocabulary, most, cuts)
    if len(first) + len(last) > most:
        raise ValueError(
            f"more is given than fits: {len(first)} pieces of beginning and {len(last)} of end, and of {cells - 1} "
            f"cells at most {most} may be given"
        )
    canvas = _Canvas(cells, info.vocabulary)
    canvas.put(first, 1, "the beginning")
    canvas.put(last, cells - len(last), "the end")
    loose = []
    for word, position in parse_must(config.must):
        pieces = info.vocabulary.split(word)
        if position is None:
            loose.append((word, np.array([info.vocabulary.id(piece) for piece in pieces])))
        else:
            canvas.put(pieces, position - 1, repr(word))
    wanted, free = sum(len(ids) for _, ids in loose), int((canvas.keep[1:] < 0).sum())
    if wanted > free:
        raise ValueError(
            f"more is given than fits: the words for any place have {wanted} pieces, {free} cells are free"
        )
    return Form(canvas.keep, tuple(loose), tuple(cuts))


def parse_must(text: str) -> list[tuple[str, int | None]]:
    """(word, position or None) of each word that must occur. Raises ValueError: too many, or one that is too long."""
    found: dict[tuple[str, int | None], None] = {}
    for item in filter(None, (" ".join(part.split()) for part in re.split(r"[;,\n]", text))):
        match = re.fullmatch(r"(\d{1,4}) ?: ?(.+)", item)
        word, position = (match[2], int(match[1])) if match else (item, None)
        if len(word) > MOST_WORD:
            raise ValueError(
                f"a word may have at most {MOST_WORD} characters, got {len(word)}: {word[:40]!r}"
            )
        found[word, position] = None
    if len(found) > MOST_WORDS:
        raise ValueError(f"at most {MOST_WORDS} words may be asked for, got {len(found)}")
    return list(found)


class _Canvas:
    """Cells that are given, and by whom."""

    def __init__(self, cells: int, vocabulary: Any) -> None:
        self.keep, self.by, self.vocabulary = np.full(cells, -1), [""] * cells, vocabulary

    def put(self, pieces: Sequence[str], cell: int, by: str) -> None:
        """Gives these pieces from a cell on. Raises ValueError: there is no such cell, or it is taken."""
        if pieces and (cell < 1 or cell + len(pieces) > len(self.keep)):
            raise ValueError(
                f"{by} is to stand at the positions {cell + 1}..{cell + len(pieces)}, but those of the text are "
                f"2..{len(self.keep)}; the first one holds the register's tag"
            )
        for at, piece in enumerate(pieces, cell):
            if self.by[at]:
                raise ValueError(f"two things are to stand at position {at + 1}: {self.by[at]} and {by}")
            self.keep[at], self.by[at] = self.vocabulary.id(piece), by


def _beginning(config: WriteConfig, vocabulary: Any, most: int, cuts: list[str]) -> list[str]:
    """The pieces a text begins with, at most so many: a recipe's head, and the last ones of what is typed."""
    head: list[str] = []
    if config.register == RECIPES:
        names = [" ".join(name.split()) for name in re.split(r"[,\n;]", config.ingredients) if name.strip()]
        left_out: list[str] = []
        while len(head := vocabulary.split(_head(config.title, names))) > most and names:
            left_out.insert(0, names.pop())
        if left_out:
            cuts.append(
                f"The ingredients were cut: at most {most} pieces may be given, so the last {len(left_out)} are left "
                f"out, from {left_out[0][:40]!r} on"
            )
        if len(head) > most:
            cuts.append(
                f"The title was cut after {head[most - 1].strip()!r}: at most {most} pieces may be given"
            )
            head = head[:most]
    pieces = vocabulary.split(config.begin if not head or config.begin.strip() else "")
    room = most - len(head)
    if len(pieces) > room:
        pieces = pieces[len(pieces) - room :]
        cuts.append(
            f"The beginning was cut: {room} of its pieces may be given here, so it stands from {pieces[0].strip()!r} on"
            if room
            else "The beginning was left out: there is no room for it beside the title and the ingredients"
        )
    return [*head, *pieces]


def _ending(config: WriteConfig, vocabulary: Any, most: int, cuts: list[str]) -> list[str]:
    pieces: list[str] = vocabulary.split(config.end) if config.end.strip() else []
    if len(pieces) > most:
        cuts.append(
            f"The end was cut: it has {len(pieces)} pieces, {most} may be given, up to {pieces[most - 1].strip()!r}"
        )
    return pieces[:most]


def _head(title: str, names: Sequence[str]) -> str:
    """What stands before the steps of a recipe, as the corpus writes it."""
    lines = [" ".join(title.split())] if title.strip() else []
    lines += [f"ingredients: {', '.join(names)}"] if names else []
    return "".join(f"{line}\n" for line in lines)


__all__ = ["ALTERNATIVES", "RECIPES", "Form", "WriteConfig", "check", "form", "offered", "parse_must"]
