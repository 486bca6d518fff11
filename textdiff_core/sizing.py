"""How large a model is and what training it takes, told before anything is built. No torch."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textdiff_core.training_records import TrainConfig

SIZES = {"tiny": (64, 2, 2), "small": (128, 3, 4), "medium": (192, 4, 3)}  # width, depth, heads
MINILM = (384, 6)  # width and depth that `EncoderConfig` has of itself, whatever the config says
BASE_MEGABYTES = 300  # what Python and torch take before there is a model
FLOPS_A_SECOND = 1e11  # of two laptop cores in bfloat16, as measured with the shipped models' sizes
STEP_SECONDS = 0.012  # a step's cost that does not depend on sizes: some hundred small operations a block
CALLS = 64  # of the network in a validation, and in growing its text, at most
FREQUENCIES = 64  # inputs of the noise embedding, see `TimeEmbedding`


@dataclass(frozen=True)
class Sizing:
    """What a run takes.

    Attributes:
        weights: trained numbers of the network.   megabytes: memory while it trains, roughly.
        seconds: for all its steps and validations on two laptop cores, to a factor of two.
    """

    weights: int
    megabytes: float
    seconds: float


def sizing(config: TrainConfig, num_words: int, length: int, network: Mapping[str, bool]) -> Sizing:
    """What a run takes with so many words and cells. Args: network: as `Process.network`."""
    encoder = config.architecture == "minilm"
    width, depth = MINILM if encoder else (config.width, config.depth)
    weights = (
        encoder_weights(num_words, length)
        if encoder
        else num_weights((width, depth, config.heads), num_words, length, network)
    )
    cells = config.batch * length
    inside = 12 * width**2 * depth + num_words * width  # read for every cell
    flops = 6 * cells * (inside + 2 * depth * length * width)
    small, looks = STEP_SECONDS * (1 + depth), config.steps / config.every
    asked = min(length, CALLS) * (small + flops / 3 / FLOPS_A_SECOND * config.validation / config.batch)
    grown = min(length, CALLS) * small  # the text of a validation
    seconds = config.steps * (small + flops / FLOPS_A_SECOND) + looks * (asked + grown)
    kept = 5 * 4 * weights  # weights, average, gradient and two numbers of the optimizer for each, float32
    stored = 4 * cells // config.parts * (depth * 30 * width + 3 * num_words)
    return Sizing(weights, BASE_MEGABYTES + (kept + stored) / 1e6, seconds)


def num_weights(size: tuple[int, int, int], num_words: int, length: int, network: Mapping[str, bool]) -> int:
    """Weights of a `TransformerDenoiser`. Args: size: width, depth and heads."""
    width, depth, heads = size
    gaps = bool(network.get("gaps"))
    total = (num_words + 1 + gaps) * width + (length + gaps) * width + num_words * width + width
    total += depth * (12 * width**2 + 2 * width + 2 * (width // heads))
    if network.get("time_conditioning"):
        total += FREQUENCIES * width + width + width**2 + width
    if network.get("vectors"):
        total += 2 * num_words * width
    if gaps:
        total += width + 1
    return total


def encoder_weights(num_words: int, length: int) -> int:
    """Weights of an `EncoderDenoiser`, whose head reads with the embedding."""
    width, depth = MINILM
    blocks = depth * (12 * width**2 + 13 * width)
    return blocks + (num_words + 1 + length + 2) * width + width**2 + 3 * width + num_words


def check_memory(config: TrainConfig, num_words: int, length: int, network: Mapping[str, bool]) -> None:
    """Raises ValueError when a run takes more memory than the machine has free, where that is known.

    Args:     as `sizing`.
    """
    needs, free = sizing(config, num_words, length, network).megabytes, free_megabytes()
    if free is not None and needs > free:
        raise ValueError(
            f"this training needs about {needs / 1000:.1f} GB of memory, and {free / 1000:.1f} GB are free: make the "
            "batch, the canvas, the width or the depth smaller, or compute the batch in more parts"
        )


def free_megabytes() -> float | None:
    """Memory that a new process can have; None where it is not known, or where an accelerator has its own."""
    if Path("/dev/nvidiactl").exists():
        return None
    try:
        told = re.search(r"^MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text("utf-8"), re.MULTILINE)
        free = int(told[1]) * 1024 if told else os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):  # Windows and macOS
        return None
    with contextlib.suppress(OSError, ValueError):  # a container may have less than its machine; or say "max"
        free = min(free, int(Path("/sys/fs/cgroup/memory.max").read_text("utf-8")))
    return free / 1e6
