"""Results, and timing that holds on a busy machine: rivals take turns, and medians are compared."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Result:
    """One number and the bar it is held to.

    Attributes:
        name: what was measured.   value: the number, in `unit`.
        bar: the largest allowed value, or the smallest with `at_least`; None where there is no bar.
    """

    group: str
    name: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """The value is on the right side of the bar, or there is none."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def in_turns(
    rivals: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """Seconds of each rival in each round; within a round all of them run, each round begins with another.

    The clock counts this process's own computing time unless told otherwise, so that whatever else the
    machine does disturbs little.
    """
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    names = list(rivals)
    for k in range(rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:
            begun = clock()
            rivals[name]()
            seconds[name].append(clock() - begun)
    return seconds


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median over the rounds of above / below."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))
