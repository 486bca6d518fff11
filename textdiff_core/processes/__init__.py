"""Corruption processes, one file each: how text becomes noise, and what going back means."""

from textdiff_core.processes.absorbing import Absorbing

processes = {Absorbing.name: Absorbing}

__all__ = ["Absorbing", "processes"]
