"""A shelf of models for tests of pages that compare processes: the shipped ones, and an untrained one of each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from textdiff_core import checkpoints, lab, models
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.training_records import TrainConfig

ROOT = Path(__file__).resolve().parents[1]
WIDTH, DEPTH, HEADS = 16, 1, 1


def stocked_app(folder: Path) -> Path:
    """The whole app in an empty folder of its own, with a model of every process on its shelf; its front door."""
    for name in (".streamlit", "pages", "textdiff_core", "textdiff_ui"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "assets", folder / "assets", ignore=shutil.ignore_patterns("checkpoints"))
    stock(folder / "assets")
    return Path(shutil.copy(ROOT / "app.py", folder))


def stock(assets: Path) -> Path:
    """Fills `assets` (laid out as `models.ASSETS`) with a model of every process; returns it."""
    shelf = assets / "checkpoints"
    shutil.copytree(models.ASSETS / "checkpoints", shelf)
    stocked = {lab.model_info(name).process for name in lab.models()}
    corpus = lab.corpora["tales"]
    for name, process in lab.processes.items():
        if name not in stocked:
            torch.manual_seed(0)
            sizes = TransformerConfig(
                len(corpus.words), corpus.length, WIDTH, DEPTH, HEADS, **process.network
            )
            train = TrainConfig(process=name, width=WIDTH, depth=DEPTH, heads=HEADS, steps=1, warmup=0)
            untrained = checkpoints.Checkpoint(TransformerDenoiser(sizes), corpus.vocabulary, train, ())
            checkpoints.save(shelf / f"tales-{name}", untrained)
    return assets
