"""The Gaussian process: every word is a vector, and noise blurs it until it could be any word's.

    z_t = a_t e(x_0) + s_t n,    n ~ N(0, I),  a_t^2 + s_t^2 = 1

The e(v) are the unit vectors of R^V: all words are equally far apart, the largest coordinate names the nearest
word, and no embedding can collapse while a model is trained (the denoiser has its own). Signal and noise follow
from alpha(t), the share of cells whose nearest word is still the told one (see `survival`).
Sources:  Diffusion-LM arXiv:2205.14217, CDCD arXiv:2211.15089, Plaid arXiv:2305.18619, Duo arXiv:2506.10892.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import normal
from textdiff_core.processes.base import Process
from textdiff_core.processes.survival import STRONGEST, strength, survival

if TYPE_CHECKING:
    from torch import Tensor

    from textdiff_core.draws import Rng


@dataclass(frozen=True)
class Gaussian(Process):
    """Gaussian diffusion of word vectors. States are (B, L, V) float64; every cell stays open until t = 0.

    Raises:   ValueError: fewer than two words, between which noise could not choose.
    """

    name: ClassVar[str] = "gaussian"
    title: ClassVar[str] = "Gaussian"
    revises: ClassVar[bool] = True
    network: ClassVar[Mapping[str, bool]] = {"time_conditioning": True, "vectors": True}
    loss: ClassVar[str] = "embedding"
    sampler: ClassVar[str] = "ddpm"

    def __post_init__(self) -> None:
        if self.num_words < 2:
            raise ValueError(f"the gaussian process needs at least 2 words, got {self.num_words}")

    # ---- text to noise ------------------------------------------------------------------------------

    def signal(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """(a, s) where a share alpha (...) of the words survives; (0, 1) and (1, 0) at its ends."""
        mu = strength(alpha, self.num_words)
        scale = mu.square().add(1).rsqrt()  # 0 where mu is infinite
        return (mu * scale).where(alpha < 1, 1.0), scale

    def vectors_of(self, words: Tensor) -> Tensor:
        """(..., V) float64: the vectors of these ids."""
        import torch

        return torch.nn.functional.one_hot(words, self.num_words).double()

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        return normal((*x_0.shape, self.num_words), rng)

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        a, s = (part[:, None, None] for part in self.signal(self.schedule.alpha(t.double())))
        return a * self.vectors_of(x_0) + s * self.prior(x_0, rng=rng)

    def evidence(self, state: Tensor, alpha: Tensor) -> Tensor:
        """(B, L, V) ln q(z | v) up to a constant: (a / s^2) z_v, because all e(v) have length 1.

        Where alpha = 1 the factor is that of STRONGEST, 256, so that no word is ever wholly ruled out.
        """
        mu = strength(alpha, self.num_words).clamp_max(STRONGEST)
        return (mu * mu.square().add(1).sqrt())[:, None, None] * state

    def likelihood(self, state: Tensor, noise: Tensor) -> Tensor:
        import torch

        told = self.evidence(state, 1 - noise)
        told = (told - told.amax(-1, keepdim=True)).exp()
        return torch.where(noise[:, None, None] > 0, told, self.vectors_of(self.words(state)))

    def information(self, t: Tensor) -> Tensor:
        """(B,) -1/2 d SNR / dt at t, SNR = mu^2: the NELBO's weight of a squared error |e(x_0) - x_hat|^2.

        0 where alpha is 1 to the last bit.
        """
        alpha = self.schedule.alpha(t)
        mu = strength(alpha, self.num_words).clamp_max(STRONGEST)
        slope = survival(mu, self.num_words).slope
        return (-self.schedule.dalpha(t) * mu / slope).where(alpha < 1, 0.0)

    # ---- reading a state ----------------------------------------------------------------------------

    def words(self, state: Tensor) -> Tensor:
        """The nearest word of every cell; noise is near some word too."""
        return state.argmax(-1)

    def open(self, state: Tensor) -> Tensor:
        import torch

        return torch.ones(state.shape[:2], dtype=torch.bool, device=state.device)

    def noisy(self, state: Tensor, changed: Tensor, noisy: Tensor, alpha: Tensor) -> Tensor:
        """Cells show noise until their own vector first speaks for one word rather than all others together."""
        belief = self.evidence(state, alpha).softmax(-1).amax(-1)
        return noisy & (belief <= 0.5) & (alpha < 1)[:, None]

    def landmarks(self, denoiser: Any) -> Tensor | None:
        """Where the words lie on a map of the denoiser's own embedding; an exact denoiser has none."""
        points = getattr(denoiser, "word_points", None)
        return None if points is None else points()

    def extras(self, state: Tensor, alpha: Tensor, landmarks: Tensor | None) -> dict[str, Tensor]:
        """distance: (B, L), from the vector to its nearest word's a e(v), in units of sqrt(V), the length of
        pure noise; 0 for a cell that holds a word itself.   points: (B, L, 2), the vector on the map of the words,
        the sum of its coordinates times the words' places."""
        a, _ = self.signal(alpha)
        nearest = self.vectors_of(self.words(state))
        distance = (state - a[:, None, None] * nearest).norm(dim=-1) / math.sqrt(self.num_words)
        found = {"distance": distance.masked_fill((state == nearest).all(-1), 0.0)}
        if landmarks is not None:
            found["points"] = state @ landmarks.to(state)
        return found

    # ---- noise to text ------------------------------------------------------------------------------

    def hold(self, state: Tensor, given: Tensor, words: Tensor) -> Tensor:
        """The state with the cells `given`, (L,) or (B, L) bool, holding the vectors of `words`, of the same shape."""
        import torch

        return torch.where(given[..., None], self.vectors_of(words.clamp_min(0)), state)

    def put_back(self, state: Tensor, cells: Tensor, alpha: Tensor, *, rng: Rng) -> Tensor:
        """The state with these cells (K,) holding noise without any word, as strong as noise is at alpha (B,)."""
        import torch

        chosen = torch.zeros(state.shape[1], dtype=torch.bool).index_fill_(0, cells, True)
        _, s = self.signal(alpha)
        return torch.where(chosen[:, None], s[:, None, None] * self.prior(self.words(state), rng=rng), state)

    def ask(
        self, denoiser: Any, state: Tensor, noise: Tensor, where: Tensor, told: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """What the denoiser says from the other cells plus what the cell's own vector says, Plaid's Bayes term.

        A network is also given that own say as shares, and the last answer (self-conditioning, Analog Bits
        arXiv:2208.04202).
        """
        own, known = self.evidence(state, 1 - noise), ~where[..., None]
        exact = self.vectors_of(self.words(state))
        belief = exact.where(known, own.softmax(-1))
        previous = None if told is None else exact.where(known, told)
        others = denoiser(state, noise, where=where, belief=belief, previous=previous).double()
        return others.log_softmax(-1) + own[where], None
