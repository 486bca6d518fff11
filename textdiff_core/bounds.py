"""Bounds of settings: what is not within them is answered in one sentence, with the value and what is allowed."""

from __future__ import annotations

import math
from typing import Any

MOST_CHARACTERS = 4096  # of a setting, which may be a path


def whole(name: str, value: Any, low: int, high: int) -> None:
    """Raises ValueError unless `value` is a whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number {low}..{high}, got {value!r}")


def real(name: str, value: Any, low: float, high: float) -> None:
    """Raises ValueError unless `value` is a finite number from low to high."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (low <= value <= high and math.isfinite(value)):
        raise ValueError(f"{name} must be a number {low:g}..{high:g}, got {value!r}")


def text(name: str, value: Any) -> None:
    """Raises ValueError unless `value` is a text of at most MOST_CHARACTERS."""
    if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
        raise ValueError(
            f"{name} must be a text of at most {MOST_CHARACTERS} characters, got {str(value)[:40]!r}"
        )


def yes_or_no(name: str, value: Any) -> None:
    """Raises ValueError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, got {value!r}")


def one_of(name: str, value: Any, *allowed: str) -> None:
    """Raises ValueError unless `value` is one of the allowed ones; "" is not named among them."""
    if value not in allowed:
        raise ValueError(f"{name} must be {' or '.join(filter(None, allowed))}, got {value!r}")
