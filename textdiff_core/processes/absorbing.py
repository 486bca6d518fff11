"""The absorbing (masked) process: noise hides a word and hidden words stay hidden.

    q(x_t | x_0) = alpha_t [x_t = x_0] + (1 - alpha_t) [x_t = noise]

Sources:  D3PM arXiv:2107.03006, MDLM arXiv:2406.07524, MD4 arXiv:2406.04329. Noise has the id V.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textdiff_core.draws import uniform
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(frozen=True)
class Absorbing:
    """Masked diffusion over V words with a noise schedule.

    Attributes:
        num_words: V; noise has the id V.   schedule: alpha(t).
    """

    num_words: int
    schedule: Schedule
    name = "absorbing"
    # The best prediction does not depend on t, so an unchanged state needs no new network call.
    time_dependent = False

    @property
    def noise_id(self) -> int:
        return self.num_words

    def prior(self, x_0: Tensor) -> Tensor:
        """The state at t = 1 for texts of x_0's shape (B, L): all noise."""
        return x_0.new_full(x_0.shape, self.noise_id)

    def is_noise(self, state: Tensor) -> Tensor:
        """(B, L) bool: the cells that still have to be written."""
        return state == self.noise_id

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Generator) -> Tensor:
        """x_t drawn from q(x_t | x_0).

        Args:     x_0: (B, L) int64 in [0, V).   t: (B,) noise levels in [0, 1].
        Returns:  (B, L) int64 in [0, V].
        """
        hidden = uniform(tuple(x_0.shape), rng) >= self.schedule.alpha(t.double())[:, None]
        return x_0.masked_fill(hidden, self.noise_id)

    def write_rate(self, t: Tensor, s: Tensor) -> Tensor:
        """(alpha_s - alpha_t) / (1 - alpha_t): probability that a noisy cell is written from t to s <= t."""
        import torch

        alpha_t, alpha_s = self.schedule.alpha(torch.stack((t, s)))
        return (alpha_s - alpha_t) / (1 - alpha_t).clamp_min(1e-300)

    def posterior(self, x_t: Tensor, p_x0: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """q(x_s | x_t, x_0) averaged over x_0 ~ p_x0.

        Args:     x_t: (B, L).   p_x0: (B, L, V) probabilities (one-hot for a known x_0).   t, s: (B,), s < t.
        Returns:  (B, L, V + 1) float64 probabilities of x_s, noise last; words stay as they are.
        Source:   MDLM eq. 7.
        """
        import torch

        write = self.write_rate(t.double(), s.double())[:, None, None]  # (B, 1, 1)
        noisy = torch.cat([write * p_x0.double(), (1 - write).expand(*x_t.shape, 1)], dim=-1)
        settled = torch.nn.functional.one_hot(x_t, self.num_words + 1).double()
        return torch.where(self.is_noise(x_t)[..., None], noisy, settled)
