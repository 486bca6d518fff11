"""The absorbing (masked) process: noise hides a word and hidden words stay hidden.

    q(x_t | x_0) = alpha_t [x_t = x_0] + (1 - alpha_t) [x_t = noise]

Sources:  D3PM arXiv:2107.03006, MDLM arXiv:2406.07524, MD4 arXiv:2406.04329. Noise has the id V.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textdiff_core.draws import uniform
from textdiff_core.processes.base import Process
from textdiff_core.schedules import return_rate

if TYPE_CHECKING:
    from torch import Tensor

    from textdiff_core.draws import Rng


@dataclass(frozen=True)
class Absorbing(Process):
    """Masked diffusion. States are (B, L) ids in [0, V]."""

    name: ClassVar[str] = "absorbing"
    title: ClassVar[str] = "masking"
    # The best prediction does not depend on t, so an unchanged state needs no new network call.
    time_dependent: ClassVar[bool] = False
    network: ClassVar[Mapping[str, bool]] = {}
    loss: ClassVar[str] = "count"
    sampler: ClassVar[str] = "first-hitting"
    seen: ClassVar[str] = """
A hatched block is **noise**: a word that is not there yet. The italics on it are the model's best guess if
it had to answer now. A framed word was **written at this step**; it stays unless you put it back to noise, or a
sampler that remasks does. The bar under a word is the probability it had when it was written, so a short bar is a
bold word.
"""
    step: ClassVar[str] = r"""
Noise hides each word on its own: at noise level $t$ a share $\alpha_t$ of the words has survived, from 1 at
$t = 0$ (clean) down to 0 at $t = 1$ (noise). Going back from $t$ to an earlier $s$, a hidden word appears with

$$
P(\text{a noisy cell is written}) = \frac{\alpha_s - \alpha_t}{1 - \alpha_t}
$$

and which word appears is drawn from the model's prediction $p(x_0 \mid x_t)$. Words written in the same step do
not know of each other: that is where mistakes come from, and what more steps are for.
"""
    in_numbers: ClassVar[str] = (
        "P(a noisy cell is written) = (α_s − α_t) / (1 − α_t) = ({alpha_s} − {alpha_t}) / {noise_t} = *{share}*"
    )
    tries: ClassVar[tuple[str, ...]] = (
        "Find the step at which the animal's home is decided. Which word gave it away?",
        "With the noise brush, put a name back to noise and resume. Does the pronoun keep up?",
        "Choose the sampler *confidence* with 8 steps. What breaks first: the grammar, or who is who?",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "Sahoo et al. 2024, *Simple and effective masked diffusion language models*, arXiv:2406.07524",
        "Shi et al. 2024, *Simplified and generalized masked diffusion for discrete data*, arXiv:2406.04329",
        "Zheng et al. 2024, *Masked diffusion models are secretly time-agnostic masked models*, arXiv:2409.02908",
        "Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006",
    )

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        return x_0.new_full(x_0.shape, self.noise_id)

    def open(self, state: Tensor) -> Tensor:
        return state == self.noise_id

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        hidden = uniform(tuple(x_0.shape), rng) >= self.schedule.alpha(t.double())[:, None]
        return x_0.masked_fill(hidden, self.noise_id)

    def likelihood(self, state: Tensor, noise: Tensor) -> Tensor:
        import torch

        seen = torch.nn.functional.one_hot(state, self.num_words + 1)[..., :-1].double()
        return seen.masked_fill((state == self.noise_id)[..., None], 1.0)

    def posterior(self, x_t: Tensor, p_x0: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """q(x_s | x_t, x_0) averaged over x_0 ~ p_x0.

        Args:     x_t: (B, L).   p_x0: (B, L, V) probabilities (one-hot for a known x_0).   t, s: (B,), s < t.
        Returns:  (B, L, V + 1) float64 probabilities of x_s, noise last; words stay as they are.
        Source:   MDLM eq. 7.
        """
        import torch

        rate = return_rate(self.schedule.alpha(t.double()), self.schedule.alpha(s.double()))[:, None, None]
        noisy = torch.cat([rate * p_x0.double(), (1 - rate).expand(*x_t.shape, 1)], dim=-1)
        settled = torch.nn.functional.one_hot(x_t, self.num_words + 1).double()
        return torch.where(self.open(x_t)[..., None], noisy, settled)
