"""Samplers: reverse step rules, one file a family. Importing this package fills the registry."""

from textdiff_core.samplers import replacing as _replacing  # noqa: F401
from textdiff_core.samplers import unmasking as _unmasking  # noqa: F401
from textdiff_core.samplers.base import Moment, Sampler, samplers

__all__ = ["Moment", "Sampler", "samplers"]
