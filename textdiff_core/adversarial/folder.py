"""A GAN in its folder: trained and taken up again, kept as safetensors, read. Importing it needs no torch.

A folder holds `model.safetensors` (the averaged generator, float16), `critic.safetensors`, `gan.json`, `history.json`,
and while it trains `state.safetensors`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textdiff_core.adversarial.records import GanConfig, Round, read_rounds
from textdiff_core.corpora import corpora
from textdiff_core.files import write_json

if TYPE_CHECKING:
    from textdiff_core.adversarial.game import Players

LIVE = GanConfig(  # some minutes of one core
    corpus="toy", width=64, depth=3, heads=2, steps=1500, penalty=5.0, every=50, told=100
)  # fmt: skip


def train(config: GanConfig, folder: Path, *, minutes: float = math.inf) -> Iterator[Round | int]:
    """Plays a game and keeps it at every report; takes up the one that the folder holds. Yields as `game.play`.

    Raises:   ValueError: the folder holds a game with other settings.
    """
    from textdiff_core import checkpoints
    from textdiff_core.adversarial import game

    corpus, state = corpora[config.corpus], folder / "state.safetensors"
    ours, first, seconds = game.players(config, corpus), 0, 0.0
    rounds = list(read_rounds(folder / "history.json"))
    if state.is_file():
        tensors, notes = checkpoints.load_state(state)
        if notes["config"] != dataclasses.asdict(config):
            raise ValueError(f"{folder.name!r} holds a game with other settings; choose another --out")
        ours.restore(tensors)
        first, seconds = notes["step"], notes["seconds"]
    rounds = [one for one in rounds if one.step <= first]
    begun = time.monotonic()
    for told in game.play(config, corpus, ours, first, seconds):
        if isinstance(told, Round):
            rounds.append(told)
            save(folder, config, ours, rounds)
            notes = {"config": dataclasses.asdict(config), "step": told.step, "seconds": told.seconds}
            checkpoints.save_state(state, ours.tensors(), notes)
        yield told
        if time.monotonic() - begun > 60 * minutes and isinstance(told, Round):
            return


def save(folder: Path, config: GanConfig, ours: Players, rounds: list[Round]) -> None:
    """Writes the four files; weights in float16."""
    from textdiff_core.checkpoints import write_weights

    folder.mkdir(parents=True, exist_ok=True)
    for name, network in (("model", ours.average), ("critic", ours.critic)):
        write_weights(folder / f"{name}.safetensors", network)
    write_json(folder / "gan.json", {"schema": 1, **dataclasses.asdict(config)})
    write_json(folder / "history.json", [one.to_json() for one in rounds])


def recorded(folder: Path) -> tuple[GanConfig, tuple[Round, ...]]:
    """What a folder's game was told and told. Raises ValueError where it cannot be read."""
    try:
        record = json.loads((folder / "gan.json").read_text("utf-8"))
        record.pop("schema")
        return GanConfig(**record), read_rounds(folder / "history.json")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"GAN {folder.name!r} cannot be read: {error}") from None


@dataclasses.dataclass(frozen=True)
class Told:
    """Texts of one teller at one moment. Attributes: who: tells.   step, seconds: of its training.   num: texts.
    valid: hold every rule.   combinations: of names, animals and plots, of `possible`.   relative_coverage, distinct_2,
    sample_entropy: see `metrics`.   known_pairs, reached_pairs: see `pairs`.   calls: of its network, a text."""

    who: str
    step: int
    seconds: float
    num: int
    valid: int
    combinations: int
    possible: int
    relative_coverage: float | None
    distinct_2: float
    sample_entropy: float
    known_pairs: float
    reached_pairs: float
    calls: float


def compared(folder: Path) -> tuple[str, tuple[Told, ...], tuple[Told, ...]]:
    """How it was measured, in words; the tellers side by side; and diffusion of the GAN's size over its training.

    Raises:   ValueError: the folder's evaluate.json cannot be read.
    """
    try:
        record = json.loads((folder / "evaluate.json").read_text("utf-8"))
        tellers, training = (tuple(Told(**one) for one in record[name]) for name in ("tellers", "training"))
        return f"Recorded by `{record['command']}`, {record['date']}", tellers, training
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"GAN {folder.name!r} has no readable evaluate.json: {error}") from None


def texts(folder: Path, num: int, seed: int) -> list[str]:
    """`num` texts of the generator in a folder. Raises ValueError where it cannot be read."""
    from safetensors import SafetensorError

    from textdiff_core.adversarial import game
    from textdiff_core.checkpoints import read_weights

    config, _ = recorded(folder)
    corpus: Any = corpora[config.corpus]
    generator = game.players(config, corpus).average
    try:
        read_weights(folder / "model.safetensors", generator)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(
            f"GAN {folder.name!r} cannot be read: {str(error).strip().splitlines()[-1]}"
        ) from None
    return game.tell(generator, corpus, num, seed)
