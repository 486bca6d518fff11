"""Samplers: reverse step rules, one file a family. Importing this package fills the registry."""

# Menus show them in this order.
# isort: off
from textdiff_core.samplers import inserting as _inserting  # noqa: F401
from textdiff_core.samplers import replacing as _replacing  # noqa: F401
from textdiff_core.samplers import unmasking as _unmasking  # noqa: F401
from textdiff_core.samplers import ordering as _ordering  # noqa: F401
from textdiff_core.samplers import adaptive as _adaptive  # noqa: F401
from textdiff_core.samplers import remasking as _remasking  # noqa: F401
from textdiff_core.samplers import informed as _informed  # noqa: F401
from textdiff_core.samplers import guided as _guided  # noqa: F401
from textdiff_core.samplers import path_planning as _path_planning  # noqa: F401
from textdiff_core.samplers import vectors as _vectors  # noqa: F401

# isort: on
from textdiff_core.samplers.base import EVEN, Moment, Sampler, samplers

__all__ = ["EVEN", "Moment", "Sampler", "samplers"]
