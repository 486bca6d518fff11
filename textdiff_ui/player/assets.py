"""The player's script and style, read from `assets/player/` and joined without a bundler."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "player"
MODULES = (
    "codec", "clock", "model", "pace", "marks", "words", "layout", "dom", "measures", "difference", "paint", "charts",
    "story", "card", "size", "panels", "chances", "curves", "noising", "ledger", "map", "strokes", "paths", "together",
    "board", "transport", "keys", "scheme", "newest", "player",
)  # fmt: skip
SHEETS = ("player", "comparing")
_IMPORT = re.compile(r"^import\s[^;]*?;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def script(entry: str) -> str:
    """One module: all parts in the order of their imports, then `entry` ("component" or "replay").

    They end up in one namespace, so no two parts may use the same top-level name.
    """
    parts = [(FOLDER / f"{name}.mjs").read_text(encoding="utf-8") for name in (*MODULES, entry)]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", part)) for part in parts)


@cache
def style(*more: str) -> str:
    """The player's style sheets, and `more`, in one."""
    return "\n".join((FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in (*SHEETS, *more))
