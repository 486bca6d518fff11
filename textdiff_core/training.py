"""The training loop: a generator that yields a `TrainPoint` at every report.

Batch k and its noise depend only on (seed, k), so a run that was killed and resumed ends with the same
weights as one that was not, bit for bit on a CPU.
"""

from __future__ import annotations

import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from textdiff_core import checkpoints
from textdiff_core.draws import step_rng
from textdiff_core.losses import Loss
from textdiff_core.optimizers import optimizers
from textdiff_core.records import TrainConfig, TrainPoint

# Torch's hint that bf16 input with float32 gains takes the unfused norm; the blocks may be compiled anyway.
warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight", category=UserWarning)

NUM_LEVELS = 10
VALIDATION_STREAM = 2**32  # step numbers of the validation's own random streams


class Corpus(Protocol):
    """What training needs of a corpus."""

    @property
    def words(self) -> tuple[str, ...]: ...

    @property
    def length(self) -> int: ...

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray: ...


@dataclasses.dataclass
class Training:
    """The state of one run: weights, averaged weights, optimizers, and how far it is."""

    denoiser: nn.Module
    average: dict[str, Tensor]
    optimizers: list[torch.optim.Optimizer]
    step: int = 0
    seconds: float = 0.0
    history: list[TrainPoint] = dataclasses.field(default_factory=list)

    def tensors(self) -> dict[str, Tensor]:
        """Everything that training changes, by name."""
        named = {f"model.{name}": value for name, value in self.denoiser.state_dict().items()}
        named |= {f"average.{name}": value for name, value in self.average.items()}
        for k, optimizer in enumerate(self.optimizers):
            for i, slots in optimizer.state_dict()["state"].items():
                named |= {f"optimizer.{k}.{i}.{slot}": value for slot, value in slots.items()}
        return named

    def restore(self, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
        """Takes up the state that `tensors` and `notes` describe."""
        model = {n.removeprefix("model."): v for n, v in tensors.items() if n.startswith("model.")}
        self.denoiser.load_state_dict(model)
        for name, value in self.average.items():
            value.copy_(tensors[f"average.{name}"])
        for k, optimizer in enumerate(self.optimizers):
            state = optimizer.state_dict()
            for name, value in tensors.items():
                if name.startswith(f"optimizer.{k}."):
                    _, _, i, slot = name.split(".")
                    state["state"].setdefault(int(i), {})[slot] = value
            optimizer.load_state_dict(state)
        self.step, self.seconds = notes["step"], notes["seconds"]
        self.history = [TrainPoint.from_json(point) for point in notes["history"]]


def train(
    config: TrainConfig,
    corpus: Corpus,
    process: Any,
    denoiser: nn.Module,
    loss: Loss,
    *,
    state_file: Path | None = None,
    minutes: float = math.inf,
    teacher: nn.Module | None = None,
    sample: Callable[[nn.Module], str] = lambda denoiser: "",
) -> Iterator[TrainPoint]:
    """Trains `denoiser` in place and yields a report every `config.every` steps and at the end.

    At each report and at the end the denoiser holds the averaged weights; between them the trained ones.

    Args:     state_file: where the run is kept and, when it exists, taken up again.
              minutes: stop after so much time in this call; the run can be taken up later.
              teacher: knows the exact posterior, see `Loss`.
              sample: grows a text from the averaged denoiser, at each report.
    Raises:   ValueError: the loss does not serve the process, the state file belongs to another configuration,
              or the loss is no longer finite.
    """
    if process.name not in loss.serves:
        serves = " or ".join(loss.serves)
        raise ValueError(f"loss {loss.name!r} trains the {serves} process, not the {process.name} one")
    device = next(denoiser.parameters()).device
    run = start(config, denoiser)
    if state_file is not None and state_file.exists():
        tensors, notes = checkpoints.load_state(state_file)
        check_same_run(config, notes["config"], notes["step"])
        run.restore(tensors, notes)
    if config.compile:
        for block in denoiser.get_submodule("blocks").children():
            block.compile()
    held_out = torch.from_numpy(corpus.batch(config.validation, np.random.default_rng((config.seed, 1)))).to(
        device
    )
    begun, earlier = time.monotonic(), run.seconds
    sums: list[tuple[float, float]] = []
    while run.step < config.steps and time.monotonic() - begun < minutes * 60:
        sums.append(_step(config, run, corpus, process, loss, teacher))
        run.seconds = earlier + time.monotonic() - begun
        if run.step % config.every == 0 or run.step == config.steps:
            with averaged(run):
                point = _report(config, run, process, loss, held_out, sums, sample)
                run.history.append(point)
                yield point
            sums = []
            if state_file is not None:
                checkpoints.save_state(state_file, run.tensors(), _notes(config, run))
    if state_file is not None:
        checkpoints.save_state(state_file, run.tensors(), _notes(config, run))
    denoiser.load_state_dict(run.average)


def start(config: TrainConfig, denoiser: nn.Module) -> Training:
    """A run at step 0."""
    average = {name: value.detach().clone() for name, value in denoiser.state_dict().items()}
    return Training(denoiser, average, build_optimizers(config, denoiser))


def build_optimizers(config: TrainConfig, denoiser: nn.Module) -> list[torch.optim.Optimizer]:
    """The config's optimizer, for the matrices inside the blocks and for the rest."""
    matrices = [p for name, p in denoiser.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    inside = {id(p) for p in matrices}
    rest = [p for p in denoiser.parameters() if id(p) not in inside]
    return optimizers.build(config.optimizer).build(matrices, rest)


def rate_factor(config: TrainConfig, step: int) -> float:
    """Share of the full learning rate at a step: linear rise, constant, linear or cosine fall to 0."""
    rise = min(1.0, (step + 1) / max(1, config.warmup))
    fall = min(1.0, (config.steps - step) / max(1.0, config.decay * config.steps))
    if config.fall == "cosine":
        fall = (1 - math.cos(math.pi * fall)) / 2
    return min(rise, fall)


def check_same_run(config: TrainConfig, other: dict[str, Any], step: int) -> None:
    """Raises ValueError when a state belongs to another run.

    The number of steps may change as long as the learning rate has not begun to fall under either plan.
    """
    old = TrainConfig(**other)
    constant = min(c.steps * (1 - c.decay) for c in (config, old))
    free: dict[str, Any] = {"every": old.every, "compile": old.compile}
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


def _step(
    config: TrainConfig, run: Training, corpus: Corpus, process: Any, loss: Loss, teacher: nn.Module | None
) -> tuple[float, float]:
    """One optimizer step; returns (nats per cell, gradient norm before clipping)."""
    device = next(run.denoiser.parameters()).device
    rng = step_rng(config.seed, run.step, device=device.type)
    texts = corpus.batch(config.batch, np.random.default_rng((config.seed, 0, run.step)))
    x_0 = torch.from_numpy(texts).to(device)
    with precision(device), attention(device):
        terms = loss(process, run.denoiser, x_0, rng=rng, teacher=teacher)
    terms.objective.backward()
    norm = nn.utils.clip_grad_norm_(run.denoiser.parameters(), config.clip)
    if not math.isfinite(float(norm)):
        raise ValueError(f"training diverged at step {run.step}: the gradient is not finite; lower the rate")
    factor = rate_factor(config, run.step)
    for optimizer, rate in zip(run.optimizers, (config.rate, config.rate_rest), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    run.step += 1
    keep = min(config.ema, (1 + run.step) / (10 + run.step))
    weights = run.denoiser.state_dict()
    torch._foreach_lerp_(list(run.average.values()), [weights[n] for n in run.average], 1 - keep)
    return float(terms.nelbo.mean()) / x_0.shape[1], float(norm)


@torch.no_grad()
def _report(
    config: TrainConfig,
    run: Training,
    process: Any,
    loss: Loss,
    held_out: Tensor,
    sums: list[tuple[float, float]],
    sample: Any,
) -> TrainPoint:
    rng = step_rng(config.seed, VALIDATION_STREAM, device=held_out.device.type)
    with attention(held_out.device):
        terms = loss.validation(process, run.denoiser, held_out, rng=rng)
    levels = [
        float(part.mean()) if len(part) else math.nan
        for part in (
            terms.cross_entropy[(terms.noise > k / NUM_LEVELS) & (terms.noise <= (k + 1) / NUM_LEVELS)]
            for k in range(NUM_LEVELS)
        )
    ]
    nelbos, norms = zip(*sums, strict=True)
    return TrainPoint(
        step=run.step,
        tokens=run.step * config.batch * held_out.shape[1],
        seconds=run.seconds,
        train_nelbo=math.fsum(nelbos) / len(nelbos),
        validation_nelbo=float(terms.objective),
        levels=tuple(levels),
        gradient_norm=math.fsum(norms) / len(norms),
        rate=config.rate * rate_factor(config, run.step - 1),
        sample=sample(run.denoiser),
    )


def _notes(config: TrainConfig, run: Training) -> dict[str, Any]:
    history = [dataclasses.asdict(point) for point in run.history]
    return {
        "config": dataclasses.asdict(config),
        "step": run.step,
        "seconds": run.seconds,
        "history": history,
    }


def precision(device: torch.device) -> AbstractContextManager[Any]:
    """bfloat16 autocast where the device computes in it, else nothing."""
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bf16()
    return torch.autocast(device.type, torch.bfloat16) if fast else nullcontext()


def attention(device: torch.device) -> AbstractContextManager[Any]:
    """On a CPU, plain matrix products for attention: at tens of cells twice as fast as the fused kernel,
    whose backward pass took a third of a training step (measured on two cores, canvas 48)."""
    return sdpa_kernel(SDPBackend.MATH) if device.type == "cpu" else nullcontext()


def _cpu_has_bf16() -> bool:
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
