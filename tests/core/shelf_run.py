"""Tiny runs for tests of the shelf and its workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from textdiff_core import checkpoints, lab
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.shelf import Run, Shelf
from textdiff_core.training_records import TrainConfig, TrainPoint

TINY = TrainConfig(
    corpus="toy", width=16, depth=1, heads=1, batch=4, warmup=1, validation=2, steps=1_000_000, every=20
)
POINT = TrainPoint(
    20, 1120, 1.5, 2.5, 2.25, (float("nan"), *np.linspace(1, 2, 9).tolist()), 0.5, 0.02, "A text."
)


def reaches(shelf: Shelf, id: str, done: Callable[[Run], bool], seconds: float = 300) -> Run:
    """The run as soon as it is so; fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while not done(run := shelf.run(id)):
        assert time.monotonic() < deadline, (run, (run.folder / "worker.log").read_text("utf-8"))
        time.sleep(0.02)
    return run


def trains(step: int = 1) -> Callable[[Run], bool]:
    """Whether a run trains and has come to this step."""
    return lambda run: run.state.phase == "training" and run.state.step >= step


def checkpoint(folder: Path, steps: int = 20) -> Path:
    """An untrained model in a folder, with a curve of one point."""
    corpus = lab.open_corpus(TINY)
    torch.manual_seed(0)
    denoiser = TransformerDenoiser(TransformerConfig(len(corpus.words), corpus.length, 16, 1, 1))
    train = TrainConfig(corpus="toy", width=16, depth=1, heads=1, steps=steps, warmup=0)
    checkpoints.save(folder, checkpoints.Checkpoint(denoiser, corpus.vocabulary, train, (POINT,)))
    return folder
