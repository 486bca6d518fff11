"""The clock of Gaussian diffusion over words: how strong a signal lets a share alpha of the words survive.

A word v is told by a vector z = a e_v + s n, where the e_v are orthonormal, n is standard normal and mu = a / s.
The largest coordinate of z names its nearest word. That is v with probability

    P(mu) = integral phi(x - mu) Phi(x)^(V-1) dx

and each other word with the same probability, so the nearest words follow the uniform process with

    alpha(mu) = (V P(mu) - 1) / (V - 1).

Schedules speak of alpha, and this inverse makes all processes run on one clock.
Source:   the diffusion duality of Duo, arXiv:2506.10892. Torch is imported inside (see `draws`).
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

STRONGEST = (
    16.0  # mu beyond which float64 tells alpha from 1 for no vocabulary in use (there 1 - alpha < 1e-24)
)
WEAKEST = 1e-9  # mu below which alpha is linear in mu to the last digit that matters
NUM_NODES = 2048
FEW = 64  # rows of alpha up to which answers are remembered


class Survival(NamedTuple):
    """At given mu: alpha and 1 - alpha, each to about 1e-13 of itself, and slope = d alpha / d mu."""

    alpha: Tensor
    noise: Tensor
    slope: Tensor


def survival(mu: Tensor, num_words: int) -> Survival:
    """The three integrals at mu (...) in [0, STRONGEST], float64.

    By the trapezoidal rule, which converges exponentially for smooth integrands that vanish at both ends: at step
    1/20 it is exact to about 1e-14. Powers of Phi are taken in log space; what is small is never the difference
    of two large numbers.
    """
    import torch

    step, others, scale = 1 / 20, num_words - 1, num_words / (num_words - 1)
    x = torch.arange(-12 / step, 28 / step + 1, dtype=torch.float64, device=mu.device) * step
    mu = mu.double()[..., None]
    below = torch.special.log_ndtr(x)
    seen, unseen = _density(x - mu), _density(x)
    noise = scale * step * (seen * -torch.expm1(others * below)).sum(-1)
    gain = unseen * torch.expm1(mu.clamp_max(1.0) * (x - mu.clamp_max(1.0) / 2))  # phi(x - mu) - phi(x)
    alpha = scale * step * (gain * torch.exp(others * below)).sum(-1)
    slope = num_words * step * (seen * unseen * torch.exp((others - 1) * below)).sum(-1)
    return Survival(torch.where(mu[..., 0] < 1, alpha, 1 - noise), noise, slope)


def strength(alpha: Tensor, num_words: int) -> Tensor:
    """mu = a / s at which a share alpha (...) of the words survives: 0 at alpha = 0, infinite at alpha = 1.

    By cubic Hermite interpolation of log mu over the log-odds of alpha, with exact derivatives: the relative error of
    mu is below 1e-8.
    """
    if alpha.ndim == 1 and len(alpha) <= FEW:  # a run asks for each of its times several times over
        return _remembered(tuple(alpha.tolist()), num_words).to(alpha.device)
    return _interpolated(alpha, num_words)


@functools.lru_cache(maxsize=1024)
def _remembered(alpha: tuple[float, ...], num_words: int) -> Tensor:
    import torch

    return _interpolated(torch.tensor(alpha, dtype=torch.float64), num_words)


def _interpolated(alpha: Tensor, num_words: int) -> Tensor:
    import torch

    odds, log_mu, rate, slope = (part.to(alpha.device) for part in _table(num_words))
    alpha = alpha.double()
    at = (alpha.log() - torch.log1p(-alpha)).clamp(odds[0], odds[-1])
    right = torch.searchsorted(odds, at.contiguous()).clamp_min(1)
    left = right - 1
    width = odds[right] - odds[left]
    u = (at - odds[left]) / width
    value = (
        (1 + 2 * u) * (1 - u) ** 2 * log_mu[left]
        + u * (1 - u) ** 2 * width * rate[left]
        + u**2 * (3 - 2 * u) * log_mu[right]
        - u**2 * (1 - u) * width * rate[right]
    )
    mu = torch.where(at > odds[0], value.exp(), alpha / slope)
    return mu.masked_fill(alpha >= 1, math.inf)


@functools.lru_cache(maxsize=8)
def _table(num_words: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log-odds of alpha, log mu and d log mu / d log-odds at the nodes; d alpha / d mu at the first of them."""
    import torch

    log_mu = torch.linspace(math.log(WEAKEST), math.log(STRONGEST), NUM_NODES, dtype=torch.float64)
    alpha, noise, slope = survival(log_mu.exp(), num_words)
    return alpha.log() - noise.log(), log_mu, alpha * noise / (slope * log_mu.exp()), slope[0]


def _density(x: Tensor) -> Tensor:
    return (-x.square() / 2).exp() / math.sqrt(2 * math.pi)
