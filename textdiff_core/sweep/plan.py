"""What a sweep measures: every combination of the settings that it lists, or given lanes at several steps."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textdiff_core import lab
from textdiff_core.bounds import text, whole
from textdiff_core.records import MAX_SEED, MAX_STEPS, RunConfig
from textdiff_core.registry import spec

AXES = ("model", "sampler", "steps", "grid", "schedule", "temperature", "top_p", "length")
MAX_NUM, MAX_LIMIT = 1_000_000, 10**12

Knob = tuple[str, str, tuple[Any, ...]]  # sampler, knob, values


@dataclasses.dataclass(frozen=True)
class Cell:
    """One row of the table: a configuration and a seed.

    Attributes:
        config: of its first text; its seed is seed * num, and the others follow.   num: texts.
    """

    config: RunConfig
    seed: int
    num: int

    @property
    def key(self) -> str:
        """What names the row in every plan; steps and grid count only where the sampler uses them."""
        used = lab.samplers.build(self.config.sampler).uses_grid()
        usual = RunConfig()
        config = self.config if used else self.config.replace(steps=usual.steps, grid=usual.grid)
        return f"{config.replace(seed=0).key}-{self.seed}-{self.num}"

    @property
    def cost(self) -> int:
        """About so many network calls: what the time that is left is reckoned by."""
        used = lab.samplers.build(self.config.sampler).uses_grid()
        return self.num * (self.config.steps if used else lab.model_info(self.config.model).length)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A sweep, checked whole.

    Attributes:
        num: texts a row; seed k means run seeds k * num to k * num + num - 1.   out: the Parquet file.
        model, sampler, steps, grid, schedule, temperature, top_p, length: values of RunConfig's fields, all combined.
            Without a sampler each model has its process's own.
        knobs: (sampler, knob, values), combined as well.
        lane: whole configurations instead of all these; they may be combined with steps.
        limit: most texts that the sweep may write.

    Raises:   ValueError, in one sentence: whatever cannot be run.
    """

    num: int
    out: str
    model: tuple[str, ...] = (RunConfig.model,)
    sampler: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    grid: tuple[str, ...] = (RunConfig.grid,)
    schedule: tuple[str, ...] = (RunConfig.schedule,)
    temperature: tuple[float, ...] = (RunConfig.temperature,)
    top_p: tuple[float, ...] = (RunConfig.top_p,)
    length: tuple[int | None, ...] = (None,)
    seed: tuple[int, ...] = (0,)
    knobs: tuple[Knob, ...] = ()
    lane: tuple[RunConfig, ...] = ()
    limit: int = MAX_NUM

    def __post_init__(self) -> None:
        whole("num", self.num, 1, MAX_NUM)
        whole("limit", self.limit, 1, MAX_LIMIT)
        text("out", self.out)
        if not self.out or Path(self.out).is_dir() or not Path(self.out).parent.is_dir():
            raise ValueError(f"out must be a file in a folder that is there, got {self.out!r}")
        for name in (*AXES, "seed"):
            values = getattr(self, name)
            if not values and name not in ("sampler", "steps"):
                raise ValueError(f"{name} must list at least one value")
            for value in values:
                if isinstance(value, list | dict):
                    raise ValueError(f"{name} must list plain values, got {str(value)[:40]}")
                if name in ("model", "sampler", "grid", "schedule"):
                    text(name, value)
            object.__setattr__(self, name, tuple(dict.fromkeys(values)))
        for steps in self.steps:  # a sampler may not use them all, and a wrong value is one all the same
            whole("steps", steps, 1, MAX_STEPS)
        for grid in self.grid:
            lab.grids.build(grid)
        for seed in self.seed:
            whole("seed", seed, 0, MAX_SEED // self.num - 1)
        if any(lane.edits for lane in self.lane):
            raise ValueError("a lane with edits is one run of its own: take the edits out of it")
        self._check_size()
        for config in self.configs:
            lab.check(config)

    @functools.cached_property
    def configs(self) -> tuple[RunConfig, ...]:
        """Every configuration once, with the seed 0."""
        configs = self._of_lanes() if self.lane else self._of_axes()
        return tuple(dict.fromkeys(config.replace(seed=0) for config in configs))

    def cells(self) -> list[Cell]:
        """The rows to be, in their order: configuration by configuration, each seed by seed."""
        return [
            Cell(config.replace(seed=seed * self.num), seed, self.num)
            for config, seed in itertools.product(self.configs, self.seed)
        ]

    @functools.cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Models with the samplers, knobs and all, that serve them."""
        named = [(sampler, self._variants(sampler)) for sampler in self.sampler]
        self._check_knobs()
        found = []
        for model in self.model:
            process = lab.model_info(model).process
            own = [(sampler, variants) for sampler, variants in named if process in _part(sampler).serves]
            if not self.sampler:
                own = [(lab.processes[process].sampler, [lab.processes[process].sampler])]
            if not own:
                known = [name for name, part in lab.samplers.items() if process in part.serves]
                raise ValueError(
                    f"no sampler that is listed serves the {process} process of {model!r}; those do: {', '.join(known)}"
                )
            found += [(model, variant) for _, variants in own for variant in variants]
        for sampler in self.sampler:
            serves = _part(sampler).serves
            if not any(lab.model_info(model).process in serves for model in self.model):
                raise ValueError(
                    f"sampler {sampler!r} serves {' or '.join(serves)}, and so is no model that is listed"
                )
        return tuple(found)

    @property
    def left_out(self) -> int:
        """How many pairs of a model and a sampler were left out since the one does not serve the other."""
        if self.lane:
            return 0
        whole_list = len(self.model) * sum(len(self._variants(sampler)) for sampler in self.sampler)
        return max(0, whole_list - len(self.pairs))

    def _of_lanes(self) -> Iterator[RunConfig]:
        for lane in self.lane:
            uses_steps = _part(lane.sampler).uses_grid()
            steps = self.steps if uses_steps else self.steps[:1]
            yield from (lane.replace(steps=n) for n in steps or (lane.steps,))

    def _of_axes(self) -> Iterator[RunConfig]:
        for model, sampler in self.pairs:
            uses_grid = _part(sampler).uses_grid()
            steps, grids = self.steps or (RunConfig.steps,), self.grid
            if not uses_grid:  # such cells differ in nothing
                steps, grids = steps[:1], grids[:1]
            rest = itertools.product(steps, grids, self.schedule, self.temperature, self.top_p, self.length)
            for values in rest:
                changes: dict[str, Any] = dict(zip(AXES[2:], values, strict=True))
                yield RunConfig(model, sampler, **changes)

    def _variants(self, sampler: str) -> list[str]:
        """A sampler with every combination of the knobs that are listed for it."""
        name = sampler.partition(":")[0]
        lists = [
            [f"{knob}={_plain(value)}" for value in values] for who, knob, values in self.knobs if who == name
        ]
        combined = [":".join([sampler, ",".join(knobs)]).rstrip(":") for knobs in itertools.product(*lists)]
        if lists and ":" in sampler:
            raise ValueError(
                f"{sampler!r} has knobs already: list them under {name}.KNOB, or in the name, not in both"
            )
        return list(dict.fromkeys(spec(lab.samplers.build(one)) for one in combined))

    def _check_knobs(self) -> None:
        listed = {sampler.partition(":")[0] for sampler in self.sampler}
        for sampler, knob, values in self.knobs:
            if sampler not in listed:
                raise ValueError(f"{sampler}.{knob} is given, but sampler does not list {sampler!r}")
            if not values:
                raise ValueError(f"{sampler}.{knob} must list at least one value")

    def _check_size(self) -> None:
        """How many texts it is; told before the configurations are, which may be too many to list."""
        if self.lane:
            number = sum(len(self.steps) or 1 if _part(one.sampler).uses_grid() else 1 for one in self.lane)
        else:
            common = math.prod(map(len, (self.schedule, self.temperature, self.top_p, self.length)))
            own = (len(self.steps) or 1) * len(self.grid)
            number = sum(common * (own if _part(sampler).uses_grid() else 1) for _, sampler in self.pairs)
        runs = number * len(self.seed) * self.num
        if runs > self.limit:
            raise ValueError(
                f"this sweep is {runs:,} runs ({number:,} configurations x {len(self.seed):,} seeds x {self.num:,} "
                f"samples), above the limit of {self.limit:,}: make it smaller, or allow it by limit = {runs}"
            )


def _part(sampler: str) -> Any:
    return lab.samplers.build(sampler)


def _plain(value: Any) -> str:
    """A knob's value as a spec writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
