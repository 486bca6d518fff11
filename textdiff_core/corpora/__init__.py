"""Where text comes from."""

from textdiff_core.corpora.base import Corpus, World
from textdiff_core.corpora.tales import WORLD, Tales
from textdiff_core.corpora.toy import TOY, Toy

corpora: dict[str, Tales | Toy] = {world.name: world for world in (WORLD, TOY)}  # the worlds with known truth

__all__ = ["TOY", "WORLD", "Corpus", "Tales", "Toy", "World", "corpora"]
