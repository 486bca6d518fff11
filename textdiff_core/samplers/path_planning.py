"""Path planning for the absorbing process: at every step a planner judges all cells, and the worst are noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import pick
from textdiff_core.registry import knob
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers
from textdiff_core.samplers.choosing import foremost

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 1e-300  # the logarithm of a probability of 0 must not meet a factor of 0


@samplers.register("p2")
@dataclass(frozen=True)
class PathPlanning(Sampler):
    """Words are drawn for all noise; of all cells the floor(L (1 - alpha_s)) with the lowest scores become noise.

    The score is the logarithm of a probability, of a word that stands eta times it: eta = 0 takes none back, 1 treats
    new and old words alike, more takes back more. Which probability, is the planner's to say. "self": of the
    word that stands in the cell or was just drawn for it, as the model judges it now. "drawn": of words drawn
    anew in every cell, also where another word stands and stays; that is what the reference does. "random": of a
    uniform number. The model is asked about words that stand, but one that was trained on hidden words only was never
    taught to judge what it sees, and mostly approves of it; the exact denoiser finds every word that stands certain.
    Words judged as they were drawn make it inexact at any number of steps. In a tie the word that stands, stays.
    Source:   P2 arXiv:2502.03540, algorithm 1.
    """

    rule: ClassVar[str] = "count"
    reads: ClassVar[str] = "all"
    remasks: ClassVar[bool] = True
    in_numbers: ClassVar[str] = (
        "Cells that are noise after the step = L (1 − α_s) = L · {noise_s}, rounded down"
    )

    planner: str = knob(
        "self", label="Planner", choices=("self", "drawn", "random"),
        help="Judges each cell by the word there now, by a word drawn anew (the reference), or by chance.",
    )  # fmt: skip
    eta: float = knob(
        1.0, label="Stubbornness η", min=0.0, max=10.0, step=0.1,
        help="Factor of the log-probability of words that stand: 0 takes none back, above 1 more than is fair.",
    )  # fmt: skip

    def step(self, process: Any, now: Moment) -> Tensor:
        u, ticket = now.uniform(2)
        fresh = pick(now.p_x0, u)
        written = fresh.where(now.open, now.state)
        if self.planner == "random":
            chance = ticket
        else:
            judged = fresh if self.planner == "drawn" else written
            chance = now.model.gather(-1, judged[..., None])[..., 0]
        score = chance.clamp_min(LEAST).log()
        score = score.where(now.open, self.eta * score + EVEN)
        num = (int(now.free.sum()) * (1 - now.alpha_s) + EVEN).floor()[:, None]
        noise = foremost(-score, now.free.expand_as(now.open), num)
        return written.masked_fill(noise, process.noise_id)
