"""Discriminator guidance for masks: several candidates of a step, weighed by a judge of whole steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import pick, uniform
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers
from textdiff_core.samplers.informed import Informed
from textdiff_core.samplers.ordering import Random
from textdiff_core.samplers.unmasking import Ancestral

if TYPE_CHECKING:
    from torch import Tensor

# Rules that choose cells without looking at the words drawn: then the ratio that the judge tells is the right one.
BASES: dict[str, Sampler] = {"ancestral": Ancestral(), "random": Random(), "informed": Informed(doubt=0.0)}


@samplers.register("guided")
@dataclass(frozen=True)
class Guided(Sampler):
    """Several candidates of each step of another sampler; one is drawn by (D / (1 - D)) to the power of the strength.

    The other sampler chooses the cells; K sets of words are drawn for them, each word on its own as always. A
    discriminator D, the judge, was trained to tell true steps from such; with the best D the ratio D / (1 - D) is that
    of the true joint distribution of the words to the product (F12), and strength 1 with many candidates draws from the
    joint itself: few steps lose nothing. With K candidates what is drawn is importance resampling (Rubin 1987), whose
    error falls as 1 / K. A step that writes one word is exact as it is and asks no judge; else the judge's network is
    called for each candidate, and these calls are counted.
    Source:   discriminator guidance, Kim et al. 2022, arXiv:2211.17091, which moves a continuous state along the
              gradient of ln D / (1 - D); words have none, hence candidates, as in Xu et al. 2024, arXiv:2410.21357.
              There D sees x_s alone; here also which words are new, since the ratio of masked steps depends on it.
    """

    base: str = knob(
        "ancestral", label="Steps of", choices=tuple(BASES),
        help="The sampler that chooses which cells are written; informed without doubt.",
    )  # fmt: skip
    strength: float = knob(
        1.0, label="Strength w", min=0.0, max=8.0, step=0.5,
        help="0 is the sampler without a judge, 1 is exact with a perfect judge; above, it is trusted too much.",
    )  # fmt: skip
    candidates: int = knob(
        16, label="Candidates K", min=1, max=256, step=1,
        help="Sets of words drawn at a step; the judge is a network and is asked about each of them.",
    )  # fmt: skip

    rule: ClassVar[str] = "count"
    judged: ClassVar[bool] = True
    in_numbers: ClassVar[str] = (
        "P(candidate k) = (D_k / (1 − D_k))^w / Σ_j (D_j / (1 − D_j))^w, w = *{strength}*, K = *{candidates}*"
    )

    def numbers(self, schedule: Any, t: Any, s: Any) -> dict[str, Any]:
        """strength: w.   candidates: K."""
        import numpy as np

        return {name: np.full(len(t), float(getattr(self, name))) for name in ("strength", "candidates")}

    def step(self, process: Any, now: Moment) -> Tensor:
        import torch

        assert now.judge is not None  # `denoise` sees to it
        first = BASES[self.base].step(process, now)
        if self.strength == 0 or self.candidates == 1:
            return first
        written = (first != now.state) & now.open
        told = written[:, None].expand(-1, self.candidates - 1, -1)  # (B, K - 1, L)
        u = uniform(tuple(told.shape), now.rng)
        words = pick(now.p_x0[:, None].expand(*told.shape, -1)[told], u[told])
        others = first[:, None].expand_as(told).masked_scatter(told, words)
        candidates = torch.cat([first[:, None], others], dim=1)  # (B, K, L)
        odds = self.strength * now.judge(candidates, written, now.model).double()
        weights = (odds - odds.amax(-1, keepdim=True)).exp().nan_to_num(1.0)  # all impossible: even
        (chosen,) = uniform((len(first), 1), now.rng).unbind(1)
        return candidates[torch.arange(len(first)), pick(weights, chosen)]
