"""What was found, as JSON and as a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from textdiff_core.against.found import Found, Mean, Middle, Nats, Timed


def to_json(found: Found) -> dict[str, Any]:
    """As plain JSON values; what was not measured is left out."""
    return {name: value for name, value in dataclasses.asdict(found).items() if value or name == "entropy"}


def from_json(record: Mapping[str, Any]) -> Found:
    """What `to_json` wrote, as a whole measurement."""
    return Found(
        record["entropy"],
        record["written"],
        {name: Nats(**one) for name, one in record["nats"].items()},
        Mean(**record["apart"]) if "apart" in record else None,
        record.get("characters", 0.0),
        _by_cells(record.get("filled", {}), lambda pair: (pair[0], pair[1])),
        _by_cells(record.get("middles", {}), _middle),
        _by_cells(record.get("costs", {}), lambda one: Mean(**one)),
        _by_cells(record["timed"], lambda one: Timed(**one)),
        1.0,
    )


def _by_cells(
    rows: Mapping[str, Mapping[str, Any]], build: Callable[[Any], Any]
) -> dict[str, dict[int, Any]]:
    return {way: {int(cells): build(one) for cells, one in told.items()} for way, told in rows.items()}


def _middle(one: Mapping[str, Any]) -> Middle:
    return Middle(**{**one, "recovered": Mean(**one["recovered"])})


def rows(found: Found) -> list[tuple[str, str, str, float, float]]:
    """Every number as (part, way, of what, value, number of texts it is of)."""
    table: list[tuple[str, str, str, float, float]] = []
    for way, told in found.written.items():
        table += [
            ("written", way, name, value, told["texts"]) for name, value in told.items() if name != "texts"
        ]
    for name, one in found.nats.items():
        part = "nats" if found.entropy is None else "nats beyond the truth"
        table += [(part, name, "bound" if one.bound else "exact", one.mean, one.texts)]
    for way, gaps in found.filled.items():
        table += [
            ("filled in", way, f"gap of {n}", right / num, num) for n, (right, num) in gaps.items() if num
        ]
    for way, middles in found.middles.items():
        for n, middle in middles.items():
            told = {"recovered": middle.recovered.mean, **_numbers(middle)}
            table += [
                (name, way, f"gap of {n}", value, middle.recovered.texts) for name, value in told.items()
            ]
    for reader, costs in found.costs.items():
        table += [("nats a word", reader, f"gap of {n}", one.mean, one.texts) for n, one in costs.items()]
    for way, canvases in found.timed.items():
        for n, run in canvases.items():
            table += [
                ("calls", way, f"{n} cells", run.calls, 1),
                ("seconds", way, f"{n} cells", run.seconds, 1),
            ]
    return table


def _numbers(middle: Middle) -> dict[str, float]:
    return {name: value for name, value in vars(middle).items() if name != "recovered" and value}
