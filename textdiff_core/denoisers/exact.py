"""`exact`: the exact denoiser of a process for the world of tales."""

from __future__ import annotations

from typing import Any

from torch import nn

from textdiff_core.denoisers.causal_oracle import WorldCausalOracle
from textdiff_core.denoisers.tales_insertion_oracle import TalesInsertionOracle
from textdiff_core.denoisers.tales_oracle import TalesOracle


def exact(corpus: Any, process: Any) -> nn.Module:
    """What a denoiser trained forever would answer; it teaches models and measures what they lack."""
    if process.ordered:
        return WorldCausalOracle(corpus)
    return (TalesInsertionOracle if process.grows else TalesOracle)(corpus, process)
