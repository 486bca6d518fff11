"""Samplers of the Gaussian process: from a vector and a guess of its word to a less noisy vector.

All are written in signal a and noise s of the two times, never in products of betas, so that any number of steps
and any schedule is safe: at pure noise a = 0, and the last step has s = 0 and gives words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textdiff_core.draws import normal, pick
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers

if TYPE_CHECKING:
    from torch import Tensor


class Bridge(NamedTuple):
    """q(z_s | z_t, x_0): normal with mean from_state z_t + from_word e(x_0) and this variance. All (B, 1, 1)."""

    from_state: Tensor
    from_word: Tensor
    variance: Tensor


def bridge(a_t: Tensor, s_t: Tensor, a_s: Tensor, s_s: Tensor) -> Bridge:
    """The posterior of z_s from signal and noise (B,) at t and at s < t.

    With k^2 = SNR_t / SNR_s in [0, 1] the mean is k (s_s / s_t) z_t + (1 - k^2) a_s e(x_0) and the variance
    (1 - k^2) s_s^2.
    Source:   VDM arXiv:2107.00630 appendix A; DDPM arXiv:2006.11239 eq. 7, where 1 - k^2 is beta / (1 - alpha-bar_t).
    """
    import torch

    moves = a_s * s_t > 0  # else nothing changes: both times are pure noise, or both are clean
    k = torch.where(moves, a_t * s_s / torch.where(moves, a_s * s_t, 1.0), 1.0).clamp_max(1.0)
    shrink = torch.where(s_t > 0, s_s / torch.where(s_t > 0, s_t, 1.0), 1.0)
    lost = 1 - k.square()
    parts = (k * shrink, lost * a_s, lost * s_s.square())
    return Bridge(*(part[:, None, None] for part in parts))


@dataclass(frozen=True)
class Vectors(Sampler):
    """Base: guesses the word, lets a rule move the vectors, and ends on words."""

    serves: ClassVar[tuple[str, ...]] = ("gaussian",)
    clamp: str = knob(
        "off", label="Clamp to a word", choices=("off", "nearest", "drawn"),
        help="Off: steps lead to the mean of the predicted words. Nearest: to the likeliest one, biased. "
        "Drawn: to one drawn from the prediction, anew at every step.",
    )  # fmt: skip

    def move(self, process: Any, now: Moment, guess: Tensor, noise: Tensor) -> Tensor:
        """The vectors at s. Args: guess: (B, L, V) of the words.   noise: (B, L, V) standard normal draws."""
        raise NotImplementedError

    def step(self, process: Any, now: Moment) -> Tensor:
        (which,), noise = now.uniform(), normal(tuple(now.state.shape), now.rng)
        guess = now.p_x0
        if self.clamp != "off":
            guess = process.vectors_of(guess.argmax(-1) if self.clamp == "nearest" else pick(guess, which))
        moved = self.move(process, now, guess, noise)
        over = (now.alpha_s == 1)[:, None, None]
        moved = process.vectors_of(guess.argmax(-1)).where(over, moved)
        return moved.where(now.open[..., None], now.state)


@samplers.register("ddpm")
@dataclass(frozen=True)
class DDPM(Vectors):
    """Ancestral: z_s is drawn from q(z_s | z_t, x_0), with the guess in the place of x_0.

    With the mean of the prediction (clamp off) it is exact only as steps become short. With a word drawn from the
    prediction each cell on its own is exact at any number of steps, as in discrete diffusion. The nearest word is
    the clamping trick of Diffusion-LM.
    Source:   DDPM arXiv:2006.11239, VDM arXiv:2107.00630, Diffusion-LM arXiv:2205.14217 section 5.
    """

    def move(self, process: Any, now: Moment, guess: Tensor, noise: Tensor) -> Tensor:
        way = bridge(*process.signal(now.alpha_t), *process.signal(now.alpha_s))
        return way.from_state * now.state + way.from_word * guess + way.variance.sqrt() * noise


@samplers.register("ddim")
@dataclass(frozen=True)
class DDIM(Vectors):
    """Keeps the noise that the guess implies and only turns it down; eta puts fresh noise in its place.

    eta = 0 draws nothing after the first frame: the text is a function of the noise it came from. eta = 1 is DDPM.
    Source:   DDIM arXiv:2010.02502 eq. 12.
    """

    eta: float = knob(
        0.0, label="Fresh noise η", min=0.0, max=1.0, step=0.1,
        help="0: none, the first noise decides everything. 1: as much as DDPM.",
    )  # fmt: skip

    def move(self, process: Any, now: Moment, guess: Tensor, noise: Tensor) -> Tensor:
        import torch

        (a_t, s_t), (a_s, s_s) = process.signal(now.alpha_t), process.signal(now.alpha_s)
        fresh = self.eta**2 * bridge(a_t, s_t, a_s, s_s).variance
        a_t, s_t, a_s, s_s = (part[:, None, None] for part in (a_t, s_t, a_s, s_s))
        implied = (now.state - a_t * guess) / torch.where(s_t > 0, s_t, 1.0)
        kept = (s_s.square() - fresh).clamp_min(0.0)
        return torch.where(s_t > 0, a_s * guess + kept.sqrt() * implied + fresh.sqrt() * noise, now.state)
