"""What the denoising loop costs beyond the network calls it makes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.generate import denoise
from textdiff_core.processes import Absorbing, Process, processes
from textdiff_core.samplers import samplers
from textdiff_core.schedules import Uniform, schedules
from textdiff_core.training_records import TrainConfig

NUM_WORDS, LENGTH, STEPS = 160, 48, 32
BATCHES = {1: 11, 32: 5}  # rows at once: rounds
BAR_RECORDED, BAR_BARE = 1.25, 1.10


class Listener:
    """A denoiser that notes what it is asked."""

    def __init__(self, denoiser: Any) -> None:
        self.denoiser = denoiser
        self.questions: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __call__(self, *state: Tensor, **rest: Any) -> Tensor:
        return self._ask("forward", state, rest)

    def insertions(self, *state: Tensor, **rest: Any) -> tuple[Tensor, Tensor]:
        return self._ask("insertions", state, rest)

    def _ask(self, method: str, state: tuple[Any, ...], rest: dict[str, Any]) -> Any:
        copies = (tuple(map(_copy, state)), {name: _copy(value) for name, value in rest.items()})
        self.questions.append((method, *copies))
        return getattr(self.denoiser, method)(*state, **rest)


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def untrained(
    process: type[Process] = Absorbing, length: int = LENGTH, num_words: int = NUM_WORDS
) -> TransformerDenoiser:
    """A denoiser of the shipped models' sizes that knows nothing: it costs what a trained one costs."""
    sizes = TrainConfig()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TransformerDenoiser(
            TransformerConfig(num_words, length, sizes.width, sizes.depth, sizes.heads, **process.network)
        ).eval()


def run(
    denoiser: Any,
    sampler: str,
    batch: int,
    *,
    steps: int = STEPS,
    length: int = LENGTH,
    record: bool,
    kind: type[Process] = Absorbing,
) -> None:
    """One whole run of the loop, its frames thrown away."""
    process = kind(NUM_WORDS, schedules.build("linear"))
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
def replay(denoiser: Any, questions: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> None:
    """The same network calls and nothing else."""
    for method, state, rest in questions:
        getattr(denoiser, method)(*state, **rest)


def pairs() -> Iterator[tuple[type[Process], str]]:
    """Every sampler; where texts grow only those that keep to the steps asked for, since an untrained model never
    comes to an end there by itself. What an autoregressive model remembers is measured in `autoregressive`."""
    for kind in (one for one in processes.values() if not one.ordered):
        serving = [name for name, part in samplers.items() if kind.name in part.serves and not part.judged]
        yield from ((kind, name) for name in serving if samplers[name].uses_grid() or not kind.grows)


def results() -> Iterator[Result]:
    """The loop's computing time over that of its bare network calls, on one thread."""
    for batch, rounds in BATCHES.items():
        for kind, sampler in pairs():
            denoiser = untrained(kind)
            listener = Listener(denoiser)
            run(listener, sampler, batch, record=False, kind=kind)
            seconds = in_turns(
                {
                    "bare": functools.partial(replay, denoiser, listener.questions),
                    "recorded": functools.partial(run, denoiser, sampler, batch, record=True, kind=kind),
                    "unrecorded": functools.partial(run, denoiser, sampler, batch, record=False, kind=kind),
                },
                rounds,
            )
            for how, bar in (("recorded", BAR_RECORDED), ("unrecorded", BAR_BARE)):
                ratio = median_ratio(seconds[how], seconds["bare"])
                name = f"{kind.name}, {sampler}, {how}"
                yield Result(f"denoise / bare network calls, batch {batch}", name, ratio, "x", bar)
