"""Which networks there are to train, by name; a checkpoint names its own in config.json."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from textdiff_core.denoisers.encoder import EncoderConfig, EncoderDenoiser
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.training_records import TrainConfig

Sizes = TransformerConfig | EncoderConfig
Denoiser = TransformerDenoiser | EncoderDenoiser
ARCHITECTURES: dict[str, tuple[Any, Any]] = {
    "transformer": (TransformerConfig, TransformerDenoiser),
    "minilm": (EncoderConfig, EncoderDenoiser),
}


def sizes(config: TrainConfig, num_words: int, length: int, network: Mapping[str, bool]) -> Sizes:
    """The sizes of a run's network. Args: network: as `Process.network`.

    Raises:   ValueError: the architecture cannot do what the process needs.
    """
    if config.architecture == "transformer":
        return TransformerConfig(num_words, length, config.width, config.depth, config.heads, **network)
    if network:
        raise ValueError(
            f"architecture {config.architecture!r} reads words and masks: the process must be absorbing, "
            f"got {config.process}"
        )
    return EncoderConfig(num_words, length)


def build(sizes: Sizes) -> Denoiser:
    """A fresh network of these sizes."""
    _, network = ARCHITECTURES[_name(sizes)]
    return network(sizes)


def to_json(sizes: Sizes) -> dict[str, Any]:
    """The sizes as plain JSON values; the usual architecture is left out."""
    name = _name(sizes)
    return {**({} if name == "transformer" else {"architecture": name}), **dataclasses.asdict(sizes)}


def from_json(record: Mapping[str, Any]) -> Sizes:
    """The sizes that `to_json` wrote. Raises ValueError or TypeError when they are not."""
    values = dict(record)
    name = values.pop("architecture", "transformer")
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {str(name)[:40]!r}; there are: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name][0](**values)


def _name(sizes: Sizes) -> str:
    return next(name for name, (kind, _) in ARCHITECTURES.items() if isinstance(sizes, kind))
