"""What every sampler is: a pure step rule, what it is given, and where its times lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from textdiff_core.draws import uniform
from textdiff_core.registry import Part, Registry
from textdiff_core.schedules import Schedule

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from textdiff_core.draws import Rng

EVEN = 1e-9  # two shares of noise that differ by less are the same share


class Moment(NamedTuple):
    """What a sampler is given: a state at time t, and the way to s < t.

    Attributes:
        state: the process's state, (B, L, ...).   open: (B, L) bool, the cells that are noise to the process.
        free: (L,) bool, the cells that may change at all; the others were given.
        p_x0: (B, L, V) float64 of p(x_0 | x_t), by which words are drawn. In cells that the model was not asked
            about now: what it said when it last was; one-hot where a word was given.   model: the same before
            temperature and top-p.
        extra: what else `Process.ask` told.   t, s, alpha_t, alpha_s: (B,) float64.
        rate: (B, 1) probability that what noise took by t is back at s.   rng: one generator, or one a row.
        judge: of candidates (B, K, L) of the state at s, of which cells they write (B, L) bool and of `model` says
            (B, K) how much likelier each is to be true than to be drawn word by word, as a logarithm; None where the
            sampler needs none.
    """

    state: Tensor
    open: Tensor
    free: Tensor
    p_x0: Tensor
    model: Tensor
    extra: Tensor | None
    t: Tensor
    s: Tensor
    alpha_t: Tensor
    alpha_s: Tensor
    rate: Tensor
    rng: Rng
    judge: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None

    def uniform(self, num: int = 1) -> tuple[Tensor, ...]:
        """`num` times (B, L) float64 in [0, 1)."""
        batch, length = self.open.shape
        return uniform((batch, num, length), self.rng).unbind(1)


@dataclass(frozen=True)
class Sampler(Part):
    """A reverse step rule. It holds knobs and no state.

    Attributes:
        serves: names of the processes whose states the rule understands.
        rule: how many words a step writes. "expected": each cell on its own, with the probability that the
            schedule gives; "count": a number that the schedule sets; "one": exactly one (or one cell
            comes); "adaptive": as many as the model's answer allows. The last two find the ends of their steps
            themselves: steps and grid are not used.
        reads: what the model is asked about: "noise", the open cells; "next", the first of them; "all", every cell
            that may change, so that it also says what it thinks of words that stand.
        remasks: whether it may put written words back to noise.   rests: whether steps may stay at one noise level.
        judged: whether it needs a second network, which judges candidates of a step.
        in_numbers: the formula of its steps with {names} for their numbers, as `Process.in_numbers`; "" where the
            process's own says it.
        trade: for samplers that do not use the grid, the knob that trades quality for network calls, and values
            of it from most calls to fewest; ("", ()) where there is none.
    """

    serves: ClassVar[tuple[str, ...]] = ("absorbing",)
    rule: ClassVar[str] = "expected"
    reads: ClassVar[str] = "noise"
    remasks: ClassVar[bool] = False
    rests: ClassVar[bool] = False
    judged: ClassVar[bool] = False
    in_numbers: ClassVar[str] = ""
    trade: ClassVar[tuple[str, tuple[float, ...]]] = ("", ())

    @classmethod
    def uses_grid(cls) -> bool:
        """Whether it takes the steps that are asked for."""
        return cls.rule not in ("one", "adaptive")

    def times(
        self, schedule: Schedule, grid: np.ndarray, share: float, noisy: int, rngs: Sequence[Generator]
    ) -> np.ndarray:
        """(B, M + 1) times from here to 0, when noise has a share of the canvas, which is `noisy` open cells.

        From a full canvas it is the whole grid; after an edit, the part of the grid that is not noisier
        than the canvas needs.
        """
        start = int(np.flatnonzero(1 - schedule.alpha(grid) >= share - EVEN)[-1])
        return np.broadcast_to(grid[start:], (len(rngs), len(grid) - start))

    def own_times(self, schedule: Schedule, alpha: np.ndarray, share: float, num: int) -> np.ndarray:
        """(num, M + 1) times for rules with a way of their own, alpha (N + 1,) rising from 0 to 1: here, and what of
        it is less noisy than here."""
        to_come = alpha[1 - alpha < share - EVEN]
        way = np.concatenate([[1 - share], to_come[to_come < 1], [1.0] if len(to_come) else []])
        times = np.where(way < 1, schedule.time(way), 0.0)
        return np.broadcast_to(times, (num, len(times)))

    def numbers(self, schedule: Schedule, t: np.ndarray, s: np.ndarray) -> dict[str, np.ndarray]:
        """The numbers of steps from t to s (N,) that `in_numbers` asks for and alpha alone does not give, (N,) each."""
        return {}

    def until(self, process: Any, now: Moment) -> Tensor:
        """(B,) alpha at which the step ends: as planned, unless the sampler finds its times on the way.

        A sampler that ends a step earlier goes on from there to the planned time. `step` is given
        generators that begin anew, so that both can draw the same numbers.
        """
        return now.alpha_s

    def step(self, process: Any, now: Moment) -> Tensor:
        """The state at time now.s, drawn given the state at now.t and the model's prediction; a new tensor."""
        raise NotImplementedError


samplers: Registry[Sampler] = Registry("sampler")
