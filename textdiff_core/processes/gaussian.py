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

import numpy as np

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
    seen: ClassVar[str] = """
Every cell holds a **vector**: the vector of a word, under Gaussian noise. Each step moves it towards the words that
the model expects and turns the noise down. What you read is the word nearest to the vector, and it may change until
the last step. A hatched block is a vector that does not yet speak for one word rather than all others together; the
italics on it are the model's best guess. The bar is how near the vector has come to its word.
"""
    step: ClassVar[str] = r"""
A cell holds $z_t = a_t\, e(x_0) + s_t\, n$: its word's vector with signal $a_t$, and normal noise $n$ with strength
$s_t$, where $a_t^2 + s_t^2 = 1$. Both follow from $\alpha_t$, the share of cells whose nearest word is still the
right one, beyond chance. Going back from $t$ to an earlier $s$, with the vector $\hat e$ that the model expects and
$k = a_t s_s / (a_s s_t)$,

$$
z_s = k \frac{s_s}{s_t} z_t + (1 - k^2)\, a_s \hat e + \sqrt{1 - k^2}\, s_s\, n
$$

The sampler *ddpm* does just this; *ddim* goes between the same two noise levels, and in place of fresh noise keeps
the noise that is there.
"""
    in_numbers: ClassVar[str] = (
        "(a, s) = ({a_t}, {s_t}) at t and (*{a_s}*, *{s_s}*) at s; "
        "ddpm: z_s = {of_state} z_t + {of_word} ê + {of_noise} n"
    )
    tries: ClassVar[tuple[str, ...]] = (
        "Run *ddim*, then *ddpm*, with one seed. With which is the story decided by the first frame already?",
        "Set *Clamp to a word* to *nearest*. Do words settle sooner, and is the story the better for it?",
        "Find a cell whose word flips late. What did the words around it agree on by then?",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "Li et al. 2022, *Diffusion-LM improves controllable text generation*, arXiv:2205.14217",
        "Dieleman et al. 2022, *Continuous diffusion for categorical data*, arXiv:2211.15089",
        "Gulrajani and Hashimoto 2023, *Likelihood-based diffusion language models*, arXiv:2305.18619",
        "Sahoo et al. 2025, *The diffusion duality*, arXiv:2506.10892",
        "Song et al. 2020, *Denoising diffusion implicit models*, arXiv:2010.02502",
    )

    def __post_init__(self) -> None:
        if self.num_words < 2:
            raise ValueError(f"the gaussian process needs at least 2 words, got {self.num_words}")

    # ---- text to noise ------------------------------------------------------------------------------

    def signal(self, alpha: Tensor) -> tuple[Tensor, Tensor]:
        """(a, s) where a share alpha (...) of the words survives; (0, 1) and (1, 0) at its ends."""
        mu = strength(alpha, self.num_words)
        scale = mu.square().add(1).rsqrt()  # 0 where mu is infinite
        return (mu * scale).where(alpha < 1, 1.0), scale

    def numbers(self, alpha_t: np.ndarray, alpha_s: np.ndarray) -> dict[str, np.ndarray]:
        """Signal and noise a_t, s_t, a_s, s_s, and the shares of_state, of_word, of_noise in z_s (see `step`)."""
        import torch

        (a_t, s_t), (a_s, s_s) = (
            tuple(part.numpy() for part in self.signal(torch.from_numpy(np.asarray(alpha))))
            for alpha in (alpha_t, alpha_s)
        )
        moves = a_s * s_t > 0
        k = np.divide(a_t * s_s, a_s * s_t, out=np.ones_like(a_t), where=moves).clip(max=1.0)
        shrink = np.divide(s_s, s_t, out=np.ones_like(s_s), where=s_t > 0)
        parts = {"of_state": k * shrink, "of_word": (1 - k**2) * a_s, "of_noise": np.sqrt(1 - k**2) * s_s}
        return {"a_t": a_t, "s_t": s_t, "a_s": a_s, "s_s": s_s, **parts}

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
