"""Registers: kinds of text that one model writes, each named by a tag in the first cell of its canvas."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

ANY = "any"  # the tag that names no register
TAG = re.compile(r"\[(\w+)\]")


def tag(register: str) -> str:
    """The word that names a register on the canvas.

    >>> tag("recipes")
    '[recipes]'
    """
    return f"[{register}]"


@functools.lru_cache(maxsize=8)
def registers(words: tuple[str, ...]) -> tuple[str, ...]:
    """The registers that a vocabulary has tags for, `ANY` first; none where it knows no tags."""
    found = tuple(match[1] for match in map(TAG.fullmatch, words) if match)
    return found if found[:1] == (ANY,) else ()


def untagged(cells: Iterable[str], words: tuple[str, ...]) -> list[str]:
    """The cells of a canvas without its tag, which is no part of the text. Args: words: of the vocabulary.

    >>> untagged(["[verses]", " in", " the"], ("[any]", "[verses]", " in", " the"))
    [' in', ' the']
    """
    tags = set(map(tag, registers(words)))
    return [cell for cell in cells if cell not in tags]
