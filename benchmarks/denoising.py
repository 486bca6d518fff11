"""What the denoising loop costs beyond the network calls it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.generate import denoise
from textdiff_core.processes import Absorbing
from textdiff_core.records import TrainConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import Uniform, schedules

NUM_WORDS, LENGTH, STEPS = 160, 48, 32
BATCHES = {1: 11, 32: 5}  # rows at once: rounds
BAR_RECORDED, BAR_BARE = 1.25, 1.10


class Listener:
    """A denoiser that notes what it is asked."""

    def __init__(self, denoiser: Any) -> None:
        self.denoiser = denoiser
        self.questions: list[tuple[Tensor, Tensor, Tensor]] = []

    def __call__(self, state: Tensor, t: Tensor, where: Tensor) -> Tensor:
        self.questions.append((state.clone(), t.clone(), where.clone()))
        return self.denoiser(state, t, where=where)


def untrained(length: int = LENGTH, num_words: int = NUM_WORDS) -> TransformerDenoiser:
    """A denoiser of the shipped model's sizes that knows nothing: it costs what a trained one costs."""
    sizes = TrainConfig()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TransformerDenoiser(
            TransformerConfig(num_words, length, sizes.width, sizes.depth, sizes.heads)
        ).eval()


def run(
    denoiser: Any, sampler: str, batch: int, *, steps: int = STEPS, length: int = LENGTH, record: bool
) -> None:
    """One whole run of the loop, its frames thrown away."""
    process = Absorbing(NUM_WORDS, schedules.build("linear"))
    keep = torch.full((length,), -1)
    for _ in denoise(
        process,
        denoiser,
        samplers.build(sampler),
        Uniform().times(steps),
        seeds=range(batch),
        keep=keep,
        record=record,
    ):
        pass


@torch.no_grad()
def replay(denoiser: Any, questions: list[tuple[Tensor, Tensor, Tensor]]) -> None:
    """The same network calls and nothing else."""
    for state, t, where in questions:
        denoiser(state, t, where=where)


def results() -> Iterator[Result]:
    """The loop's computing time over that of its bare network calls, on one thread."""
    denoiser = untrained()
    for batch, rounds in BATCHES.items():
        for sampler in samplers:
            listener = Listener(denoiser)
            run(listener, sampler, batch, record=False)
            seconds = in_turns(
                {
                    "bare": lambda heard=listener.questions: replay(denoiser, heard),
                    "recorded": lambda name=sampler, rows=batch: run(denoiser, name, rows, record=True),
                    "unrecorded": lambda name=sampler, rows=batch: run(denoiser, name, rows, record=False),
                },
                rounds,
            )
            for kind, bar in (("recorded", BAR_RECORDED), ("unrecorded", BAR_BARE)):
                ratio = median_ratio(seconds[kind], seconds["bare"])
                yield Result(
                    f"denoise / bare network calls, batch {batch}", f"{sampler}, {kind}", ratio, "x", bar
                )
