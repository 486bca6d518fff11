"""Text GANs: a generator that writes all words at once, and a critic of whole texts. Importing it needs no torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textdiff_core.adversarial.folder import LIVE, Told, compared, recorded, texts, train
from textdiff_core.adversarial.pairs import known_pairs
from textdiff_core.adversarial.records import GanConfig, Round, read_rounds
from textdiff_core.corpora import corpora


@dataclass(frozen=True)
class Game:
    """A training so far. Attributes: rounds: its reports.   step: of how many `steps`.   done: share, in [0, 1]."""

    rounds: tuple[Round, ...]
    step: int
    steps: int
    done: float


def live(config: GanConfig) -> Iterator[Game]:
    """Trains from first weights and keeps nothing; adds up."""
    from textdiff_core.adversarial import game

    corpus, rounds, step = corpora[config.corpus], tuple[Round, ...](), 0
    for told in game.play(config, corpus, game.players(config, corpus)):
        step = told if isinstance(told, int) else told.step
        rounds += () if isinstance(told, int) else (told,)
        yield Game(rounds, step, config.steps, step / config.steps)


__all__ = [
    "LIVE", "Game", "GanConfig", "Round", "Told", "compared", "known_pairs", "live", "read_rounds", "recorded", "texts",
    "train",
]  # fmt: skip
