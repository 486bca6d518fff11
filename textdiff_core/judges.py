"""Judges of steps in their folders: trained by the training loop, kept beside the models, found by what they judge.

A folder holds `model.safetensors`, `judge.json` and `history.json`. Importing this needs no torch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import math
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textdiff_core.files import write_json
from textdiff_core.models import ASSETS, ModelInfo, load, model_info
from textdiff_core.processes import processes
from textdiff_core.schedules import schedules
from textdiff_core.training_records import Progress, TrainConfig

if TYPE_CHECKING:
    from textdiff_core.denoisers.judge import SetJudge

SIZES: dict[str, Any] = {"width": 192, "batch": 48, "rate": 0.01, "rate_rest": 0.004}


def corpus_of(model: str) -> str:
    """The corpus that a model was trained on, which its judge learns from too."""
    return model_info(model).corpus


def train(
    config: TrainConfig, of: str, folder: Path, *, minutes: float = math.inf
) -> Generator[Progress, None, None]:
    """Trains a judge of the model `of`, or takes up the run that `folder` holds; yields as `training.train` does.

    Losses are nats a choice over the cells of the canvas, see `apart`.
    """
    import torch

    from textdiff_core import training
    from textdiff_core.apart import Apart
    from textdiff_core.corpora import open_corpus
    from textdiff_core.denoisers.judge import JudgeConfig, SetJudge

    info, corpus = model_info(of), open_corpus(config)
    if info.process != "absorbing" or tuple(corpus.words) != info.vocabulary.words:
        raise ValueError(f"a judge needs a model of masking and its corpus, got {of!r} and {config.corpus!r}")
    process = processes["absorbing"](len(corpus.words), schedules.build(config.schedule))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        judge = SetJudge(JudgeConfig(len(corpus.words), corpus.length, config.width))
    history: list[Any] = []
    loss = Apart(teller=load(of).denoiser)
    with contextlib.closing(
        training.train(
            config, corpus, process, judge, loss, state_file=folder / "state.safetensors", minutes=minutes
        )
    ) as steps:
        for progress in steps:
            if progress.report is not None:
                history = [*_history(folder, progress.step), progress.report.to_json()]
                save(folder, judge, info, of, config, history)
            yield progress


def _history(folder: Path, before: int) -> list[Any]:
    file = folder / "history.json"
    points = json.loads(file.read_text("utf-8")) if file.is_file() else []
    return [point for point in points if point["step"] < before]


def save(
    folder: Path, judge: SetJudge, info: ModelInfo, of: str, config: TrainConfig, history: list[Any]
) -> None:
    """Writes the three files; weights in float16."""
    from textdiff_core.checkpoints import write_weights

    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder / "model.safetensors", judge)
    record = {
        "schema": 1, "of": of, "corpus": info.corpus, "model": dataclasses.asdict(judge.config),
        **info.vocabulary.to_json(), "train": dataclasses.asdict(config),
    }  # fmt: skip
    write_json(folder / "judge.json", record)
    write_json(folder / "history.json", history)


def judge_of(info: ModelInfo) -> str:
    """The shipped judge of a model's steps, by name: of the same corpus and words; "" where there is none."""
    return _judges().get((info.corpus, info.process, info.vocabulary.words), "")


@functools.cache
def _judges() -> dict[tuple[str, str, tuple[str, ...]], str]:
    found = {}
    for file in sorted((ASSETS / "checkpoints").glob("*/judge.json")):
        record = json.loads(file.read_text("utf-8"))
        found[record["corpus"], "absorbing", tuple(record["words"])] = file.parent.name
    return found


@functools.cache
def load_judge(name: str) -> SetJudge:
    """A shipped judge, in float32 and evaluation mode. Raises ValueError when it cannot be read."""
    return read(ASSETS / "checkpoints" / name)


def read(folder: Path) -> SetJudge:
    """The judge in a folder. Raises ValueError when it cannot be read."""
    from safetensors import SafetensorError

    from textdiff_core.checkpoints import read_weights
    from textdiff_core.denoisers.judge import JudgeConfig, SetJudge

    try:
        judge = SetJudge(JudgeConfig(**json.loads((folder / "judge.json").read_text("utf-8"))["model"]))
        read_weights(folder / "model.safetensors", judge)
    except (OSError, SafetensorError, RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ValueError(f"judge {folder.name!r} cannot be read: {reason}") from None
    return judge.eval()
