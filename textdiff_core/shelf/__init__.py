"""The shelf of training runs: a folder each, and their workers. No torch.

The shelf has no index: what is in its folder is what is on it, so that several servers, workers and the command
line can share it.
"""

from __future__ import annotations

import os
from pathlib import Path

from textdiff_core.shelf.journal import Journal, Lines
from textdiff_core.shelf.run import ACTIVE, Run, State
from textdiff_core.shelf.store import Shelf
from textdiff_core.shelf.workers import Ended, Turn, ending, own_life

SETTING = "TEXTDIFF_RUNS"


def shelf() -> Shelf:
    """The shelf in the folder that the environment variable TEXTDIFF_RUNS names; else in `runs`, here."""
    return Shelf(Path(os.environ.get(SETTING) or "runs"))


__all__ = [
    "ACTIVE",
    "Ended",
    "Journal",
    "Lines",
    "Run",
    "Shelf",
    "State",
    "Turn",
    "ending",
    "own_life",
    "shelf",
]
