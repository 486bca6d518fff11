"""Samplers of the absorbing process that put written words back to noise, so that mistakes can be mended.

At a step a word goes back with probability sigma, and a noisy cell is written with a probability that makes up for
it: the share of noise then falls as the schedule says, whatever sigma is. With the exact denoiser remasking does
not help: words that go back in the same step are drawn together again, so that the error falls with the root of the
number of steps only, or to a floor. It helps a denoiser that errs, which is asked again when it can see more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.registry import knob
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers
from textdiff_core.samplers.choosing import write
from textdiff_core.schedules import Schedule, namespace

if TYPE_CHECKING:
    from torch import Generator, Tensor


def most(alpha_t: Any, alpha_s: Any) -> Any:
    """The largest sigma that leaves the share of noise as it should be: (1 - alpha_s) / alpha_t, at most 1.

    Args:     arrays of numpy or torch; where alpha_t = 0 there are no words, and any number will do.
    """
    return ((1 - alpha_s) / (alpha_t + (alpha_t == 0))).clip(0, 1)


@dataclass(frozen=True)
class Remasking(Sampler):
    """Base: sigma, and the step that follows from it.

    A word goes to noise with probability sigma; a noisy cell is written with probability
    (alpha_s - (1 - sigma) alpha_t) / (1 - alpha_t). sigma = 0 is "ancestral".
    Source:   ReMDM arXiv:2503.00307, eq. 5 to 7.
    """

    remasks: ClassVar[bool] = True
    in_numbers: ClassVar[str] = (
        "P(a word goes back to noise) = σ = *{sigma}*; P(a noisy cell is written) = "
        "(α_s − (1 − σ) α_t) / (1 − α_t) = ({alpha_s} − {stays} · {alpha_t}) / {noise_t} = *{written}*"
    )

    def sigma(self, alpha_t: Any, alpha_s: Any) -> Any:
        """The probability that a word goes back, from alphas of any shape; arrays of numpy or torch."""
        raise NotImplementedError

    def sigmas(self, now: Moment) -> tuple[Tensor, Tensor]:
        """sigma of words, and sigma as it counts for noise: (B, 1) or (B, L) each."""
        sigma = self.sigma(now.alpha_t, now.alpha_s)[:, None]
        return sigma, sigma

    def numbers(self, schedule: Schedule, t: np.ndarray, s: np.ndarray) -> dict[str, np.ndarray]:
        """sigma: of a word.   stays: 1 - sigma.   written: probability that a noisy cell is written."""
        alpha_t, alpha_s = schedule.alpha(t), schedule.alpha(s)
        sigma = self.sigma(alpha_t, alpha_s)
        return {"sigma": sigma, "stays": 1 - sigma, "written": written(alpha_t, alpha_s, sigma)}

    def step(self, process: Any, now: Moment) -> Tensor:
        whether, which = now.uniform(2)
        of_words, of_noise = self.sigmas(now)
        chance = written(now.alpha_t[:, None], now.alpha_s[:, None], of_noise)
        back = ~now.open & now.free & (whether < of_words)
        return write(now, now.open & (whether < chance), which).masked_fill(back, process.noise_id)


def written(alpha_t: Any, alpha_s: Any, sigma: Any) -> Any:
    """Probability that a noisy cell is written, exactly 1 where alpha_s = 1 and sigma = 0."""
    return (alpha_s - (1 - sigma) * alpha_t) / (1 - alpha_t + (alpha_t == 1))


@samplers.register("remdm-cap")
@dataclass(frozen=True)
class Cap(Remasking):
    """ReMDM with sigma = min(eta, the largest that is allowed): every word is as likely to go back.

    eta is for a step, so more steps mean more remasking: the paper takes 0.04 below as many steps as words and 0.02
    above, its script 0.008.   Source: ReMDM arXiv:2503.00307, section 4.1.
    """

    eta: float = knob(
        0.02, label="Remasked at most η", min=0.0, max=1.0, step=0.002,
        help="Probability that a written word goes back to noise in a step, as far as the schedule allows.",
    )  # fmt: skip

    def sigma(self, alpha_t: Any, alpha_s: Any) -> Any:
        return most(alpha_t, alpha_s).clip(0, self.eta)


@samplers.register("remdm-rescale")
@dataclass(frozen=True)
class Rescale(Remasking):
    """ReMDM with sigma = eta times the largest that is allowed: much early, when most is noise, and less later.

    eta = 1 forgets what it can at every step. The paper's script takes 0.015.
    Source:   ReMDM arXiv:2503.00307, section 4.1.
    """

    eta: float = knob(
        0.015, label="Remasked share η", min=0.0, max=1.0, step=0.005,
        help="Of the largest remasking that the schedule allows, so much is done.",
    )  # fmt: skip

    def sigma(self, alpha_t: Any, alpha_s: Any) -> Any:
        return self.eta * most(alpha_t, alpha_s)


@samplers.register("remdm-conf")
@dataclass(frozen=True)
class ByConfidence(Rescale):
    """ReMDM that sooner takes back words that were written with little confidence.

    sigma of a word is eta times the largest that is allowed times its share in softmax(-psi) over the words there
    are, psi being the probability the word had when it was written, before temperature and top-p. As in the
    reference noise has sigma = 0, so nothing makes up for the words that go back and the canvas is noisier than the
    schedule says; the last step writes all. Since psi is at most 1, the shares differ at most by a factor e.
    Source:   ReMDM arXiv:2503.00307, section 4.1, there with eta = 1.
    """

    eta: float = knob(
        1.0, label="Remasked share η", min=0.0, max=1.0, step=0.05,
        help="Of the largest remasking that the schedule allows, so much is shared out among the words.",
    )  # fmt: skip
    in_numbers: ClassVar[str] = (
        "P(a word goes back to noise) = its part of σ = *{sigma}*, the more the less sure it was; "
        "P(a noisy cell is written) = (α_s − α_t) / (1 − α_t) = ({alpha_s} − {alpha_t}) / {noise_t} = *{share}*"
    )

    def numbers(self, schedule: Schedule, t: np.ndarray, s: np.ndarray) -> dict[str, np.ndarray]:
        """sigma: what is shared out among the words."""
        return {"sigma": super().numbers(schedule, t, s)["sigma"]}

    def sigmas(self, now: Moment) -> tuple[Tensor, Tensor]:
        import torch

        words = now.free & ~now.open
        psi = now.model.gather(-1, now.state.masked_fill(~words, 0)[..., None])[..., 0]
        part = (-psi).where(words, -torch.inf).softmax(-1).nan_to_num()  # no word at all: 0 / 0
        sigma = self.sigma(now.alpha_t, now.alpha_s)[:, None]
        return part * sigma, torch.zeros_like(sigma)


@samplers.register("remdm-loop")
@dataclass(frozen=True)
class Loop(Remasking):
    """ReMDM in three stretches: writes up to a share alpha_on, rests there and remasks, then writes the rest.

    On its own clock alpha rises evenly to alpha_on until t_on, stays there until t_off while sigma = eta, and rises
    to 1; schedule and grid are not used, only the number of steps. At rest as many words come as go. With few steps
    most of them are spent at rest, so that the first ones write much at once.
    Source:   ReMDM arXiv:2503.00307, section 4.2: 0.55, 0.05, 0.9 and eta 0.02.
    """

    rests: ClassVar[bool] = True

    eta: float = knob(
        0.02, label="Remasked at rest η", min=0.0, max=1.0, step=0.01,
        help="Probability that a written word goes back to noise in a step at rest.",
    )  # fmt: skip
    t_on: float = knob(
        0.55, label="Rest begins at", min=0.0, max=1.0, step=0.05,
        help="Part of the steps that is left when the rest begins.",
    )  # fmt: skip
    t_off: float = knob(
        0.05, label="Rest ends at", min=0.0, max=1.0, step=0.05,
        help="Part of the steps that is left when the rest ends; from where it begins on there is none.",
    )  # fmt: skip
    alpha_on: float = knob(
        0.9, label="Written at rest", min=0.05, max=0.99, step=0.05, help="Share of words that are written by then.",
    )  # fmt: skip

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        left = np.arange(len(grid) - 1, -1, -1) / (len(grid) - 1)
        alpha = np.interp(
            left, [0.0, min(self.t_off, self.t_on), self.t_on, 1.0], [1.0, self.alpha_on, self.alpha_on, 0.0]
        )
        alpha[0], alpha[-1] = 0.0, 1.0
        return self.own_times(schedule, alpha, share, len(rngs))

    def sigma(self, alpha_t: Any, alpha_s: Any) -> Any:
        return (alpha_s - alpha_t < EVEN) * most(alpha_t, alpha_s).clip(0, self.eta)


@samplers.register("corrector")
@dataclass(frozen=True)
class Corrector(Remasking):
    """Discrete flow matching's predictor-corrector: writes A times as fast as needed and takes back B = A - 1 times.

    A = 1 + strength (alpha_t (1 - alpha_t))^power, so most is redone in the middle. In terms of remasking that is
    sigma = B (alpha_s - alpha_t) / alpha_t, which is cut where more is not allowed. The reference shortens its steps
    there instead, and takes more of them than were asked for.
    Source:   discrete flow matching arXiv:2407.15595, with 10 and 0.25; as a case of remasking arXiv:2503.00307.
    """

    strength: float = knob(
        10.0, label="Strength", min=0.0, max=100.0, step=1.0, help="How much is written and taken back over again.",
    )  # fmt: skip
    power: float = knob(
        0.25, label="Power", min=0.0, max=4.0, step=0.05, help="Higher: only in the middle of the way.",
    )  # fmt: skip

    def sigma(self, alpha_t: Any, alpha_s: Any) -> Any:
        again = self.strength * (alpha_t * (1 - alpha_t)) ** self.power
        sigma = again * (alpha_s - alpha_t) / (alpha_t + (alpha_t == 0))
        return namespace(sigma).minimum(sigma, most(alpha_t, alpha_s))
