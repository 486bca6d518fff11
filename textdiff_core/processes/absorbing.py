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
