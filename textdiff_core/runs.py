"""A training run in its folder: from a `TrainConfig` to a checkpoint.

Importing it does not import torch (see `lab`).
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textdiff_core.corpora import corpora
from textdiff_core.losses import losses
from textdiff_core.processes import processes
from textdiff_core.records import TrainConfig, TrainPoint, read_history
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.vocab import Vocabulary


def train(config: TrainConfig, folder: Path, *, minutes: float = math.inf) -> Iterator[TrainPoint]:
    """Trains a denoiser, or takes up the run that `folder` holds, and keeps a checkpoint there.

    Yields a point at each report; the folder then holds the averaged model as it is. A run that goes on
    from another checkpoint counts its steps, cells and seconds on from there.
    """
    import torch

    from textdiff_core import checkpoints, training
    from textdiff_core.denoisers.tales_oracle import TalesOracle
    from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser

    corpus = corpora[config.corpus]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    process = processes[config.process](len(corpus.words), schedules.build(config.schedule))
    sizes = TransformerConfig(
        len(corpus.words), corpus.length, config.width, config.depth, config.heads, **process.network
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        denoiser = TransformerDenoiser(sizes)
    if config.start:
        denoiser.take_over(checkpoints.load(Path(config.start)).denoiser)
    earlier = earlier_history(config)
    base = earlier[-1] if earlier else TrainPoint(0, 0, 0.0, 0.0, 0.0, (), 0.0, 0.0)
    points = list(read_history(folder) or earlier)  # the folder's: of a run taken up again
    vocabulary = Vocabulary(corpus.words, corpus.spacing)
    for point in training.train(
        config, corpus, process, denoiser.to(device), losses.build(config.loss or process.loss),
        state_file=folder / "state.safetensors", minutes=minutes,
        teacher=TalesOracle(corpus, process).to(device) if config.targets == "exact" else None,
        sample=lambda model: _grow(model, process, vocabulary, corpus.length),
    ):  # fmt: skip
        point = dataclasses.replace(
            point,
            step=base.step + point.step,
            tokens=base.tokens + point.tokens,
            seconds=base.seconds + point.seconds,
        )
        points = [other for other in points if other.step < point.step] + [point]
        checkpoints.save(
            folder,
            checkpoints.Checkpoint(denoiser, corpus.words, corpus.spacing, config, tuple(points)),
        )
        yield point


def earlier_history(config: TrainConfig) -> tuple[TrainPoint, ...]:
    """The curve that a run goes on from: that of the checkpoint it starts from, where both train one process."""
    if not config.start:
        return ()
    file = Path(config.start) / "config.json"
    same = file.is_file() and json.loads(file.read_text("utf-8"))["train"]["process"] == config.process
    return read_history(file.parent) if same else ()


def _grow(denoiser: Any, process: Any, vocabulary: Vocabulary, length: int) -> str:
    """A text from the noise of seed 0, the same for every model of this canvas."""
    import torch

    from textdiff_core import generate

    keep = torch.full((length,), -1)
    sampler = samplers.build(process.sampler)
    *_, last = generate.denoise(  # on the CPU, wherever the training runs
        process,
        copy.deepcopy(denoiser).cpu(),
        sampler,
        grids.build("uniform").times(length),
        seeds=[0],
        keep=keep,
        record=False,
    )
    return vocabulary.decode(process.read(last.state)[0].numpy())
