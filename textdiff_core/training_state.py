"""The state of one training run: what a step changes, how it is kept in a file, and whose run it is."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from textdiff_core import checkpoints
from textdiff_core.training_records import TrainConfig, TrainPoint

FREE = ("every", "compile", "target", "patience")  # settings that change no weights


@dataclasses.dataclass
class Training:
    """The state of one run: weights, averaged weights, optimizers, and how far it is.

    Attributes:
        reported: the step of the last report.   sums: of nats per cell and of gradient norms since then.
        last: nats per cell and gradient norm of the last step.
        whole: false while a step is half done; then the state must not be kept.
    """

    denoiser: nn.Module
    average: dict[str, Tensor]
    optimizers: list[torch.optim.Optimizer]
    step: int = 0
    seconds: float = 0.0
    history: list[TrainPoint] = dataclasses.field(default_factory=list)
    reported: int = 0
    sums: tuple[float, float] = (0.0, 0.0)
    last: tuple[float, float] = (0.0, 0.0)
    whole: bool = True

    @functools.cached_property
    def weights(self) -> list[Tensor]:
        """The weights themselves, which steps change in place; not asked before they lie where they stay."""
        named = self.denoiser.state_dict()
        return [named[name] for name in self.average]

    def due(self, config: TrainConfig) -> bool:
        """Whether the step that was done last is to be reported."""
        at = self.step % config.every == 0 or self.step == config.steps
        return at and self.step > self.reported

    def follow(self, largest: float) -> None:
        """Lets the averaged weights follow the trained ones, at most with the decay `largest`."""
        keep = min(largest, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.values()), self.weights, 1 - keep)

    def add(self, nelbo: float, norm: float) -> None:
        """Takes note of a step's nats per cell and gradient norm."""
        self.last = (nelbo, norm)
        self.sums = (self.sums[0] + nelbo, self.sums[1] + norm)

    def means(self) -> tuple[float, float]:
        """Mean nats per cell and gradient norm since the last report."""
        num = max(1, self.step - self.reported)
        return self.sums[0] / num, self.sums[1] / num

    def told(self, point: TrainPoint | None) -> None:
        """The step that was done last has been reported; None where another process keeps the curve."""
        self.reported, self.sums = self.step, (0.0, 0.0)
        self.history += [] if point is None else [point]

    def tensors(self) -> dict[str, Tensor]:
        """Everything that training changes, by name."""
        named = {f"model.{name}": value for name, value in self.denoiser.state_dict().items()}
        named |= {f"average.{name}": value for name, value in self.average.items()}
        return named | slots_of(self.optimizers)

    def restore(self, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
        """Takes up the state that `tensors` and `notes` describe."""
        model = {n.removeprefix("model."): v for n, v in tensors.items() if n.startswith("model.")}
        self.denoiser.load_state_dict(model)
        for name, value in self.average.items():
            value.copy_(tensors[f"average.{name}"])
        restore_slots(self.optimizers, tensors)
        self.step, self.seconds = notes["step"], notes["seconds"]
        self.history = [TrainPoint.from_json(point) for point in notes["history"]]
        # States of older versions were written right after a report.
        self.reported = notes.get("reported", self.step)
        self.sums, self.last = tuple(notes.get("sums", (0.0, 0.0))), tuple(notes.get("last", (0.0, 0.0)))

    def notes(self, config: TrainConfig) -> dict[str, Any]:
        """Everything else that there is to know of a run."""
        return {
            "config": dataclasses.asdict(config),
            "step": self.step,
            "seconds": self.seconds,
            "history": [dataclasses.asdict(point) for point in self.history],
            "reported": self.reported,
            "sums": self.sums,
            "last": self.last,
        }

    def save(self, config: TrainConfig, file: Path) -> None:
        """Keeps the run in `file`."""
        checkpoints.save_state(file, self.tensors(), self.notes(config))

    def load(self, config: TrainConfig, file: Path) -> None:
        """Takes up the run in `file`. Raises ValueError when it is another one or cannot be read."""
        tensors, notes = checkpoints.load_state(file)
        check_same_run(config, notes["config"], notes["step"])
        self.restore(tensors, notes)


def slots_of(optimizers: Sequence[torch.optim.Optimizer]) -> dict[str, Tensor]:
    """What the optimizers keep of each weight, by name."""
    return {
        f"optimizer.{k}.{i}.{slot}": value
        for k, optimizer in enumerate(optimizers)
        for i, slots in optimizer.state_dict()["state"].items()
        for slot, value in slots.items()
    }


def restore_slots(optimizers: Sequence[torch.optim.Optimizer], tensors: Mapping[str, Tensor]) -> None:
    """Takes up what `slots_of` returned, among other tensors."""
    for k, optimizer in enumerate(optimizers):
        state = optimizer.state_dict()
        for name, value in tensors.items():
            if name.startswith(f"optimizer.{k}."):
                _, _, i, slot = name.split(".")
                state["state"].setdefault(int(i), {})[slot] = value
        optimizer.load_state_dict(state)


def check_same_run(config: TrainConfig, other: dict[str, Any], step: int) -> None:
    """Raises ValueError when a state belongs to another run.

    The number of steps may change as long as the learning rate has not begun to fall under either plan.
    """
    old = TrainConfig(**other)
    constant = min(c.steps * (1 - c.decay) for c in (config, old))
    free: dict[str, Any] = {name: getattr(old, name) for name in FREE}
    if step <= constant:
        free |= {"steps": old.steps, "decay": old.decay}
    if dataclasses.replace(config, **free) != old:
        changed = [
            k for k, v in dataclasses.asdict(dataclasses.replace(config, **free)).items() if v != other[k]
        ]
        raise ValueError(f"this folder holds another run: {', '.join(changed)} differ; choose another --out")


class averaged:
    """Context in which the run's denoiser holds the averaged weights and is in evaluation mode."""

    def __init__(self, run: Training) -> None:
        self.run = run

    def __enter__(self) -> None:
        self.kept = {name: value.clone() for name, value in self.run.denoiser.state_dict().items()}
        self.run.denoiser.load_state_dict(self.run.average)
        self.run.denoiser.eval()

    def __exit__(self, *_: object) -> None:
        self.run.denoiser.load_state_dict(self.kept)
        self.run.denoiser.train()
