"""Pictures of how often a confidence is right: reliabilities in, plotly figures out; pure functions without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from textdiff_core.calibration import EXACT, MODEL
from textdiff_core.reliability import MASS, WIDTH, Reliability
from textdiff_ui.plots import INK, LOW, SERIES, base, mark

HEIGHT, ROW = 430, 54  # px; of one way to write words
LOOKS = {MODEL: (SERIES[0], "circle"), EXACT: (SERIES[1], "diamond-open")}
DASHES = {WIDTH: "solid", MASS: "dot"}


def reliability(found: Mapping[str, Reliability], *, allowed: bool = False) -> go.Figure:
    """Share right over mean confidence, bin by bin with 95 % intervals, and below it how many words each bin holds.

    Args:     found: who answered -> its bins.   allowed: the share allowed as well.
    """
    chart = base("", "share right, allowed" if allowed else "share right", height=HEIGHT)
    chart.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="right as often as it says", hoverinfo="skip",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    for by, one in found.items():
        colour, symbol = LOOKS[by]
        _shares(chart, one, one.right, by, colour, symbol)
        if allowed and one.allowed:
            triangle = "triangle-up" if by == MODEL else "triangle-up-open"
            _shares(chart, one, one.allowed, f"{by}: allowed", colour, triangle, dash="dot")
        chart.add_scatter(
            x=one.confidence, y=one.num, yaxis="y2", mode="markers", showlegend=False,
            marker={"color": colour, "symbol": symbol, "size": 7},
            error_y={"type": "data", "symmetric": False, "array": [0] * len(one.num), "arrayminus": one.num,
                     "color": colour, "thickness": 1.5, "width": 0},
            hovertemplate="%{y:,} words<extra></extra>",
        )  # fmt: skip
    chart.update_layout(
        yaxis={"domain": [0.32, 1], "tickformat": ".0%", "range": [-0.03, 1.05]},
        yaxis2={"domain": [0, 0.2], "anchor": "x", "title": {"text": "words"}, "rangemode": "tozero", "nticks": 3,
                "zeroline": False},
        xaxis={"anchor": "y2", "tickformat": ".0%", "range": [-0.03, 1.05],
               "title": {"text": "mean confidence of the bin"}},
    )  # fmt: skip
    return chart


def _shares(
    chart: go.Figure, one: Reliability, hits: Sequence[int], name: str, colour: str, symbol: str, dash: str = "solid"
) -> None:  # fmt: skip
    low, high = one.interval(hits)
    y = np.array(hits) / np.array(one.num)
    chart.add_scatter(
        x=one.confidence, y=y, name=name, mode="lines+markers", customdata=one.num,
        line={"color": colour, "width": 1.5, "dash": dash},
        marker={"color": colour, "symbol": symbol, "size": 9, "line": {"color": colour, "width": 2}},
        error_y={"type": "data", "symmetric": False, "array": high - y, "arrayminus": y - low, "color": colour,
                 "thickness": 1.5, "width": 4},
        hovertemplate="confidence %{x:.1%}<br>%{y:.1%} of %{customdata:,}<extra></extra>",
    )  # fmt: skip


def told(found: Mapping[str, Reliability]) -> str:
    """The picture of `reliability` in words."""
    parts = [
        f"{by}: mean confidence {one.mean_confidence:.1%}, {one.right_rate:.1%} of {one.total:,} words right"
        + (f", {one.allowed_rate:.1%} allowed" if one.allowed else "")
        + f", expected calibration error {one.ece:.4f}"
        for by, one in found.items()
    ]
    return "Share right over confidence. " + "; ".join(parts) + "."


Errors = Mapping[
    tuple[str, str], Mapping[float, Reliability]
]  # (who answered, binning) -> level or temperature -> it


def errors(found: Errors, across: str, at: float) -> go.Figure:
    """Expected calibration error over noise levels or temperatures, by both binnings. Args: at: what is chosen."""
    chart = base(across, "expected calibration error", height=LOW + 60)
    for (by, binning), rows in found.items():
        colour, symbol = LOOKS[by]
        chart.add_scatter(
            x=list(rows), y=[one.ece for one in rows.values()], name=f"{by}, {binning}", mode="lines+markers",
            line={"color": colour, "width": 2, "dash": DASHES[binning]},
            marker={"color": colour, "symbol": symbol, "size": 7}, hovertemplate="%{y:.4f}<extra></extra>",
        )  # fmt: skip
    mark(chart, at, "", vertical=True, dash="dot", width=1)
    chart.update_yaxes(rangemode="tozero")
    return chart


def told_errors(found: Errors, across: str) -> str:
    """The picture of `errors` in words."""
    parts = [
        f"{by}, {binning}: " + ", ".join(f"{one.ece:.4f} at {x:g}" for x, one in rows.items())
        for (by, binning), rows in found.items()
    ]
    return f"Expected calibration error over {across}. " + "; ".join(parts) + "."


Ways = Mapping[str, Mapping[str, Reliability]]  # way to write words -> who answered -> it


def ways(found: Ways) -> go.Figure:
    """Each way to write words as a row: mean confidence when they were written, share right, share allowed."""
    chart = base("share of words", "", height=90 + ROW * len(found))
    names = list(found)
    for offset, (by, (colour, _)) in zip((-0.16, 0.16), LOOKS.items(), strict=True):
        there = [name for name in names if by in found[name]]
        rows = [found[name][by] for name in there]
        places = [names.index(name) + offset for name in there]
        for what, symbol, values in (
            ("confidence", "line-ns", [one.mean_confidence for one in rows]),
            ("right", "circle", [one.right_rate for one in rows]),
            ("allowed", "triangle-up", [one.allowed_rate for one in rows]),
        ):
            chart.add_scatter(
                x=values, y=places, mode="markers", name=f"{by}: {what}",
                marker={"color": colour, "symbol": symbol, "size": 10, "line": {"color": colour, "width": 2}},
                hovertemplate=f"{by}, {what}: %{{x:.1%}}<extra></extra>",
            )  # fmt: skip
    chart.update_yaxes(tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5])
    chart.update_xaxes(tickformat=".0%")
    return chart


def told_ways(found: Ways) -> str:
    """The picture of `ways` in words."""
    parts = [
        f"{name}, {by}: confidence {one.mean_confidence:.1%}, right {one.right_rate:.1%}, "
        f"allowed {one.allowed_rate:.1%}"
        for name, rows in found.items()
        for by, one in rows.items()
    ]
    return "Words written by each sampler. " + "; ".join(parts) + "."
