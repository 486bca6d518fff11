"""Training on Shakespeare's characters against a plain PyTorch loop of the settings that tiny-diffusion states.

Six layers, width 384, six heads, context 256, batch 64; there AdamW at 3e-4 in float32, cross-entropy of hidden cells.
Both sides have the same network. Ours is trained as `train --compile` does: bfloat16 where the processor has it,
Muon, blocks compiled. After equal minutes both are judged on the same noisy held-out windows.
Settings:  github.com/nathan-barry/tiny-diffusion, as its version 2 gives them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.measure import Result
from benchmarks.plot import linear
from textdiff_core import training
from textdiff_core.corpora import Corpus, open_corpus
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.losses import losses
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import schedules
from textdiff_core.training_records import TrainConfig

WIDTH, DEPTH, HEADS, LENGTH, BATCH, RATE = 384, 6, 6, 256, 64, 3e-4
MINUTES = 3.0  # of training for each
LOOKS = 3  # at the held-out text in that time, which do not count
HELD_OUT, DRAWS, CHUNK = 32, 4, 8
OURS = TrainConfig(
    corpus="package:shakespeare", length=LENGTH, width=WIDTH, depth=DEPTH, heads=HEADS, batch=BATCH, steps=10_000,
    every=10_000, validation=1, warmup=10, decay=0.0, rate=0.02, rate_rest=0.003, compile=True,
)  # fmt: skip


def results(picture: Path) -> Iterator[Result]:
    """Cells a second of both, and bits a character after equal minutes.

    Raises:   ValueError: the package with the plays is not installed.
    """
    corpus = open_corpus(OURS)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)  # both sides, as whoever trains would have them
    sides = {
        name: trained(corpus, steps) for name, steps in {"plain loop": plain, "train --compile": ours}.items()
    }
    torch.set_num_threads(threads)
    speeds = {name: side[0] for name, side in sides.items()}
    bits = {name: side[1] for name, side in sides.items()}
    picture.write_text(linear(bits, "minutes of training", "bits a character, held-out"), "utf-8")
    ours_, plain_ = speeds["train --compile"], speeds["plain loop"]
    yield Result("shakespeare", "characters a second / plain loop", ours_ / plain_, "x", 1.5, at_least=True)
    yield Result("shakespeare", "characters a second", ours_, "1/s")
    yield Result("shakespeare", "characters a second, plain loop", plain_, "1/s")
    last = {name: list(curve.values())[-1] for name, curve in bits.items()}
    name = f"bits a character after {MINUTES:g} minutes"
    yield Result("shakespeare", name, last["train --compile"], "bits", last["plain loop"])
    yield Result("shakespeare", f"{name}, plain loop", last["plain loop"], "bits")


def trained(
    corpus: Corpus, steps: Callable[[Corpus], Iterator[nn.Module]]
) -> tuple[float, dict[float, float]]:
    """Characters a second, and minutes of training -> bits a character.

    Args:     steps: makes a generator that trains a step each time, and yields the network to judge.
    """
    curve: dict[float, float] = {}
    spent, done, begun = 0.0, 0, time.perf_counter()
    for denoiser in steps(corpus):
        spent, done = spent + time.perf_counter() - begun, done + 1
        if spent >= MINUTES * 60 * (len(curve) + 1) / LOOKS:
            curve[spent / 60] = bits_a_character(corpus, denoiser)
            if len(curve) == LOOKS:
                break
        begun = time.perf_counter()
    return done * BATCH * LENGTH / spent, curve


def plain(corpus: Corpus) -> Iterator[nn.Module]:
    """The plainest loop: float32, AdamW, the mean cross-entropy of hidden cells."""
    denoiser, rng = fresh(corpus), np.random.default_rng(0)
    optimizer = torch.optim.AdamW(denoiser.parameters(), lr=RATE)
    noise = torch.Generator().manual_seed(0)
    while True:
        x_0 = torch.from_numpy(corpus.batch(BATCH, rng))
        share = torch.rand(BATCH, 1, generator=noise)
        hidden = torch.rand(BATCH, LENGTH, generator=noise) < share
        logits = denoiser(x_0.masked_fill(hidden, len(corpus.words)))
        loss = nn.functional.cross_entropy(logits[hidden], x_0[hidden])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        yield denoiser


def ours(corpus: Corpus) -> Iterator[nn.Module]:
    """`training.train`, judged by its weights of the moment in a network that is not compiled."""
    denoiser, judged = fresh(corpus), fresh(corpus)
    process = Absorbing(len(corpus.words), schedules.build("linear"))
    for _ in training.train(OURS, corpus, process, denoiser, losses.build("count")):
        judged.load_state_dict(denoiser.state_dict())
        yield judged


def fresh(corpus: Corpus) -> TransformerDenoiser:
    """The network, untrained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TransformerDenoiser(TransformerConfig(len(corpus.words), LENGTH, WIDTH, DEPTH, HEADS))


@torch.no_grad()
def bits_a_character(corpus: Corpus, denoiser: nn.Module) -> float:
    """The bound by counting, on the same noisy versions of held-out windows every time, in float32."""
    process = Absorbing(len(corpus.words), schedules.build("linear"))
    texts = torch.from_numpy(corpus.held_out(HELD_OUT, np.random.default_rng(0)))
    denoiser.eval()
    nats = []
    for draw in range(DRAWS):
        for first in range(0, HELD_OUT, CHUNK):
            rng = step_rng(draw, first)
            nats.append(losses.build("count")(process, denoiser, texts[first : first + CHUNK], rng=rng).nelbo)
    denoiser.train()
    return float(torch.cat(nats).mean()) / LENGTH / math.log(2)
