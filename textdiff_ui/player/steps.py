"""How the steps of a run are told: by the rule of its sampler, or its formula or its process's with its numbers."""

from __future__ import annotations

import numpy as np

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_ui.player.wire import Step


def rule_of(trace: Trace) -> str:
    """How its sampler decides how many words a step writes, see `Lane`."""
    return lab.samplers.build(trace.config.sampler).rule


def process_of(config: RunConfig) -> type[lab.Process]:
    """The process of the run's model; of a recording whose model is not here, the one its sampler serves."""
    known = lab.known(config.model)
    name = lab.model_info(config.model).process if known else lab.samplers.build(config.sampler).serves[0]
    return lab.processes[name]


def step_of(trace: Trace) -> Step:
    """The formula of the run's steps, with the numbers of each."""
    process, config = process_of(trace.config), trace.config
    sampler = lab.samplers.build(config.sampler)
    length, numbers = config.length or trace.tokens.shape[1], {}
    if config.length is None and lab.known(config.model):
        length = lab.model_info(config.model).length
    if trace.num_steps:
        schedule = lab.schedules.build(config.schedule)
        if sampler.in_numbers:
            told = sampler.numbers(schedule, trace.t[:-1], trace.t[1:])
        else:
            told = process(len(trace.words), schedule).numbers(trace.alpha[:-1], trace.alpha[1:])
        numbers = {name: np.concatenate([[np.nan], values]) for name, values in told.items()}
    return Step(
        sampler.in_numbers or process.in_numbers, numbers, process.revises, process.grows, length,
        own=bool(sampler.in_numbers), judges=sampler.reads == "all",
    )  # fmt: skip
