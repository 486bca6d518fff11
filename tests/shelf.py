"""A shelf of models for tests of pages that compare processes: the shipped ones, and an untrained one of each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from textdiff_core import checkpoints, lab
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.records import TrainConfig

WIDTH, DEPTH, HEADS = 16, 1, 1


def stock(assets: Path) -> Path:
    """Fills `assets` (laid out as `lab.ASSETS`) with a model of every process; returns it."""
    shelf = assets / "checkpoints"
    shutil.copytree(lab.ASSETS / "checkpoints", shelf)
    stocked = {lab.model_info(name).process for name in lab.models()}
    corpus = lab.corpora["tales"]
    for name, process in lab.processes.items():
        if name not in stocked:
            torch.manual_seed(0)
            sizes = TransformerConfig(
                len(corpus.words), corpus.length, WIDTH, DEPTH, HEADS, **process.network
            )
            train = TrainConfig(process=name, width=WIDTH, depth=DEPTH, heads=HEADS, steps=1, warmup=0)
            untrained = checkpoints.Checkpoint(
                TransformerDenoiser(sizes), corpus.words, corpus.spacing, train, ()
            )
            checkpoints.save(shelf / f"tales-{name}", untrained)
    return assets
