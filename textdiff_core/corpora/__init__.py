"""Where text comes from."""

from textdiff_core.corpora.tales import WORLD, Tales

corpora = {WORLD.name: WORLD}

__all__ = ["WORLD", "Tales", "corpora"]
