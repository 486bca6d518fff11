"""The game of generator and critic: a generator of its own, since the training loop has one objective and a bound.

Two players with an optimizer each pull at one another; nothing is minimised, no likelihood is bounded, and neither
loss says how good the texts are. So what is reported is what was made: texts, how many hold, how many differ.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from textdiff_core.adversarial.networks import Critic, Generator, straight_through
from textdiff_core.adversarial.pairs import known_pairs
from textdiff_core.adversarial.records import GanConfig, Round
from textdiff_core.crew import attention
from textdiff_core.denoisers.transformer import TransformerConfig
from textdiff_core.draws import step_rng
from textdiff_core.metrics import combinations, metrics
from textdiff_core.training_state import restore_slots, slots_of

SHOWN = 4  # texts of a report that are kept
TELLING = 2**32  # the step of the noise that texts of reports are made from


@dataclasses.dataclass
class Players:
    """The state of a game: both networks, the averaged generator, and their optimizers."""

    generator: Generator
    critic: Critic
    average: Generator
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer]

    @property
    def networks(self) -> dict[str, torch.nn.Module]:
        return {"generator": self.generator, "critic": self.critic, "average": self.average}

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a step changes, by name."""
        named = {
            f"{k}.{n}": v for k, network in self.networks.items() for n, v in network.state_dict().items()
        }
        return named | slots_of(self.optimizers)

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Takes up what `tensors` returned."""
        for k, network in self.networks.items():
            own = {n.removeprefix(f"{k}."): v for n, v in tensors.items() if n.startswith(f"{k}.")}
            network.load_state_dict(own)
        restore_slots(self.optimizers, tensors)


def players(config: GanConfig, corpus: Any) -> Players:
    """Both at their first weights."""
    sizes = TransformerConfig(len(corpus.words), corpus.length, config.width, config.depth, config.heads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator, critic = Generator(sizes, config.noise), Critic(sizes, config.hidden)
    rates = ((generator, config.rate), (critic, config.rate_critic))
    average = copy.deepcopy(generator).eval()
    if config.compile:
        for block in generator.blocks:
            block.compile()
    first, second = (torch.optim.Adam(one.parameters(), lr=rate, betas=(0.0, 0.99)) for one, rate in rates)
    return Players(generator, critic, average, (first, second))


def play(
    config: GanConfig, corpus: Any, ours: Players, first: int = 0, seconds: float = 0.0
) -> Iterator[Round | int]:
    """Trains both players; yields the step after every one, and a Round in its place at every report.

    Args:     first: steps done before, in so many `seconds` of one core; reports are not counted.

    Relativistic pairing loss with the critic's slope towards other words held down at true and at made texts.
    Source:   Goodfellow et al. 2014, arXiv:1406.2661; Jolicoeur-Martineau 2018, arXiv:1807.00734; Mescheder et al.
              2018, arXiv:1801.04406 (R1, R2); both together: Huang et al. 2024, arXiv:2501.05441.
    """
    told, since = torch.zeros(3, dtype=torch.float64), 0
    for step in range(first, config.steps):
        begun = time.thread_time()
        with attention(torch.device("cpu")):
            told += _step(config, corpus, ours, step)
        since += 1
        seconds += time.thread_time() - begun
        if (step + 1) % config.every == 0 or step + 1 == config.steps:
            yield report(corpus, ours.average, config, step + 1, seconds, (told / since).tolist())
            told, since = torch.zeros_like(told), 0
        else:
            yield step + 1


def _step(config: GanConfig, corpus: Any, ours: Players, step: int) -> Tensor:
    """One step of each player; returns both losses and the critic's lead (3,)."""
    rng, critic = step_rng(config.seed, step), ours.critic
    of_generator, of_critic = ours.optimizers
    for optimizer, rate in zip(ours.optimizers, (config.rate, config.rate_critic), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / max(1, config.warmup))
    ids = torch.from_numpy(corpus.batch(config.batch, np.random.default_rng((config.seed, 0, step))))
    true = one_hot(ids, len(corpus.words)).float()
    z = ours.generator.draw(config.batch, rng)
    made = straight_through(ours.generator(z), config.temperature(step), rng)

    shares = torch.cat([true, made.detach()]).requires_grad_(step % config.penalised == 0)
    scores = critic(shares)
    real, fake = scores.chunk(2)
    loss = objective = softplus(fake - real).mean()
    if config.penalty and shares.requires_grad:
        (slope,) = torch.autograd.grad(scores.sum(), shares, create_graph=True)
        objective = loss + config.penalised * config.penalty * slope.square().sum((1, 2)).mean()
    of_critic.zero_grad(set_to_none=True)
    objective.backward()
    of_critic.step()

    for weight in critic.parameters():
        weight.requires_grad_(False)
    with torch.no_grad():
        real = critic(true)
    fake = critic(made)
    ours_loss = softplus(real - fake).mean()
    of_generator.zero_grad(set_to_none=True)
    ours_loss.backward()
    of_generator.step()
    for weight in critic.parameters():
        weight.requires_grad_(True)
    with torch.no_grad():
        keep = min(config.ema, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(ours.average.parameters()), list(ours.generator.parameters()), 1 - keep)
        return torch.stack([ours_loss.double(), loss.double(), (real - fake).mean().double()])


@torch.no_grad()
def tell(generator: Generator, corpus: Any, num: int, seed: int) -> list[str]:
    """`num` texts, each word the likeliest given the noise: one network call a text."""
    rng, texts = step_rng(seed, TELLING), []
    for first in range(0, num, 100):
        z = generator.draw(min(100, num - first), rng)
        texts += [corpus.vocabulary.decode(row) for row in generator(z).argmax(-1).numpy()]
    return texts


def report(
    corpus: Any, generator: Generator, config: GanConfig, step: int, seconds: float, losses: list[float]
) -> Round:  # fmt: skip
    """What the averaged generator tells, judged by the corpus."""
    texts = tell(generator, corpus, config.told, config.seed)
    reached, _ = combinations(texts, corpus)
    known, reaches = known_pairs(texts, corpus.name)
    generator_loss, critic_loss, lead = losses
    return Round(
        step, seconds, generator_loss, critic_loss, lead, num=len(texts), valid=len(reached), distinct=len(set(texts)),
        combinations=len(set(reached)), relative_coverage=metrics.build("relative_coverage")(texts, corpus),
        distinct_2=metrics.build("distinct_2")(texts, corpus), known_pairs=known, reached_pairs=reaches,
        samples=tuple(texts[:SHOWN]),
    )  # fmt: skip
