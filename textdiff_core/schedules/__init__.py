"""Noise schedules alpha(t) and, apart from them, the time grids on which a sampler steps."""

from textdiff_core.schedules.curves import Linear, Schedule, namespace, return_rate, schedules
from textdiff_core.schedules.grids import Grid, Uniform, grids

__all__ = ["Grid", "Linear", "Schedule", "Uniform", "grids", "namespace", "return_rate", "schedules"]
