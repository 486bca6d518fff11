"""A tiny real training run in a process of its own: `python -m tests.core.training_run FOLDER`, one line a report."""

import sys
from pathlib import Path

import torch

from tests.core.tiny_world import TINY
from textdiff_core import checkpoints
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.losses import losses
from textdiff_core.processes import Process, processes
from textdiff_core.schedules import schedules
from textdiff_core.training import train
from textdiff_core.training_records import TrainConfig

CONFIG = TrainConfig(
    width=16, depth=1, heads=2, steps=80, batch=8, every=10, validation=4, warmup=5, rate=0.02, seed=3
)


def process(name: str = "absorbing") -> Process:
    return processes[name](len(TINY.words), schedules.build("linear"))


def untrained(part: Process) -> TransformerDenoiser:
    sizes = (len(TINY.words), TINY.length, CONFIG.width, CONFIG.depth, CONFIG.heads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(CONFIG.seed)
        return TransformerDenoiser(TransformerConfig(*sizes, **part.network))


def main(folder: Path) -> None:
    denoiser, points = untrained(process()), []
    for progress in train(
        CONFIG, TINY, process(), denoiser, losses.build("count"), state_file=folder / "state.safetensors"
    ):
        if progress.report:
            points.append(progress.report)
            print(progress.step, flush=True)
    checkpoints.save(folder, checkpoints.Checkpoint(denoiser, TINY.vocabulary, CONFIG, tuple(points)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
