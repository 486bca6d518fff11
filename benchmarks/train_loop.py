"""The training loop against a bare PyTorch loop over the same model, optimizers and batches."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from benchmarks.denoising import untrained
from benchmarks.measure import Result
from textdiff_core import training
from textdiff_core.corpora import WORLD
from textdiff_core.losses import losses
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import schedules
from textdiff_core.training_records import TrainConfig

STEPS, ROUNDS = 8, 5
BAR = 0.95


def ours(config: TrainConfig) -> float:
    """Steps a second of `training.train`; its validation at the end is not counted."""
    process = Absorbing(len(WORLD.words), schedules.build(config.schedule))
    denoiser = untrained(length=WORLD.length, num_words=len(WORLD.words))
    *_, last = training.train(config, WORLD, process, denoiser, losses.build(config.loss or process.loss))
    return last.step / last.seconds


def bare(config: TrainConfig) -> float:
    """Steps a second of the plainest loop: texts and noise lie ready, nothing is averaged or reported."""
    denoiser = untrained(length=WORLD.length, num_words=len(WORLD.words)).train()
    optimizers = training.build_optimizers(config, denoiser)
    rng, cpu = np.random.default_rng(0), torch.device("cpu")
    batches = [ready_batch(config.batch, rng) for _ in range(config.steps)]
    begun = time.perf_counter()
    for x_0, hidden, weight in batches:
        with training.precision(cpu), training.attention(cpu):
            logits = denoiser(x_0.masked_fill(hidden, len(WORLD.words)), where=hidden)
            nats = torch.nn.functional.cross_entropy(logits.float(), x_0[hidden], reduction="none")
            (nats * weight).sum().backward()
        torch.nn.utils.clip_grad_norm_(denoiser.parameters(), config.clip)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    return config.steps / (time.perf_counter() - begun)


def ready_batch(num: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """x_0 (B, L), hidden (B, L) and the weight of each hidden cell, as the `count` loss would have them."""
    x_0 = torch.from_numpy(WORLD.batch(num, rng))
    count = torch.from_numpy(1 + (np.arange(num) + rng.random(num)) * WORLD.length // num).long()[:, None]
    hidden = torch.from_numpy(rng.random(x_0.shape)).argsort(-1).argsort(-1) < count
    return x_0, hidden, (1 / count / num).expand(x_0.shape)[hidden]


def results() -> Iterator[Result]:
    """Median over rounds, in turns, of ours over bare; wall-clock time."""
    config = TrainConfig(steps=STEPS, every=STEPS, batch=64, validation=1, warmup=2)
    rounds = [(ours(config), bare(config)) for _ in range(ROUNDS)]
    ratio, speed = np.median([a / b for a, b in rounds]), np.median([a for a, _ in rounds])
    yield Result("training", "steps a second / bare loop", float(ratio), "x", BAR, at_least=True)
    yield Result("training", "cells a second", float(speed) * config.batch * WORLD.length, "1/s")
