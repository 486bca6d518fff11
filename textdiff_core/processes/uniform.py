"""The uniform process: noise replaces a word by any word, drawn evenly, so nothing marks what is noise.

    q(x_t = j | x_0) = alpha_t [j = x_0] + (1 - alpha_t) / V

Sources:  D3PM arXiv:2107.03006, UDLM arXiv:2412.10193, Duo arXiv:2506.10892.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from textdiff_core.draws import uniform
from textdiff_core.processes.base import Process

if TYPE_CHECKING:
    from torch import Tensor

    from textdiff_core.draws import Rng


@dataclass(frozen=True)
class Uniform(Process):
    """Uniform-state diffusion. States are (B, L) ids in [0, V); every cell stays open until t = 0.

    The optimal denoiser of its NELBO is the leave-one-out posterior p(x_0^i | x_t without cell i). What the
    cell itself says is added by Bayes' rule, which gives p(x_0^i | x_t).
    """

    name: ClassVar[str] = "uniform"
    revises: ClassVar[bool] = True
    loss: ClassVar[str] = "rates"
    sampler: ClassVar[str] = "posterior"
    seen: ClassVar[str] = """
Noise is **any word**, drawn evenly, and nothing in it says that it is noise: the model reads a page of random words
and has to doubt each of them. The hatching is for you alone. It marks the words that no step has replaced yet; the
italics on it are the model's best guess. A framed word is **new at this step**, and until the last step every word
may be replaced again. The bar under a word is the probability that the model gave it when it was last asked.
"""
    step: ClassVar[str] = r"""
Noise replaces each word on its own: at noise level $t$ a share $\alpha_t$ of the words has survived, and the others
are any of the $V$ words. Going back from $t$ to an earlier $s$, a wrong word gives way to another with this
probability, where $\kappa = \alpha_t / \alpha_s$:

$$
P(\text{replaced}) = 1 - \frac{1 - \alpha_s}{1 - \alpha_t}
\left(\kappa + \frac{1 - \kappa}{V}\right)
$$

Which words are wrong nobody knows; the step is drawn with the model's prediction $p(x_0 \mid x_t)$ for what each
should be. Early on a wrong word mostly gives way to another random one, at the last step to the predicted one.
"""
    in_numbers: ClassVar[str] = (
        "P(a wrong word is replaced) = 1 − (1 − α_s) / (1 − α_t) · (κ + (1 − κ) / V) = "
        "1 − {noise_s} / {noise_t} · ({kept} + {lost} / {V}) = *{replaced}*"
    )
    tries: ClassVar[tuple[str, ...]] = (
        "Step through the last tenth. Which words change though they stood for long, and does the story gain by it?",
        "Set 8 steps. Can words that may still change repair what was written in haste?",
        "With the noise brush, put a name of the finished story back to noise. Do the words around it help?",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "Austin et al. 2021, *Structured denoising diffusion models in discrete state-spaces*, arXiv:2107.03006",
        "Schiff et al. 2024, *Simple guidance mechanisms for discrete diffusion models*, arXiv:2412.10193",
        "Lou et al. 2023, *Discrete diffusion modeling by estimating the ratios of the data distribution*, "
        "arXiv:2310.16834",
        "Sahoo et al. 2025, *The diffusion duality*, arXiv:2506.10892",
    )

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        return (uniform(tuple(x_0.shape), rng) * self.num_words).long()

    def open(self, state: Tensor) -> Tensor:
        return state >= 0

    def noisy(self, state: Tensor, changed: Tensor, noisy: Tensor, alpha: Tensor) -> Tensor:
        """Noise is not marked in the state; shown as noise are the words that no step has replaced yet."""
        return noisy & ~changed & (alpha < 1)[:, None]

    def numbers(self, alpha_t: np.ndarray, alpha_s: np.ndarray) -> dict[str, np.ndarray]:
        """kept: alpha_t / alpha_s, lost: 1 - kept, replaced: P(x_s is another word than x_t), if x_0 is another."""
        kept = np.divide(alpha_t, alpha_s, out=np.ones_like(alpha_t), where=alpha_s > 0)
        left = np.divide(1 - alpha_s, 1 - alpha_t, out=np.zeros_like(alpha_t), where=alpha_t < 1)
        replaced = 1 - left * (kept + (1 - kept) / self.num_words)
        return {"kept": kept, "lost": 1 - kept, "replaced": replaced}

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        import torch

        replaced = uniform(tuple(x_0.shape), rng) >= self.schedule.alpha(t.double())[:, None]
        return torch.where(replaced, self.prior(x_0, rng=rng), x_0)

    def likelihood(self, state: Tensor, noise: Tensor) -> Tensor:
        import torch

        same = torch.nn.functional.one_hot(state, self.num_words).double()
        return (1 - noise)[:, None, None] * same + noise[:, None, None] / self.num_words

    def ask(
        self, denoiser: Any, state: Tensor, noise: Tensor, where: Tensor, told: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        others = denoiser(state, noise, where=where).double().log_softmax(-1)  # (K, V)
        odds = (1 + self.num_words * (1 - noise) / noise.clamp_min(1e-300)).log()  # (B,), for the word there
        cells = state[where][:, None]
        return others.scatter_add(-1, cells, odds[:, None].expand_as(state)[where][:, None]), None

    def posterior(self, x_t: Tensor, p_x0: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """q(x_s | x_t, x_0) averaged over x_0 ~ p_x0.

        Args:     x_t: (B, L).   p_x0: (B, L, V) of p(x_0 | x_t), the cell's own state included (one-hot for a
                  known x_0).   t, s: (B,), s < t.
        Returns:  (B, L, V) float64 probabilities of x_s.
        Source:   UDLM eq. 15 for a known x_0. The papers put the leave-one-out prediction into that formula;
                  averaging over p(x_0 | x_t) is the same distribution.
        """
        return self.step_back(x_t, p_x0.double(), *(self.schedule.alpha(x.double()) for x in (t, s)))

    def step_back(self, x_t: Tensor, p_x0: Tensor, alpha_t: Tensor, alpha_s: Tensor) -> Tensor:
        """`posterior` from alphas (B,).

        For a known x_0 = v the weights of x_s = j are (alpha_s [j = v] + (1 - alpha_s) / V) times
        (alpha_ts [j = x_t] + (1 - alpha_ts) / V), alpha_ts = alpha_t / alpha_s, and sum to q(x_t | v).
        """
        a, b = alpha_t[:, None, None], alpha_s[:, None, None]
        kept = a / b  # of the words at s those that are left at t
        lost, num = (1 - kept) / self.num_words, self.num_words
        there = x_t[..., None]
        reached = ((1 - a) / num).expand_as(p_x0).scatter_add(-1, there, a.expand(*there.shape))  # q(x_t | v)
        share = p_x0 / reached  # (B, L, V) over v
        jump = b * share + (1 - b) / num * share.sum(
            -1, keepdim=True
        )  # (B, L, V) over j, before the way to x_t
        return (jump * lost).scatter_add(-1, there, kept * jump.gather(-1, there))

    def ratios(self, x_t: Tensor, p_x0: Tensor, alpha_t: Tensor) -> Tensor:
        """(B, L, V) of p_t(x_t with j in the cell) / p_t(x_t): the reverse rate to j is -alpha' / (V alpha) times it.

        Args:     p_x0: (B, L, V) of p(x_0 | x_t), the cell's own state included.
        With the leave-one-out prediction x the ratio is (V alpha x_j + 1 - alpha) / (V alpha x_{x_t} + 1 - alpha);
        averaged over x_0 ~ p_x0 it is the mean of q(j | x_0) / q(x_t | x_0), the same.
        Source:   UDLM arXiv:2412.10193; SEDD arXiv:2310.16834.
        """
        a, num = alpha_t[:, None, None], self.num_words
        there = x_t[..., None]
        reached = ((1 - a) / num).expand_as(p_x0).scatter_add(-1, there, a.expand(*there.shape))
        share = p_x0 / reached
        return a * share + (1 - a) / num * share.sum(-1, keepdim=True)
