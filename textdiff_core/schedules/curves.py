"""Noise schedules alpha(t): how fast noise takes the words.

t = 0 is clean, t = 1 is noise; alpha(t) is the probability that noise has not yet hit a word. All functions
take floats, numpy arrays or torch tensors and answer in kind, without importing torch themselves.
"""

from __future__ import annotations

import functools
import itertools
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from textdiff_core.registry import Part, Registry, knob

HALF_PI = math.pi / 2


def namespace(t: Any) -> Any:
    """The library whose `cos`, `exp`, `where` fit t: torch for a tensor, else numpy."""
    return sys.modules["torch"] if type(t).__module__.startswith("torch") else np


def return_rate(alpha_t: Any, alpha_s: Any) -> Any:
    """(alpha_s - alpha_t) / (1 - alpha_t): probability that what noise took by t is back at s <= t; 0 at t = 0."""
    return (alpha_s - alpha_t) / (1 - alpha_t + (alpha_t == 1))


@dataclass(frozen=True)
class Schedule(Part):
    """alpha(t) from exactly 1 at t = 0 down to exactly 0 at t = 1.

    A family gives its formula `_alpha(t, m)` and derivative `_dalpha(t, m)`, m being the fitting library; and its
    inverse `_time(alpha, m)` where there is a formula for it.
    """

    def alpha(self, t: Any) -> Any:
        """Share of words that survive at noise level t, in [0, 1]. Raises ValueError outside [0, 1]."""
        m = self._checked(t)
        value = m.where(t <= 0, 1.0, m.where(t >= 1, 0.0, self._alpha(t, m)))
        return float(value) if isinstance(t, int | float) else value

    def dalpha(self, t: Any) -> Any:
        """d alpha / dt, at most 0. Raises ValueError outside [0, 1]."""
        m = self._checked(t)
        value = self._dalpha(t, m)
        return float(value) if isinstance(t, int | float) else value

    def weight(self, t: Any) -> Any:
        """-dalpha / (1 - alpha): the NELBO's weight of one hidden word at t; infinite at t = 0."""
        m, hidden = self._checked(t), 1 - self.alpha(t)
        value = m.where(hidden > 0, -self.dalpha(t) / m.where(hidden > 0, hidden, 1.0), math.inf)
        return float(value) if isinstance(t, int | float) else value

    def time(self, alpha: Any) -> Any:
        """The noise level at which alpha(t) = alpha."""
        m = namespace(alpha)
        t = m.clip(self._time(alpha, m), 0.0, 1.0)
        return float(t) if isinstance(alpha, int | float) else t

    def _checked(self, t: Any) -> Any:
        m = namespace(t)
        if not bool(m.all((t >= 0) & (t <= 1))):
            raise ValueError(f"noise level t must be in [0, 1], got {t}")
        return m

    def _alpha(self, t: Any, m: Any) -> Any:
        raise NotImplementedError

    def _dalpha(self, t: Any, m: Any) -> Any:
        raise NotImplementedError

    def _time(self, alpha: Any, m: Any) -> Any:
        """By bisection to 2^-60: right for any curve, and slow."""
        low, high = alpha * 0.0, alpha * 0.0 + 1.0
        for _ in range(60):
            middle = (low + high) / 2
            noisier = self.alpha(middle) < alpha
            low, high = m.where(noisier, low, middle), m.where(noisier, middle, high)
        return high


schedules: Registry[Schedule] = Registry("schedule")


@schedules.register("linear")
@dataclass(frozen=True)
class Linear(Schedule):
    """alpha = 1 - t: words vanish at a steady pace (log-linear noise in MDLM, arXiv:2406.07524, without its eps)."""

    def _alpha(self, t: Any, m: Any) -> Any:
        return 1 - t

    def _dalpha(self, t: Any, m: Any) -> Any:
        return -1.0 + 0 * t

    def _time(self, alpha: Any, m: Any) -> Any:
        return 1 - alpha


@schedules.register("cosine-mdlm")
@dataclass(frozen=True)
class CosineMDLM(Schedule):
    """alpha = cos(pi t / 2): clean for long, then falls (arXiv:2406.07524, with eps = 0)."""

    def _alpha(self, t: Any, m: Any) -> Any:
        return m.cos(HALF_PI * t)

    def _dalpha(self, t: Any, m: Any) -> Any:
        return -HALF_PI * m.sin(HALF_PI * t)

    def _time(self, alpha: Any, m: Any) -> Any:
        return m.arccos(alpha) / HALF_PI


@schedules.register("cosine-md4")
@dataclass(frozen=True)
class CosineMD4(Schedule):
    """alpha = 1 - sin(pi t / 2): falls at once, noisy for long (MaskGIT arXiv:2202.04200, MD4 arXiv:2406.04329)."""

    def _alpha(self, t: Any, m: Any) -> Any:
        return 1 - m.sin(HALF_PI * t)

    def _dalpha(self, t: Any, m: Any) -> Any:
        return -HALF_PI * m.cos(HALF_PI * t)

    def _time(self, alpha: Any, m: Any) -> Any:
        return m.arcsin(1 - alpha) / HALF_PI


@schedules.register("cosine-squared")
@dataclass(frozen=True)
class CosineSquared(Schedule):
    """alpha = cos^2(pi t / 2): slow at both ends (MDLM's `cosinesqr`, with eps = 0)."""

    def _alpha(self, t: Any, m: Any) -> Any:
        return m.cos(HALF_PI * t) ** 2

    def _dalpha(self, t: Any, m: Any) -> Any:
        return -HALF_PI * m.sin(math.pi * t)

    def _time(self, alpha: Any, m: Any) -> Any:
        return m.arccos(alpha**0.5) / HALF_PI


@schedules.register("cosine-ddpm")
@dataclass(frozen=True)
class CosineDDPM(Schedule):
    """alpha = cos^2((t + o) / (1 + o) pi / 2), divided by its value at 0 (Nichol & Dhariwal 2021, arXiv:2102.09672)."""

    offset: float = knob(
        0.008, label="Offset", min=0.0, max=0.2, step=0.002, help="Softens the start of the curve."
    )

    @property
    def _first(self) -> float:
        """The value to divide by."""
        return math.cos(HALF_PI * self.offset / (1 + self.offset)) ** 2

    def _alpha(self, t: Any, m: Any) -> Any:
        return m.cos(HALF_PI * (t + self.offset) / (1 + self.offset)) ** 2 / self._first

    def _dalpha(self, t: Any, m: Any) -> Any:
        angle = HALF_PI * (t + self.offset) / (1 + self.offset)
        return -HALF_PI / (1 + self.offset) * m.sin(2 * angle) / self._first

    def _time(self, alpha: Any, m: Any) -> Any:
        return m.arccos((alpha * self._first) ** 0.5) / HALF_PI * (1 + self.offset) - self.offset


@schedules.register("polynomial")
@dataclass(frozen=True)
class Polynomial(Schedule):
    """alpha = 1 - t^k: k above 1 keeps text clean for longer (MD4 arXiv:2406.04329, section 4)."""

    k: float = knob(2.0, label="Power k", min=0.25, max=8.0, step=0.25, help="1 is linear.")

    def _alpha(self, t: Any, m: Any) -> Any:
        return 1 - t**self.k

    def _dalpha(self, t: Any, m: Any) -> Any:
        return -self.k * m.where(t > 0, t, 1e-300) ** (self.k - 1)  # below k = 1 infinitely steep at 0

    def _time(self, alpha: Any, m: Any) -> Any:
        return (1 - alpha) ** (1 / self.k)


@schedules.register("geometric")
@dataclass(frozen=True)
class Geometric(Schedule):
    """alpha = exp(-low^(1-t) high^t), stretched to exact ends (SEDD arXiv:2310.16834 leaves small gaps there)."""

    low: float = knob(1e-4, label="Least total noise", min=1e-5, max=0.1, step=1e-4, help="At t = 0.")
    high: float = knob(20.0, label="Most total noise", min=2.0, max=50.0, step=1.0, help="At t = 1.")

    def _alpha(self, t: Any, m: Any) -> Any:
        first, last = math.exp(-self.low), math.exp(-self.high)
        return (m.exp(-(self.low ** (1 - t)) * self.high**t) - last) / (first - last)

    def _dalpha(self, t: Any, m: Any) -> Any:
        first, last = math.exp(-self.low), math.exp(-self.high)
        total = self.low ** (1 - t) * self.high**t
        return -total * math.log(self.high / self.low) * m.exp(-total) / (first - last)

    def _time(self, alpha: Any, m: Any) -> Any:
        first, last = math.exp(-self.low), math.exp(-self.high)
        total = -m.log(alpha * (first - last) + last)
        return m.log(total / self.low) / math.log(self.high / self.low)


MAX_POINTS = 12


@schedules.register("drawn")
@dataclass(frozen=True)
class Drawn(Schedule):
    """alpha through points drawn by hand, joined without rising in between (PCHIP: Fritsch & Butland 1984).

    "drawn:t=0/0.3/1,a=1/0.2/0" goes through (0, 1), (0.3, 0.2) and (1, 0).

    Raises:   ValueError: points that do not fall from (0, 1) to (1, 0), fewer than 2 or more than MAX_POINTS.
    """

    t: tuple[float, ...] = knob(
        (0.0, 0.3, 0.6, 1.0), label="Points: t", help="Noise levels joined by '/', rising from 0 to 1."
    )
    a: tuple[float, ...] = knob(
        (1.0, 0.92, 0.25, 0.0),
        label="Points: alpha",
        help="The share that survives there, falling from 1 to 0.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.t) != len(self.a):
            raise ValueError(
                f"a drawn schedule needs one alpha for each t, got {len(self.a)} for {len(self.t)}"
            )
        points, this = list(zip(self.t, self.a, strict=True)), "a drawn schedule"
        if not 2 <= len(points) <= MAX_POINTS:
            raise ValueError(f"{this} needs 2 to {MAX_POINTS} points, got {len(points)}")
        for (t, a), due, must in ((points[0], (0, 1), "start"), (points[-1], (1, 0), "end")):
            if (t, a) != due:
                due_t, due_a = due
                raise ValueError(
                    f"{this} must {must} at t = {due_t} with alpha = {due_a}, got t = {t:g}, alpha = {a:g}"
                )
        for (t, a), (t_next, a_next) in itertools.pairwise(points):
            if not t < t_next:
                raise ValueError(f"{this}'s t must rise from point to point, got {t_next:g} after {t:g}")
            if not a > a_next:
                at = f"{a_next:g} at t = {t_next:g} after {a:g} at t = {t:g}"
                raise ValueError(f"{this}'s alpha must fall from point to point, got {at}")

    @functools.cached_property
    def _cubics(self) -> np.ndarray:
        """(4, pieces): the coefficients of each piece's cubic in t - its start, highest power first."""
        # Half a second, so only where a schedule is drawn.
        from scipy.interpolate import PchipInterpolator  # type: ignore[import-untyped]

        return PchipInterpolator(self.t, self.a).c

    def _piece(self, t: Any, m: Any) -> tuple[Any, Any]:
        """How far t is into its piece, and that piece's coefficients (4, ...); any library can derive through it."""
        t = 1.0 * t
        piece = sum(((t >= start) * 1 for start in self.t[1:-1]), start=(t < 0) * 1)  # the latter is 0
        place = {"dtype": getattr(t, "dtype", None), "device": getattr(t, "device", None)}
        return t - m.asarray(self.t, **place)[piece], m.asarray(self._cubics, **place)[:, piece]

    def _alpha(self, t: Any, m: Any) -> Any:
        x, (cubic, square, slope, level) = self._piece(t, m)
        return m.clip(((cubic * x + square) * x + slope) * x + level, 0.0, 1.0)

    def _dalpha(self, t: Any, m: Any) -> Any:
        x, (cubic, square, slope, _) = self._piece(t, m)
        return m.clip((3 * cubic * x + 2 * square) * x + slope, -math.inf, 0.0)
