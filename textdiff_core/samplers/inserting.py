"""Samplers of the insertion process: masks come into gaps, and are written later.

What the model says is exact about the mean number of words missing in each gap, and about the word of each
mask. It says nothing of how these hang together; a step that does one thing needs to know no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from textdiff_core.draws import pick, uniform
from textdiff_core.registry import knob
from textdiff_core.samplers.base import Moment, Sampler, samplers
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor

LEAST_MISSING = 1e-3  # a text without masks that lacks fewer words is finished
LEAST_NOISE = 1e-5  # so few words are still to come below it that no step looks for them


def _order(default: str) -> Any:
    return knob(
        default, label="Masks are written in", choices=("random", "confidence"),
        help="Random order, or the mask whose best word is likeliest first.",
    )  # fmt: skip


@dataclass(frozen=True)
class Inserting(Sampler):
    """Base: which masks are written first. Any order leads to the same texts (arXiv:2509.01025, section 4)."""

    order: str = _order("random")

    serves: ClassVar[tuple[str, ...]] = ("insertion",)

    def missing(self, now: Moment) -> Tensor:
        """(B, L + 1) float64, how many words the model expects to be missing in each gap."""
        import torch

        if now.extra is not None:
            return now.extra
        batch, length = now.open.shape  # never asked: there is no room
        return torch.zeros(batch, length + 1, dtype=torch.float64)

    def write(self, process: Any, now: Moment, num: Tensor, which: Tensor, ticket: Tensor) -> Tensor:
        """The state with `num` (B, 1) of its masks written.

        Args:     which, ticket: (B, L) uniforms that words are drawn by, and that decide a random order.
        """
        import torch

        score = now.model.amax(-1) if self.order == "confidence" else ticket
        rank = score.where(now.open, -1.0).argsort(dim=-1, descending=True, stable=True).argsort(-1)
        chosen = now.open & (rank < num)
        ids = now.state[..., 0].masked_scatter(chosen, pick(now.p_x0[chosen], which[chosen]))
        return torch.stack([ids, now.state[..., 1]], dim=-1)


@dataclass(frozen=True)
class Stepwise(Inserting):
    """Base: over a step each mask is written with probability (alpha_s - alpha_t) / (1 - alpha_t), and as
    many masks come as `births` says, as far as there is room. The last step writes all and inserts none:
    words that are missing then stay missing."""

    def births(self, expected: Tensor, u: Tensor) -> Tensor:
        """(B, L + 1) int64 new masks in each gap, from how many are expected and uniforms u."""
        raise NotImplementedError

    def step(self, process: Any, now: Moment) -> Tensor:
        whether, which, ticket = now.uniform(3)
        missing = self.missing(now)
        u = uniform(tuple(missing.shape), now.rng)
        num = (now.open & (whether < now.rate)).sum(-1, keepdim=True)
        written = self.write(process, now, num, which, ticket)
        more = self.births(missing * now.rate, u).masked_fill(now.alpha_s[:, None] == 1, 0)
        return process.insert(written, more)


@samplers.register("insert-euler")
@dataclass(frozen=True)
class InsertEuler(Stepwise):
    """At most one mask comes into a gap in a step, with the number expected there as its probability.

    Source:   FlexMDM arXiv:2509.01025, algorithm 1.
    """

    def births(self, expected: Tensor, u: Tensor) -> Tensor:
        return (u < expected).long()


@samplers.register("insert-tau")
@dataclass(frozen=True)
class InsertTau(Stepwise):
    """As many masks come into a gap as a Poisson draw with the number expected there says.

    Source:   FlexMDM arXiv:2509.01025, tau-leaping.
    """

    def births(self, expected: Tensor, u: Tensor) -> Tensor:
        import torch

        k = torch.arange(expected.shape[-1], dtype=torch.float64)  # more do not fit
        rate = expected[..., None]
        share = (k * rate.clamp_min(1e-300).log() - rate - (k + 1).lgamma()).exp()
        return (share.cumsum(-1) <= u[..., None]).sum(-1)


class Event(NamedTuple):
    """What happens in each text, if anything, and when to look again."""

    writes: Tensor  # (B, 1) bool
    comes: Tensor  # (B, 1) bool
    alpha: Tensor  # (B,), 1 where the text is finished


@samplers.register("one-event")
@dataclass(frozen=True)
class OneEvent(Inserting):
    """At most one event a step: a mask comes, or a mask is written, at the very times of the reverse process.

    Of n missing words and m masks each waits for its own event, all alike: after the time alpha_t the first is
    at 1 - alpha = (1 - alpha_t) u^(1 / (n + m)). m is seen. n is not, but it is at most the room r that is
    left; so the steps end at times drawn with r in its place. There a mask is written with probability
    m / (r + m), one comes with E[n] / (r + m), and else nothing happens. That is exact whatever is known of n.
    A text is finished when nothing is left to write and E[n] is below a thousandth. Steps and grid are not
    used: about two steps a word are needed, and some more for the room that stays empty.
    The surest mask comes first unless asked otherwise: where the model is exact the texts are the same, and where it
    is not, what it is unsure of is asked again when more is known.
    Source:   thinning of Lewis and Shedler 1979, Gillespie 1977; for masks alone, first hitting, arXiv:2409.02908.
    """

    rule: ClassVar[str] = "one"
    order: str = _order("confidence")

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        """Here and the end; the times between are found on the way, see `until`."""
        return np.tile([schedule.time(1 - share), 0.0], (len(rngs), 1))

    def until(self, process: Any, now: Moment) -> Tensor:
        return self._next(process, now, uniform((len(now.state), 3), now.rng)).alpha

    def step(self, process: Any, now: Moment) -> Tensor:
        """Draws first what `until` drew, from the same generators at their beginning."""
        import torch

        u, missing = uniform((len(now.state), 3), now.rng), self.missing(now)
        which, ticket = now.uniform(2)
        event, last = self._next(process, now, u), now.alpha_s[:, None] == 1
        num = torch.where(last, now.open.shape[1], event.writes.long())
        gap = pick(missing, u[:, 2])[:, None].clamp_max(missing.shape[1] - 1)  # no matter where none comes
        counts = torch.zeros_like(missing, dtype=torch.int64).scatter(-1, gap, (event.comes & ~last).long())
        return process.insert(self.write(process, now, num, which, ticket), counts)

    def _next(self, process: Any, now: Moment, u: Tensor) -> Event:
        """Args: u: (B, 3) uniforms."""
        import torch

        room, masks = (~process.present(now.state)).sum(-1), now.open.sum(-1)
        missing = torch.minimum(self.missing(now).sum(-1), room)
        mark, begun = u[:, 0] * (room + masks), now.alpha_t > 0  # at t = 1 nothing has happened yet
        writes = begun & (mark < masks)
        comes = begun & ~writes & (mark < masks + missing)
        left = room + masks - writes.long()
        noise = (1 - now.alpha_t) * (1 - u[:, 1]) ** (1 / left)
        over = (left == 0) | (noise < LEAST_NOISE) | ((masks == 0) & (missing < LEAST_MISSING))
        return Event(writes[:, None], comes[:, None], torch.where(over, 1.0, 1 - noise))
