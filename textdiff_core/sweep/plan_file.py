"""Plans as TOML: what a person writes, and what a finished table keeps of where it comes from.

model = ["tales"]                       # keys that hold lists, or one value
sampler = ["ancestral", "confidence"]
steps = [8, 16, 32]
seed = [0, 1, 2]
confidence.by = ["best", "drawn"]       # a knob of a sampler; quoted where the name has a hyphen
num = 100                               # texts a row
out = "sweep.parquet"
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from textdiff_core import lab
from textdiff_core.bounds import text
from textdiff_core.records import RunConfig
from textdiff_core.sweep.plan import AXES, Knob, Plan

NEEDED = {"num": "how many texts a row has", "out": "the Parquet file to write"}
WITH_LANES = ("steps", "seed", *NEEDED, "limit", "lane")
KEYS = (*AXES, "seed", *NEEDED, "limit", "lane")
LISTS = (*AXES, "seed", "lane")


def read_plan(file: Path) -> Plan:
    """The plan in a TOML file. Raises ValueError, in one sentence, when there is none or it cannot be run."""
    if not file.is_file():
        raise ValueError(f"there is no sweep file {str(file)!r}")
    try:
        return parse_plan(file.read_text("utf-8"))
    except ValueError as error:  # also of a file that is no TOML, or no text
        raise ValueError(f"{file.name}: {error}") from None


def parse_plan(source: str) -> Plan:
    """The plan that a TOML text describes. Raises ValueError as `read_plan`."""
    record = tomllib.loads(source)
    tables = {name: value for name, value in record.items() if isinstance(value, dict) and name not in KEYS}
    given = {name: value for name, value in record.items() if name not in tables}
    for name in given:
        if name not in KEYS:
            near = difflib.get_close_matches(name, KEYS, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(
                f"unknown key {name[:40]!r}{hint}; there are: {', '.join(KEYS)}, and SAMPLER.KNOB"
            )
    for name, told in NEEDED.items():
        if name not in given:
            raise ValueError(f"the key {name!r} is missing: {told}")
    knobs = tuple(_knobs(tables))
    if "lane" in given:
        other = [name for name in given if name not in WITH_LANES] + [
            f"{who}.{knob}" for who, knob, _ in knobs
        ]
        if other or not given["lane"]:
            raise ValueError(
                f"lanes are whole settings: {other[0]} cannot be given with them"
                if other
                else "lane must list at least one value"
            )
    values: dict[str, Any] = {
        name: _listed(value) if name in LISTS else value for name, value in given.items()
    }
    return Plan(**values | {"lane": tuple(map(_lane, values.get("lane", ()))), "knobs": knobs})


def write_plan(plan: Plan) -> str:
    """The TOML text that describes a plan."""
    usual = {field.name: field.default for field in dataclasses.fields(plan)}
    lines = []
    for name in KEYS:
        value = getattr(plan, name)
        if name in NEEDED or value != usual[name]:
            shown = tuple(f"?{urlencode(lane.to_query())}" for lane in value) if name == "lane" else value
            lines.append(f"{name} = {_toml(shown)}")
    lines += [f"{_toml(sampler)}.{knob} = {_toml(values)}" for sampler, knob, values in plan.knobs]
    return "\n".join([*lines, ""])


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _knobs(tables: Mapping[str, Any]) -> Iterator[Knob]:
    for sampler, knobs in tables.items():
        lab.samplers[sampler]  # an unknown one is answered with those there are
        for knob, values in knobs.items():
            if isinstance(values, dict):
                raise ValueError(f"{sampler}.{knob} must list values, got a table")
            yield sampler, knob, tuple(tuple(v) if isinstance(v, list) else v for v in _listed(values))


def _lane(link: Any) -> RunConfig:
    """The configuration of a lane. Raises ValueError for any part of a link that is wrong."""
    text("lane", link)
    query = dict(parse_qsl(link.rpartition("?")[2], keep_blank_values=True))
    config, ignored = RunConfig.from_query(query)
    if ignored:
        raise ValueError(f"lane {link[:80]!r}: {'; '.join(ignored)}")
    return config if "sampler" in query else lab.fitting(config)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)  # a string, number or truth value of TOML is one of JSON
