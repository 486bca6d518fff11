"""Where text comes from: generated worlds, installed packages, and people's own files."""

from __future__ import annotations

import difflib
from typing import Any

from textdiff_core.corpora.base import Corpus, World, free_cells
from textdiff_core.corpora.english import ENGLISH, English
from textdiff_core.corpora.modern import MODERN, Modern
from textdiff_core.corpora.sources import (
    LENGTH,
    PACKAGES,
    check_text,
    package_folder,
    read_file,
    read_package,
)
from textdiff_core.corpora.tales import WORLD, Tales
from textdiff_core.corpora.text import Text
from textdiff_core.corpora.toy import TOY, Toy
from textdiff_core.corpora.translation import TRANSLATION, Translation
from textdiff_core.training_records import TrainConfig
from textdiff_core.vocab import Vocabulary

corpora: dict[str, Tales | Toy] = {world.name: world for world in (WORLD, TOY)}  # the worlds with known truth
tasks: dict[str, Translation | Modern] = {  # the corpora whose texts are an answer beside what was asked
    task.name: task for task in (TRANSLATION, MODERN)
}
own: dict[str, Any] = {**corpora, **tasks, ENGLISH.name: ENGLISH}  # all that bring their own words and canvas


def open_corpus(config: TrainConfig, vocabulary: Vocabulary | None = None) -> Corpus:
    """The corpus that a run trains on, with the vocabulary and the canvas that the config asks for.

    Args:     vocabulary: that running text is read with, as a model has it; None builds it.
    Raises:   ValueError, in one sentence: no such corpus, a package or file that is not there, a text that cannot
              be used, or a vocabulary or canvas that the corpus does not have.
    """
    kind, colon, rest = config.corpus.partition(":")
    if config.corpus in own:
        return _own(own[config.corpus], config)
    if not colon or kind not in ("package", "file"):
        known = [*own, *(f"package:{name}" for name in PACKAGES)]
        there = ", ".join(known)
        near = difflib.get_close_matches(config.corpus, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(
            f"unknown corpus {config.corpus[:80]!r}{hint}; there are: {there}, and file:PATH for your own text"
        )
    pieces, length = config.vocabulary or "char", config.length or LENGTH
    text = read_package(rest) if kind == "package" else read_file(rest, length, pieces)
    return Text.cut(config.corpus, text, pieces, length, config.most_words, known=vocabulary)


def _own(world: Any, config: TrainConfig) -> Corpus:
    """A corpus that brings its own words and canvas."""
    if config.vocabulary not in ("", "word"):
        raise ValueError(
            f"corpus {world.name!r} is made of words: vocabulary must be word, got {config.vocabulary!r}"
        )
    if config.length not in (0, world.length):
        raise ValueError(
            f"corpus {world.name!r} has a canvas of its own: length must be {world.length}, got {config.length}"
        )
    return world


__all__ = [
    "ENGLISH", "MODERN", "TOY", "TRANSLATION", "WORLD", "Corpus", "English", "Modern", "Tales", "Text", "Toy",
    "Translation", "World", "check_text", "corpora", "free_cells", "open_corpus", "own", "package_folder", "tasks",
]  # fmt: skip
