"""Optimizers: how a gradient becomes a change of the weights.

Each is a registered part that builds what torch steps, one torch optimizer for the matrices inside the blocks
and one for the rest (embeddings, head, gains), each with a learning rate of its own. Torch is imported inside, so
that pages can list them without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textdiff_core.registry import Part, Registry, knob

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer as TorchOptimizer


@dataclass(frozen=True)
class Optimizer(Part):
    """Base: a rule for all weights alike, unless a family says otherwise.

    Attributes:
        rate: a learning rate to begin with, of a model of some hundred thousand weights, for both groups.
    """

    rate = 0.003

    def build(self, matrices: Sequence[nn.Parameter], rest: Sequence[nn.Parameter]) -> list[TorchOptimizer]:
        """Two torch optimizers, of the matrices and of the rest; the training loop sets their rates at every step."""
        return [self.of(matrices), self.of(rest)]

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        """The torch optimizer of some of the weights."""
        raise NotImplementedError


optimizers: Registry[Optimizer] = Registry("optimizer")


@optimizers.register("sgd")
@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: w <- w - rate g. One rate for all weights, however steep their slopes.

    Source:   Robbins and Monro 1951.
    """

    rate = 0.3

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        import torch

        return torch.optim.SGD(weights, lr=self.rate)


@optimizers.register("momentum")
@dataclass(frozen=True)
class Momentum(Optimizer):
    """SGD with momentum: m <- beta m + g, w <- w - rate m. Steps add up along a slope and cancel across it.

    Source:   Polyak 1964; Sutskever et al. 2013.
    """

    rate = 0.1
    beta: float = knob(
        0.9, label="Momentum β", min=0.0, max=0.999, step=0.01, help="Share of the last step that is kept."
    )

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        import torch

        return torch.optim.SGD(weights, lr=self.rate, momentum=self.beta)


@optimizers.register("rmsprop")
@dataclass(frozen=True)
class RMSProp(Optimizer):
    """RMSProp: v <- beta v + (1 - beta) g^2, w <- w - rate g / sqrt(v). Every weight is scaled by its usual slope.

    Source:   Tieleman and Hinton 2012, lecture 6.5.
    """

    rate = 0.001
    beta: float = knob(
        0.99,
        label="Memory β",
        min=0.0,
        max=0.9999,
        step=0.001,
        help="How slowly the usual slope is forgotten.",
    )

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        import torch

        return torch.optim.RMSprop(weights, lr=self.rate, alpha=self.beta)


@optimizers.register("adam")
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: momentum over RMSProp's scaling, both corrected for having begun at 0.

    Source:   Kingma and Ba 2014, arXiv:1412.6980.
    """

    beta1: float = knob(
        0.9, label="Momentum β₁", min=0.0, max=0.999, step=0.01, help="Of the gradient's mean."
    )
    beta2: float = knob(
        0.98, label="Memory β₂", min=0.0, max=0.9999, step=0.001, help="Of its square's mean."
    )

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        import torch

        return torch.optim.Adam(weights, lr=self.rate, betas=(self.beta1, self.beta2))


@optimizers.register("adamw")
@dataclass(frozen=True)
class AdamW(Adam):
    """AdamW: Adam, with weight decay taken from the weights themselves instead of the gradient.

    Source:   Loshchilov and Hutter 2017, arXiv:1711.05101.
    """

    weight_decay: float = knob(
        0.0, label="Weight decay", min=0.0, max=1.0, step=0.01,
        help="Pulls every weight towards 0 by this share of the learning rate at each step.",
    )  # fmt: skip

    def of(self, weights: Sequence[nn.Parameter]) -> TorchOptimizer:
        import torch

        betas = (self.beta1, self.beta2)
        return torch.optim.AdamW(weights, lr=self.rate, betas=betas, weight_decay=self.weight_decay)


@optimizers.register("muon")
@dataclass(frozen=True)
class Muon(AdamW):
    """Muon for the matrices inside the blocks, AdamW for the rest: steps turn a matrix in all directions alike.

    Source:   Jordan et al. 2024 (torch.optim.Muon).
    """

    rate = 0.02
    momentum: float = knob(
        0.95, label="Momentum", min=0.0, max=0.999, step=0.01, help="Of the matrices' steps."
    )

    def build(self, matrices: Sequence[nn.Parameter], rest: Sequence[nn.Parameter]) -> list[TorchOptimizer]:
        import torch

        first = torch.optim.Muon(
            matrices, lr=self.rate, momentum=self.momentum, weight_decay=self.weight_decay
        )
        return [first, self.of(rest)]
