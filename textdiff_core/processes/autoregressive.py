"""The autoregressive process: words vanish from the right, so that the way back writes from left to right.

Of L words as many are there at noise level t as under masking, a Binomial(L, alpha_t) number; but they are always
the first ones. So every time has the same number of words in both, and only their places differ. What the
way back asks for is one word given those before it, which a causal transformer answers for all cells in one pass.

Source:   autoregression as diffusion with an order that is fixed: arXiv:2110.02037, section 3; D3PM arXiv:2107.03006,
appendix A.2, where it is one of the absorbing chains.
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
class Autoregressive(Process):
    """States are (B, L) ids in [0, V]; from noise alone the cells that are V are the last ones.

    Given words stand on the canvas from the start, as under masking; a causal denoiser sees those that lie before the
    cell it is asked about, and of those behind it nothing.
    """

    name: ClassVar[str] = "autoregressive"
    title: ClassVar[str] = "autoregressive"
    time_dependent: ClassVar[bool] = False
    ordered: ClassVar[bool] = True
    network: ClassVar[Mapping[str, bool]] = {"causal": True}
    loss: ClassVar[str] = "next-word"
    sampler: ClassVar[str] = "next-word"
    seen: ClassVar[str] = """
A hatched block is a word that is **not written yet**. The text is written from left to right, one word a step, and only
the next block has a guess on it: the model is asked about no other. A framed word was **written at this step**; it
stays unless you put it back. The bar under a word is the probability it had, given all the words before it. Words that
you keep further right are on the canvas, but the model cannot see them.
"""
    step: ClassVar[str] = r"""
The chain rule takes a text apart into its words, each given those before it, and this holds exactly:

$$
-\ln p(x) = \sum_{i=1}^{L} -\ln p(x^i \mid x^1, \dots, x^{i-1})
$$

A step draws one word from one factor. On the clock of noise, where a share $\alpha_t$ of the words is there at level
$t$, this is what masking would be if words always vanished from the right: going back from $t$ to $s$, the share
$(\alpha_s - \alpha_t) / (1 - \alpha_t)$ of the missing words returns, the leftmost first.
"""
    in_numbers: ClassVar[str] = (
        "share of the missing words that returns, leftmost first = (α_s − α_t) / (1 − α_t) = "
        "({alpha_s} − {alpha_t}) / {noise_t} = *{share}*"
    )
    tries: ClassVar[tuple[str, ...]] = (
        "Step to the first name. How sure is the model of it, and how sure of the pronoun later?",
        "Keep a word near the end. Does the tale fit it? The model could not see it while it wrote.",
        "With the noise brush, put an early name back and resume: what comes after it stays as it is.",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "Bengio et al. 2003, *A neural probabilistic language model*, JMLR 3: words given those before",
        "Vaswani et al. 2017, *Attention is all you need*, arXiv:1706.03762: the causal mask",
        "Hoogeboom et al. 2022, *Autoregressive diffusion models*, arXiv:2110.02037: orders as noise",
    )

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        return x_0.new_full(x_0.shape, self.noise_id)

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        import torch

        left = (uniform(tuple(x_0.shape), rng) < self.schedule.alpha(t.double())[:, None]).sum(
            -1, keepdim=True
        )
        return x_0.masked_fill(torch.arange(x_0.shape[1], device=x_0.device) >= left, self.noise_id)

    def likelihood(self, state: Tensor, noise: Tensor) -> Tensor:
        """As under masking: which cells are noise depends on no word."""
        import torch

        seen = torch.nn.functional.one_hot(state, self.num_words + 1)[..., :-1].double()
        return seen.masked_fill((state == self.noise_id)[..., None], 1.0)

    def open(self, state: Tensor) -> Tensor:
        return state == self.noise_id

    def posterior(self, x_t: Tensor, p_x0: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """q(x_s | x_t, x_0) of each cell, averaged over x_0 ~ p_x0. Args and returns as `Absorbing.posterior`.

        Of m missing words a Binomial(m, rate) number returns, so the j-th of them is back when that is at least j.
        """
        import torch

        rate = return_rate(self.schedule.alpha(t.double()), self.schedule.alpha(s.double()))[:, None]
        noisy = self.open(x_t)
        number = torch.arange(x_t.shape[1] + 1, dtype=torch.float64)
        num = noisy.sum(-1, keepdim=True)  # (B, 1) m
        chance = torch.distributions.Binomial(num.clamp_min(1), rate, validate_args=False)
        of_number = chance.log_prob(number.minimum(num)).exp().masked_fill(number > num, 0.0)  # (B, L + 1)
        at_least = of_number.flip(-1).cumsum(-1).flip(-1)
        back = at_least.gather(-1, noisy.cumsum(-1)).where(noisy, 0.0)[..., None]
        settled = torch.nn.functional.one_hot(x_t, self.num_words + 1).double()
        returned = torch.cat([back * p_x0.double(), 1 - back], dim=-1)
        return torch.where(noisy[..., None], returned, settled)

    def following(self, where: Tensor) -> Tensor:
        """(B, L) bool: the first cell of each text that is in `where` (B, L), which is written next."""
        return where & (where.cumsum(-1) == 1)
