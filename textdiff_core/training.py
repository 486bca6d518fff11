"""The training loop: a generator that yields a `Progress` after every step.

Batch k and its noise depend only on (seed, k), so a run that was stopped or killed and resumed ends with the same
weights as one that was not, bit for bit on a CPU. It runs in one process, or in as many as share a batch's
parts (see `crew`).
"""

from __future__ import annotations

import functools
import math
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from textdiff_core.corpora import Corpus
from textdiff_core.crew import Alone, attention, crew, precision
from textdiff_core.draws import step_rng
from textdiff_core.endings import Diverged, Watch, ended
from textdiff_core.losses import Conditional, Loss, LossTerms, conditional
from textdiff_core.optimizers import optimizers
from textdiff_core.training_records import TIME_UP, Progress, TrainConfig, TrainPoint
from textdiff_core.training_state import Training, averaged, check_same_run

# Torch's hint that bf16 input with float32 gains takes the unfused norm; the blocks may be compiled anyway.
warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight", category=UserWarning)

NUM_LEVELS = 10
VALIDATION_STREAM = 2**32  # step numbers of the validation's own random streams
SAVED_SECONDS = 30.0  # a run that is killed loses at most so much


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
) -> Generator[Progress, None, None]:
    """Trains `denoiser` in place and yields after every step, with a report every `config.every` steps and at the end.

    At each report the denoiser holds the averaged weights, and when the generator has ended or was closed; else the
    trained ones. Closing it ends the run after the step that was yielded; it can be taken up later.

    Args:     state_file: where the run is kept and, when it exists, taken up again: at every report, at least
              every half minute, and when the generator ends or is closed.
              minutes: stop after so much time in this call; the run can be taken up later.
              teacher: knows the exact posterior, see `Loss`.
              sample: grows a text from the averaged denoiser, at each report.
    Raises:   ValueError: the loss does not serve the process, or the state file belongs to another configuration.
              Diverged: as `Watch` finds; the state file then holds the last good weights.
    """
    if process.name not in loss.serves:
        serves = " or ".join(loss.serves)
        raise ValueError(f"loss {loss.name!r} trains the {serves} process, not the {process.name} one")
    team = crew()
    if config.parts % team.num:
        raise ValueError(
            f"{team.num} processes share {config.parts} parts of a batch: parts must be a multiple"
        )
    run = start(config, denoiser)
    if state_file is not None and state_file.exists():
        run.load(config, state_file)
    if config.compile:
        for block in denoiser.get_submodule("blocks").children():
            block.compile()
    judge = conditional(loss, corpus.given)
    learner, run.optimizers[:] = team.prepare(
        Learner(denoiser, functools.partial(judge, process, teacher=teacher)), run.optimizers
    )
    device = next(denoiser.parameters()).device
    texts = corpus.held_out(config.validation, np.random.default_rng((config.seed, 1)))
    held_out = torch.from_numpy(texts).to(device)
    report = functools.partial(_report, config, run, process, judge, held_out, sample)
    watch, kept = Watch(len(corpus.words)), state_file if team.rank == 0 else None
    begun, earlier, saved = time.monotonic(), run.seconds, time.monotonic()
    late = minutes <= 0
    why = "" if run.due(config) else ended(config, run.step, run.history, late)
    try:
        while not why:
            if not run.due(config):  # else it was stopped between a step and its report
                late = time.monotonic() - begun >= minutes * 60
                late = _step(config, run, learner, corpus, team, watch, late)
                run.seconds = earlier + time.monotonic() - begun
            due = run.due(config)
            if kept is not None and watch.calm and (due or time.monotonic() - saved > SAVED_SECONDS):
                run.save(config, kept)
                saved = time.monotonic()
            with averaged(run) if due else nullcontext():
                point = report() if due and team.rank == 0 else None
                if due:
                    run.told(point)
                    why = ended(config, run.step, run.history)
                    why = why if not team.any(bool(why)) else why or "the first process has ended"
                why = why or TIME_UP * late
                yield _progress(config, run, corpus.length, point, why, watch.calm)
    finally:
        if kept is not None and run.whole and watch.calm:
            run.save(config, kept)
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


class Learner(nn.Module):
    """A denoiser with its loss as one module, so that whoever shares the work sees every use of its weights."""

    def __init__(self, denoiser: nn.Module, judge: Callable[..., LossTerms]) -> None:
        super().__init__()
        self.denoiser, self.judge = denoiser, judge

    def forward(self, x_0: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """The objective () and, detached, the texts' nats (B,) and the mean nats of an open cell ()."""
        terms = self.judge(self.denoiser, x_0, rng=rng)
        return terms.objective, terms.nelbo.detach(), terms.cross_entropy.detach().mean()


def _step(
    config: TrainConfig, run: Training, learner: nn.Module, corpus: Corpus, team: Alone, watch: Watch, late: bool
) -> bool:  # fmt: skip
    """One optimizer step. Args and returns late: time is up, here and in any process."""
    own, cells = range(team.rank, config.parts, team.num), corpus.length - len(corpus.given)
    told = []
    for part in own:
        with team.more(learner) if part != own[-1] else nullcontext():
            objective, *seen = _part(config, run, learner, corpus, team, part)
            team.backward(objective / len(own) if len(own) > 1 else objective)
        told.append(torch.stack([seen[0].mean().double() / cells, seen[1].double()]))
    norm = team.clip(learner, config.clip)
    mean = torch.stack(told).mean(0)
    *means, lates = team.mean(torch.cat([mean, mean.new_tensor([late])]))
    watch.look(run.step, means[1], float(norm) if not team.scales else 0.0)
    factor, run.whole = rate_factor(config, run.step), False
    for optimizer, rate in zip(run.optimizers, (config.rate, config.rate_rest), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    run.step += 1
    run.follow(config.ema)
    run.add(means[0], float(norm))
    run.whole = True
    return lates > 0


def _part(
    config: TrainConfig, run: Training, learner: nn.Module, corpus: Corpus, team: Alone, part: int
) -> tuple[Tensor, Tensor, Tensor]:
    """What the learner says of one part of the batch, which has texts and noise of its own."""
    device = next(run.denoiser.parameters()).device
    rng = step_rng(config.seed, run.step, part, device=device.type)
    texts = corpus.batch(
        config.batch // config.parts, np.random.default_rng((config.seed, 0, run.step, part))
    )
    with team.precision(device), attention(device):
        return learner(torch.from_numpy(texts).to(device), rng)


@torch.no_grad()
def _report(
    config: TrainConfig, run: Training, process: Any, loss: Loss | Conditional, held_out: Tensor, sample: Any
) -> TrainPoint:  # fmt: skip
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
    nelbo, norm = run.means()
    return TrainPoint(
        step=run.step,
        tokens=run.step * config.batch * held_out.shape[1],
        seconds=run.seconds,
        train_nelbo=nelbo,
        validation_nelbo=float(terms.objective),
        levels=tuple(levels),
        gradient_norm=norm,
        rate=config.rate * rate_factor(config, run.step - 1),
        sample=sample(run.denoiser),
    )


def _progress(
    config: TrainConfig, run: Training, length: int, point: TrainPoint | None, why: str, sound: bool
) -> Progress:  # fmt: skip
    return Progress(
        step=run.step,
        tokens=run.step * config.batch * length,
        seconds=run.seconds,
        nelbo=run.last[0],
        gradient_norm=run.last[1],
        rate=config.rate * rate_factor(config, run.step - 1),
        report=point,
        ended=why,
        sound=sound,
    )


__all__ = [
    "Diverged", "Learner", "attention", "build_optimizers", "check_same_run", "crew", "precision", "rate_factor",
    "start", "train",
]  # fmt: skip
