"""Registers: kinds of text that one model writes, each named by a tag in the first cell of its canvas."""

from __future__ import annotations

import re
from collections.abc import Sequence

ANY = "any"  # the tag that names no register
TAG = re.compile(r"\[(\w+)\]")


def tag(register: str) -> str:
    """The word that names a register on the canvas.

    >>> tag("recipes")
    '[recipes]'
    """
    return f"[{register}]"


def registers(words: Sequence[str]) -> tuple[str, ...]:
    """The registers that a vocabulary has tags for, `ANY` first; none where it knows no tags."""
    found = tuple(match[1] for match in map(TAG.fullmatch, words) if match)
    return found if found[:1] == (ANY,) else ()
