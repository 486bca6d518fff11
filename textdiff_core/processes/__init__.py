"""Corruption processes, one file each: how text becomes noise, and what going back means."""

from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.processes.autoregressive import Autoregressive
from textdiff_core.processes.base import Process
from textdiff_core.processes.gaussian import Gaussian
from textdiff_core.processes.insertion import Insertion
from textdiff_core.processes.uniform import Uniform

processes: dict[str, type[Process]] = {
    part.name: part for part in (Absorbing, Uniform, Gaussian, Insertion, Autoregressive)
}

__all__ = ["Absorbing", "Autoregressive", "Gaussian", "Insertion", "Process", "Uniform", "processes"]
