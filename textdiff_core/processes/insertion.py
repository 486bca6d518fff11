"""The insertion process: noise masks words and takes them away, so that texts shrink to nothing and grow back.

On the way back every word of x_0 comes at a time of its own, first as a mask, and is written later: it comes
when alpha reaches a u that is even in [0, 1], and is written at a v that is even in [u, 1]. At alpha a word is

    missing with probability 1 - alpha,   a mask with -(1 - alpha) ln(1 - alpha),   clean otherwise.

Source:   FlexMDM arXiv:2509.01025, both of its schedules linear in alpha.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textdiff_core.draws import uniform
from textdiff_core.processes.base import Process

if TYPE_CHECKING:
    from torch import Tensor

    from textdiff_core.draws import Rng

BLANK = 0  # pads short texts; words after which only blanks come are not part of a text


@dataclass(frozen=True)
class Insertion(Process):
    """Masked diffusion with insertion, for texts of any length up to the canvas.

    States are (B, L, 2) int64. A cell is a slot: it keeps its place in the tensor for a whole run, and new
    cells take the first slots that are free. [..., 0] is its id: a word, V for a mask, V + 1 while it is not
    there. [..., 1] is its place in reading order among the cells that are there, L while it is not.

    Given words keep their order but not their positions: they stand on the canvas from the start, never
    change, and the rest of the text grows around them.

    A denoiser of this process answers two questions (`denoiser.insertions`): what each mask is, and how many
    words are missing in each gap between neighbours.
    """

    name: ClassVar[str] = "insertion"
    title: ClassVar[str] = "insertion"
    grows: ClassVar[bool] = True
    loss: ClassVar[str] = "insertion"
    sampler: ClassVar[str] = "one-event"
    caution: ClassVar[str] = (
        "Bound, not comparable: it also pays for the order in which the words come, more for longer texts. "
        "So it is no perplexity, and must not be set beside the loss of other models."
    )
    seen: ClassVar[str] = """
The page begins empty. A hatched block that comes in is a **mask**: a word is missing here, and which one is still
open; the italics on it are the model's best guess. A framed word was **written at this step**. It never changes again
unless you put it back, but others may still come before and after it. The bar under a word is the probability it had
when it was written. Nobody sets the length: at every gap the model says how many words it still expects.
"""
    step: ClassVar[str] = r"""
Noise deletes words, some of them by way of a mask: at noise level $t$ a share $\alpha_t$ of the words is there, as
words or as masks. Going back from $t$ to an earlier $s$, each word that is missing and each mask waits for its turn,
all alike:

$$
P(\text{its turn comes}) = \frac{\alpha_s - \alpha_t}{1 - \alpha_t}
$$

A word comes as a mask first. How many are missing nobody knows; the model says for each gap how many it expects, and
for each mask which word it could be.
"""
    in_numbers: ClassVar[str] = (
        "P(a missing word comes) = P(a mask is written) = (α_s − α_t) / (1 − α_t) = "
        "({alpha_s} − {alpha_t}) / {noise_t} = *{share}*"
    )
    tries: ClassVar[tuple[str, ...]] = (
        "Where does the text begin: with a name, a verb, a full stop? Does another seed begin elsewhere?",
        "Keep two words. They keep their order; how many others come before, between and after them?",
        "Choose the sampler *insert-euler* with 12 steps. What is missing in the end, and could the model have known?",
    )
    sources: ClassVar[tuple[str, ...]] = (
        "Kim et al. 2025, *Any-order flexible length masked diffusion*, arXiv:2509.01025",
        "Zheng et al. 2024, *Masked diffusion models are secretly time-agnostic masked models*, arXiv:2409.02908",
    )
    network: ClassVar[Mapping[str, bool]] = {"time_conditioning": True, "gaps": True}

    @property
    def absent_id(self) -> int:
        return self.num_words + 1

    # ---- text to noise ------------------------------------------------------------------------------

    def prior(self, x_0: Tensor, *, rng: Rng) -> Tensor:
        return self._in_order(x_0.new_full(x_0.shape, self.absent_id))

    def corrupt(self, x_0: Tensor, t: Tensor, *, rng: Rng) -> Tensor:
        """x_t drawn from q(x_t | x_0); slot i is the text's i-th word, so that what is missing is known."""
        import torch

        alpha = self.schedule.alpha(t.double())[:, None]
        comes, wait = uniform((x_0.shape[0], 2, x_0.shape[1]), rng).unbind(1)
        hidden = comes + (1 - comes) * wait > alpha
        ids = torch.where(hidden, self.noise_id, x_0).masked_fill(comes >= alpha, self.absent_id)
        return self._in_order(ids.masked_fill(~self.real(x_0), self.absent_id))

    def real(self, x_0: Tensor) -> Tensor:
        """(B, L) bool: the cells of x_0 that are part of the text."""
        return (x_0 != BLANK).long().flip(-1).cummax(-1).values.flip(-1).bool()

    def _in_order(self, ids: Tensor) -> Tensor:
        """The state whose slots (B, L) are read from left to right."""
        import torch

        there = ids != self.absent_id
        return torch.stack([ids, (there.cumsum(-1) - 1).masked_fill(~there, ids.shape[1])], dim=-1)

    # ---- reading a state ----------------------------------------------------------------------------

    def words(self, state: Tensor) -> Tensor:
        return state[..., 0].clamp_max(self.noise_id)

    def open(self, state: Tensor) -> Tensor:
        return state[..., 0] == self.noise_id

    def noisy(self, state: Tensor, changed: Tensor, noisy: Tensor, alpha: Tensor) -> Tensor:
        return self.open(state)

    def places(self, state: Tensor) -> Tensor:
        return state[..., 1]

    def share(self, state: Tensor, free: Tensor, noise: float) -> float:
        """The share it had come to, or if that is more, of masks in the cells that are there and free."""
        masks, there = self.open(state).sum(), (self.present(state) & free).sum()
        return max(noise, float(masks / there.clamp_min(1)))

    def asks(self, state: Tensor, where: Tensor, noise: Tensor) -> Tensor:
        """Also texts without a mask may lack words, until t = 0 or no room is left."""
        return where.any(-1) | ((noise > 0) & ~self.present(state).all(-1))

    # ---- noise to text ------------------------------------------------------------------------------

    def hold(self, state: Tensor, given: Tensor, words: Tensor) -> Tensor:
        """The state, its slots read from left to right, with the slots `given` (L,) or (B, L) holding words."""
        import torch

        return self._in_order(torch.where(given, words, state[..., 0]))

    def put_back(self, state: Tensor, cells: Tensor, alpha: Tensor, *, rng: Rng) -> Tensor:
        state = state.clone()
        state[:, cells, 0] = self.noise_id
        return state

    def insert(self, state: Tensor, counts: Tensor) -> Tensor:
        """The state with new masks in its gaps, as far as there is room, gaps on the left first.

        Args:     counts: (B, L + 1) int64, masks to come just before the j-th cell, or after the last one.
        """
        import torch

        ids, places = state.unbind(-1)
        absent = ids == self.absent_id
        before = counts.cumsum(-1).clamp_max(absent.sum(-1, keepdim=True))  # (B, L + 1), up to this gap
        moved = places + before.gather(-1, places)
        rank = absent.cumsum(-1) - 1  # the n-th slot that is free takes the n-th new cell in reading order
        born = absent & (rank < before[:, -1:])
        place = torch.searchsorted(before, rank.clamp_min(0), right=True) + rank
        ids, places = ids.masked_fill(born, self.noise_id), torch.where(absent, places, moved)
        return torch.stack([ids, torch.where(born, place, places)], dim=-1)

    def sequence(self, state: Tensor) -> Tensor:
        """(B, L + 1) int64: the ids in reading order, then V + 1, which ends the text and pads it."""
        ids, places = state.unbind(-1)
        room = ids.new_full((len(ids), ids.shape[1] + 1), self.absent_id)
        return room.scatter(-1, places, ids)

    def ask(
        self, denoiser: Any, state: Tensor, noise: Tensor, where: Tensor, told: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The words of the masks, and (B, L + 1) how many words are missing in each gap.

        Gap j lies just before the j-th cell in reading order; the last one is after the text, others are 0.
        """
        import torch

        places = self.places(state)
        asked = torch.zeros_like(self.sequence(state), dtype=torch.bool).scatter(-1, places, where)
        logits, gaps = denoiser.insertions(self.sequence(state), noise, asked)
        # Answers come in reading order; where each cell's own one stands among them:
        rank = asked.flatten().cumsum(0).view_as(asked).gather(-1, places) - 1
        inside = torch.arange(gaps.shape[1], device=gaps.device) <= self.present(state).sum(-1, keepdim=True)
        return logits[rank[where]], gaps.double() * inside
