"""The figures of quality against cost, as plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from textdiff_core import sweep
from textdiff_ui.plots import INK, LANES, base

MARKERS = ("circle", "square", "diamond", "triangle-down", "triangle-up", "cross")


def curves_chart(
    drawn: Mapping[str, pd.DataFrame], names: Sequence[str], measure: str, cost: str
) -> go.Figure:
    """A curve a lane: a measure against cost, with its intervals.

    Args:     drawn: see `sweep.curves`.   names: of all lanes; the n-th has the colour of lane n in the player.
    """
    chart = base(f"{sweep.title(cost)} (log)", sweep.title(measure))
    chart.update_xaxes(type="log", dtick="D2", tickformat="~g")
    chart.update_yaxes(title={"standoff": 16})
    for name, curve in drawn.items():
        number = names.index(name)
        colour = LANES[number % len(LANES)]
        chart.add_scatter(
            x=curve[cost], y=curve[measure], name=name, mode="lines+markers", customdata=curve[["link"]],
            line={"color": colour, "width": 2},
            marker={"color": colour, "size": 8, "symbol": MARKERS[number % len(MARKERS)]},
            error_y={
                "type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
                "array": (curve[f"{measure}_high"] - curve[measure]).fillna(0),
                "arrayminus": (curve[measure] - curve[f"{measure}_low"]).fillna(0),
            },
            selected={"marker": {"size": 12}}, unselected={"marker": {"opacity": 1}},
            hovertemplate=f"<b>{name}</b><br>%{{x:.3g}} · %{{y:.4g}}<extra></extra>",
        )  # fmt: skip
    return chart


def draw_frontier(chart: go.Figure, points: pd.DataFrame, quality: str, cost: str) -> None:
    """Adds the frontier: the best that can be had for so much."""
    best = points[sweep.frontier(points, cost, quality)].sort_values(cost)
    chart.add_scatter(
        x=best[cost], y=best[quality], name="frontier", mode="lines", hoverinfo="skip",
        line={"color": INK, "width": 1.5, "dash": "dot", "shape": "hv"},
    )  # fmt: skip


def in_words(drawn: Mapping[str, pd.DataFrame], measure: str, cost: str) -> str:
    """The figure for who cannot see it: where each curve begins and ends."""
    told = []
    for name, curve in drawn.items():
        if len(curve):
            ends = [f"{row[measure]:.3g} at {row[cost]:.3g}" for _, row in curve.iloc[[0, -1]].iterrows()]
            told.append(f"{name}: from {ends[0]} to {ends[1]}")
    return f"{sweep.title(measure)} against {sweep.title(cost).lower()}. {'; '.join(told)}."
