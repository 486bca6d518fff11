"""The recordings that pages open with: `python -m benchmarks.traces` computes those that are missing in assets/traces.

A recording lies under the key of its configuration. Where a sampler comes to draw other words, delete those that
tests/core/test_shipped.py finds outdated and run this again.
"""

from __future__ import annotations

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_ui import autoregressive, lanes, side_by_side, translate
from textdiff_ui.frame import ROOT

TRACES = ROOT / "assets" / "traces"


def opening() -> list[RunConfig]:
    """What Denoise, Side by side, Against autoregressive, Compare and Translate open with."""
    beside = [*side_by_side.lanes(side_by_side.SCREEN.default), *autoregressive.SCREEN.default.runs()]
    return list(
        dict.fromkeys([RunConfig(), *beside, *lanes.SCREEN.default.runs, translate.SCREEN.default.run()])
    )


if __name__ == "__main__":
    for run in opening():
        if lab.shipped_trace(run) is None:
            lab.run(run)  # reads the model and warms up, or the seconds of the next one would tell of that
            lab.run(run).save(TRACES / f"{run.key}.npz")
            print(f"{run.key}.npz: {run.model}, {lanes.name(run)}, {lanes.note(run)}")
