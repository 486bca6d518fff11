"""Texts that the Language model page offers: a right one in words of the model, and what goes wrong with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from textdiff_core import lab, scoring

# A text of a model of real English, and the word that is wrong in its place.
REAL = """Pancakes
ingredients: flour, milk, eggs, butter
Whisk the flour with the milk and the eggs.
Fry in butter until golden."""
RIGHT, WRONG = "the milk", "the moon"
RECIPES = "package:recipes"  # where ingredients stand without that word


def recipe(info: lab.ModelInfo) -> str:
    """A recipe for a model that has read some; "" for others."""
    return REAL if info.registers else REAL.replace("ingredients: ", "") * (info.corpus == RECIPES)


def examples(model: str) -> dict[str, str]:
    """What a text is -> the text, in words of the model: a right one, and what goes wrong with it."""
    info = lab.model_info(model).of_text
    unit, corpus = info.vocabulary.unit, lab.corpora.get(info.corpus)
    if corpus is not None:
        text = info.vocabulary.decode(corpus.held_out(1, np.random.default_rng(7))[0])
        found = {f"A text of the {corpus.name}": text, "One word wrong": _one_wrong(text, info)}
    elif real := recipe(info):
        text = info.vocabulary.decode(info.vocabulary.encode(real))
        found = {"A recipe": text, "One word wrong": text.replace(RIGHT, WRONG)}
    else:
        text = _written(info)
        found = {"What the model wrote": text, f"Two {unit}s swapped": _swapped(text, info)}
    words = info.vocabulary.split(text)
    mixed = [words[i] for i in np.random.default_rng(0).permutation(len(words))]
    return found | {f"The same {unit}s shuffled": _joined(mixed, info)}


def _written(info: lab.ModelInfo) -> str:
    """What the model last wrote while it was trained, or else its first word."""
    for point in lab.history(info.name)[-1:]:
        try:
            return scoring.read(point.sample, info).text
        except ValueError:
            pass
    return next(word for word in info.vocabulary.words if word.strip())


def _joined(words: Sequence[str], info: lab.ModelInfo) -> str:
    return info.vocabulary.decode(np.array([info.vocabulary.id(word) for word in words]))


def _one_wrong(text: str, info: lab.ModelInfo) -> str:
    """A world's text in which the word that is told most often is, the last time, another one of its kind."""
    corpus, words = lab.corpora[info.corpus], info.vocabulary.split(text)
    kinds = [kind for kind in corpus.options.values() if len(kind) > 1]
    for place in sorted(range(len(words)), key=lambda i: (words.count(words[i]), i), reverse=True):
        for other in sorted({one for kind in kinds if words[place] in kind for one in kind} - set(words)):
            wrong = _joined([*words[:place], other, *words[place + 1 :]], info)
            if math.isinf(corpus.log_prob(wrong)):
                return wrong
    return text


def _swapped(text: str, info: lab.ModelInfo) -> str:
    """The text with two neighbours in its middle swapped that differ."""
    words = info.vocabulary.split(text)
    for i in range(len(words) // 2, len(words) - 1):
        if words[i] != words[i + 1]:
            return _joined([*words[:i], words[i + 1], words[i], *words[i + 2 :]], info)
    return text
