"""The figure of quality against cost as a file: SVG or PNG, with all that it was made from inside."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from textdiff_core.metrics import metrics
from textdiff_core.records import RunConfig
from textdiff_core.sweep.frontier import COSTS, curves, frontier
from textdiff_core.sweep.plan import Plan
from textdiff_core.sweep.plan_file import write_plan
from textdiff_core.sweep.table import RULE

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

COLOURS = ("#0f6e78", "#6a4fa3", "#96690a", "#b5471f", "#3f7d2c", "#a62c6b")  # of lanes, in the light theme
MARKERS, FRONTIER = "osD^vP", "frontier"
PAPER, INK, GREY = "#fbfaf6", "#1d2733", "#6a7278"
FORMATS = ("svg", "png")
ABOUT = "Description"  # the field in both formats that says what the figure was made from


def title(measure: str) -> str:
    """What a measure is called on an axis, with its unit."""
    if measure.startswith(RULE):
        return f"Texts that keep the rule of {measure.removeprefix(RULE)} (share)"
    if measure in COSTS:
        return COSTS[measure]
    part = metrics[measure]
    return f"{part.label} ({part.unit.partition(' in')[0]})"


def figure(
    points: DataFrame, plan: Plan, lanes: Mapping[str, RunConfig], form: str, *,
    quality: str = "valid_rate", diversity: str = "distinct_2", cost: str = "network_calls_per_sample",
) -> bytes:  # fmt: skip
    """The file: quality and, beside it, diversity against cost, with 95 % intervals and the frontier.

    Args:     points: see there.   plan: of the sweep.   lanes: name -> its configuration.   form: one of FORMATS.
    Raises:   ValueError: another form.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    if form not in FORMATS:
        raise ValueError(f"a figure is drawn as {' or '.join(FORMATS)}, got {form[:40]!r}")
    drawn = curves(points, lanes, cost)
    style = {"svg.fonttype": "none", "svg.hashsalt": "textdiff", "font.size": 10, "text.color": INK,
             "axes.edgecolor": GREY, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK}  # fmt: skip
    with mpl.rc_context(style):  # type: ignore[arg-type]
        whole = Figure(figsize=(10, 4.6), facecolor=PAPER, layout="constrained")
        for place, measure in enumerate((quality, diversity), start=1):
            axes = whole.add_subplot(1, 2, place)
            _draw(axes, drawn, list(lanes), measure, cost)
            if measure == quality:
                _draw_frontier(axes, points, cost, quality)
        told = dict(zip(*whole.axes[0].get_legend_handles_labels()[::-1], strict=True))
        named = {name: told[name] for name in (*drawn, FRONTIER)}  # error bars would come last
        whole.legend(named.values(), named.keys(), loc="outside upper left", ncols=4, frameon=False)
        file = io.BytesIO()
        about = json.dumps(made_from(plan, lanes, (quality, diversity, cost)))
        metadata = {ABOUT: about, **({"Date": None} if form == "svg" else {})}
        whole.savefig(file, format=form, dpi=160, metadata=metadata)
    return file.getvalue()


def made_from(plan: Plan, lanes: Mapping[str, RunConfig], measures: tuple[str, ...]) -> dict[str, Any]:
    """What a figure was made from, as plain JSON values: `parse_plan` reads the plan."""
    links = {name: f"?{urlencode(lane.to_query())}" for name, lane in lanes.items()}
    return {"plan": write_plan(plan), "lanes": links, "quality, diversity, cost": measures}


def _draw(axes: Any, drawn: Mapping[str, DataFrame], names: list[str], measure: str, cost: str) -> None:
    """The curves of one measure."""
    from matplotlib.ticker import LogLocator, NullFormatter

    for name, curve in drawn.items():
        number = names.index(name)
        low, high = (curve[measure] - curve[f"{measure}_low"], curve[f"{measure}_high"] - curve[measure])
        axes.errorbar(
            curve[cost], curve[measure], yerr=[low.fillna(0), high.fillna(0)], label=name, lw=1.8, capsize=2.5,
            color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)], ms=5,
        )  # fmt: skip
    axes.set(xscale="log", xlabel=f"{title(cost)} (log)", ylabel=title(measure), facecolor=PAPER)
    axes.xaxis.set(
        major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}", minor_formatter=NullFormatter()
    )
    axes.grid(color="#e1ded4", lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_frontier(axes: Any, points: DataFrame, cost: str, quality: str) -> None:
    best = points[frontier(points, cost, quality)].sort_values(cost)
    axes.plot(
        best[cost],
        best[quality],
        color=INK,
        lw=1.2,
        ls=":",
        drawstyle="steps-post",
        label=FRONTIER,
        zorder=0,
    )
