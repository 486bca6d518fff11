"""Quality against cost: lanes as curves over steps, or over the knob that a sampler trades quality by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import numpy as np

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.registry import spec
from textdiff_core.sweep.plan import Plan

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

COSTS = {
    "network_calls_per_sample": "Network calls a text",
    "seconds_per_sample": "Seconds a text",
}


def lanes_plan(lanes: Iterable[RunConfig], *, steps: Sequence[int], seeds: int, num: int, out: str) -> Plan:
    """The sweep of these lanes' curves: at each number of steps or, where a sampler takes none, along its trade.

    Args:     seeds: as many, from 0 on.   num: texts a row.   Raises ValueError as `Plan`.
    """
    along = dict.fromkeys(config for lane in lanes for config in _along(lane.replace(seed=0, edits=())))
    return Plan(num=num, out=out, lane=tuple(along), steps=tuple(steps), seed=tuple(range(seeds)))


def _along(lane: RunConfig) -> list[RunConfig]:
    """A lane with every value of its sampler's trade, its own among them; itself where there is none."""
    sampler = lab.samplers.build(lane.sampler)
    knob, values = sampler.trade
    if not knob:
        return [lane.replace(sampler=spec(sampler))]
    built = [type(sampler)(**{**vars(sampler), knob: value}) for value in values]
    return [lane.replace(sampler=spec(one)) for one in (*built, sampler)]


def family(config: RunConfig) -> RunConfig:
    """What the points of one curve have in common: the settings without seed, steps and the value of the trade."""
    sampler, usual = lab.samplers.build(config.sampler), RunConfig()
    knob, _ = sampler.trade
    kept = {name: value for name, value in vars(sampler).items() if name != knob}
    grid = config.grid if sampler.uses_grid() else usual.grid
    return config.replace(sampler=spec(type(sampler)(**kept)), grid=grid, steps=usual.steps, seed=0, edits=())


def config_of(link: str) -> RunConfig:
    """The configuration that a row's or a point's link names."""
    return RunConfig.from_query(dict(parse_qsl(link.rpartition("?")[2], keep_blank_values=True)))[0]


def curves(points: DataFrame, names: Mapping[str, RunConfig], cost: str) -> dict[str, DataFrame]:
    """Name of a lane -> the points of its curve, the cheapest first; of lanes with the same curve the first one has it.

    Args:     points: see there.   names: of lanes.   cost: one of COSTS.
    """
    left = {family(lane): name for name, lane in reversed(list(names.items()))}
    of = points["link"].map(lambda link: left.get(family(config_of(link)), ""))
    return {
        name: points[of == name].sort_values(cost).reset_index(drop=True)
        for name in names
        if name in left.values()
    }


def frontier(points: DataFrame, cost: str, quality: str) -> np.ndarray:
    """(n,) bool: the points to which none is at least as good and cheaper, nor better and as cheap."""
    order = points.sort_values([cost, quality], ascending=[True, False])
    best = order[quality].cummax().shift(fill_value=-np.inf)
    on = order[quality] > best
    return on.reindex(points.index).to_numpy(bool)
