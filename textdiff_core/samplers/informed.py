"""A sampler of our own: spend each network call on the word that tells most; docs/decisions/0017 says how it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.registry import knob
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers
from textdiff_core.samplers.choosing import foremost, write

if TYPE_CHECKING:
    from torch import Tensor

OVERRULED = 0.99  # another word has this probability where a word that stands is doubted
# With fewer steps to come nothing is doubted: what goes back to noise needs time to be decided anew.
SPARE_STEPS = 4


@dataclass(frozen=True)
class Decisions:
    """What is left to decide on each canvas.

    Attributes:
        open: (B, L) bool, the noisy cells that are not certain.   affinity: (B, L, L) cosine of the angle between
        their predictions: 1 for cells that expect the same words, 0 for cells that share none.
        tells: (B, L) nats that writing a cell would settle if it settled its kin as well.
    """

    open: Tensor
    affinity: Tensor
    tells: Tensor

    @classmethod
    def of(cls, p: Tensor, entropy: Tensor, where: Tensor) -> Decisions:
        """Args: p: (B, L, V).   entropy: (B, L) nats.   where: (B, L) bool, as `open`."""
        expected = p.masked_fill(~where[..., None], 0.0)
        expected = expected / expected.norm(dim=-1, keepdim=True).clamp_min(1e-9)
        affinity = expected @ expected.mT
        return cls(where, affinity, entropy * affinity.sum(-1))

    def spread(self, kin: float, num: Tensor | None = None) -> Tensor:
        """(B, L) bool: cells no two of which are kin, one after the other by how much they tell.

        Args:     kin: affinity above which two cells are kin.
                  num: (B, 1) how many at most, those far from each other first; None is all there are.
        """
        import torch

        kin_of = (self.affinity > kin) | torch.eye(self.open.shape[1], dtype=torch.bool)
        places, rows = torch.arange(self.open.shape[1]), torch.arange(len(self.open))
        score = self.tells.where(self.open, -1.0)
        near = torch.full_like(score, torch.inf)  # words to the nearest chosen cell
        chosen, count = torch.zeros_like(self.open), 0
        while True:
            going = (score >= 0).any(-1)
            if num is not None:
                going = going & (count < num[:, 0])
            if not bool(going.any()):
                return chosen
            best = score.argmax(-1)
            chosen[rows, best] |= going
            score = score.masked_fill(kin_of[rows, best], -1.0)
            count += 1
            if num is not None:
                near = torch.minimum(near, (places - best[:, None]).abs())
                score = (self.tells * near).where(score >= 0, -1.0)


@samplers.register("informed")
@dataclass(frozen=True)
class Informed(Sampler):
    """Writes what is certain, decides the words that tell most, and takes back what the rest overrules.

    A text has far fewer decisions than words: once the name is told, every other mention of it is certain. A
    call is spent well on the word whose answer settles most. Each step
    1. writes every cell whose prediction has at most `certain` nats of entropy: that costs at most so many nats;
    2. decides the cell that tells most: its entropy times how many cells expect the same words as it does (the sum
       of the cosines between its prediction and theirs). One word a call is exact in any such order (F3c);
    3. where fewer steps are left than decisions, decides more than one: none expecting words that one before it may
       take (affinity above `kin` would be the same decision twice), and far apart, by what they tell times their
       distance in words, since words far apart depend on each other less;
    4. puts the least likely word back to noise, if the model now gives it less than `doubt` and another word 0.99, and
       the step writes two words or more: so noise shrinks with every step.
    The steps asked for bound the calls: when a page is done, no more are made. What words that stand are given is
    the model's reading of a word it sees; one trained on hidden words only was never taught to doubt those, which is
    why only a flat contradiction counts, and never in the last three steps. With certain = doubt = 0 and as many
    steps as cells it is exact; with doubt it is not.
    Source:   ours. Near it: EB-sampler arXiv:2505.24857, which decides the *surest* cells within a bound of entropy.
    """

    certain: float = knob(
        0.02, label="Certain below", min=0.0, max=1.0, step=0.01,
        help="Cells whose prediction has at most this entropy, in nats, are written at once.",
    )  # fmt: skip
    kin: float = knob(
        0.05, label="Kin above", min=0.0, max=1.0, step=0.05,
        help="Cells whose predictions have a larger cosine are one decision: never decided in the same step.",
    )  # fmt: skip
    doubt: float = knob(
        0.001, label="Doubt below", min=0.0, max=0.1, step=0.001,
        help="A written word with less probability goes back to noise where another has 0.99; 0 takes none back.",
    )  # fmt: skip

    rule: ClassVar[str] = "count"
    reads: ClassVar[str] = "all"
    remasks: ClassVar[bool] = True
    in_numbers: ClassVar[str] = (
        "Share of the decisions left that this step makes, at least one = (α_s − α_t) / (1 − α_t) = "
        "({alpha_s} − {alpha_t}) / {noise_t} = *{share}*; what is certain is written as well"
    )

    def step(self, process: Any, now: Moment) -> Tensor:
        import torch

        (u,) = now.uniform()
        entropy = torch.special.entr(now.model).sum(-1)
        certain = now.open & (entropy <= self.certain)
        decisions = Decisions.of(now.model, entropy, now.open & ~certain)
        ahead = decisions.spread(self.kin).sum(-1, keepdim=True)
        num = (ahead * now.rate + 0.5 + EVEN).floor().clamp_min(1)
        last = now.open & (now.rate >= 1 - EVEN)  # nothing may stay noise
        chosen = certain | decisions.spread(self.kin, num) | last
        return write(now, chosen, u).masked_fill(self._doubted(now, chosen), process.noise_id)

    def _doubted(self, now: Moment, chosen: Tensor) -> Tensor:
        """(B, L) bool: at most one word a text that the rest of it overrules, where more are written for it."""
        spare = (now.rate * SPARE_STEPS <= 1 + EVEN) & (chosen.sum(-1, keepdim=True) > 1)
        stands = now.free & ~now.open & spare
        own = now.model.gather(-1, now.state.clamp_max(now.model.shape[-1] - 1)[..., None])[..., 0]
        overruled = stands & (own < self.doubt) & (now.model.amax(-1) > OVERRULED)
        return foremost(-own, overruled, 1)
