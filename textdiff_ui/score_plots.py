"""Pictures of a text in whole orders: `Orders` in, plotly figures out; pure functions without torch."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go

from textdiff_core.scoring import LEFT_TO_RIGHT, RIGHT_TO_LEFT, Orders
from textdiff_ui.plots import INK, LOW, SERIES, base, mark

RANDOM = "random orders"
LOOKS = {
    LEFT_TO_RIGHT: (SERIES[0], "circle", "solid"),
    RIGHT_TO_LEFT: (SERIES[1], "diamond", "dash"),
    RANDOM: (INK, "circle-open", "dot"),
}  # colour, symbol, dash


def _kind(name: str) -> str:
    return name if name in LOOKS else RANDOM


def totals(found: Orders) -> go.Figure:
    """Each order's exact -ln p as a dot; of the random ones also the mean with its interval, and the world's truth."""
    chart = base("−ln p(text) in this order (nats)", "", height=LOW, legend=False)
    for kind, (colour, symbol, _) in LOOKS.items():
        rows = [row for row, name in enumerate(found.names) if _kind(name) == kind]
        if not rows:
            continue
        chart.add_scatter(
            x=found.totals[rows], y=[kind] * len(rows), mode="markers", customdata=[found.names[row] for row in rows],
            marker={"color": colour, "size": 10, "symbol": symbol, "line": {"color": colour, "width": 2}},
            hovertemplate="%{customdata}: %{x:.2f} nats<extra></extra>",
        )  # fmt: skip
    if not math.isnan(found.half):
        chart.add_scatter(
            x=[found.random.mean()], y=["their mean, 95 %"], mode="markers",
            error_x={"type": "constant", "value": found.half, "color": INK, "thickness": 2, "width": 5},
            marker={"color": INK, "size": 9},
            hovertemplate=f"{found.random.mean():.2f} ± {found.half:.2f} nats<extra></extra>",
        )  # fmt: skip
    chart.update_yaxes(autorange="reversed", showgrid=False)
    _truth(chart, found, vertical=True)
    return chart


def paid(found: Orders) -> go.Figure:
    """Nats paid so far over words written, a line an order."""
    chart = base("words written", "nats paid so far")
    seen: set[str] = set()
    for row in sorted(range(len(found.names)), key=lambda row: _kind(found.names[row]) != RANDOM):
        kind = _kind(found.names[row])
        colour, _, dash = LOOKS[kind]
        line = found.paid(row)
        chart.add_scatter(
            x=np.arange(len(line)), y=line, mode="lines", name=kind, legendgroup=kind, showlegend=kind not in seen,
            line={"color": colour, "width": 1 if kind == RANDOM else 2.5, "dash": dash},
            hovertemplate=f"{found.names[row]}<br>%{{x}} words: %{{y:.2f}} nats<extra></extra>",
        )  # fmt: skip
        seen.add(kind)
    _truth(chart, found, vertical=False)
    return chart


def _truth(chart: go.Figure, found: Orders, *, vertical: bool) -> None:
    exact = found.reading.exact
    if exact is not None and math.isfinite(exact):
        mark(chart, exact, "exact", vertical=vertical, at="right" if vertical else "bottom right")
        if vertical:
            chart.update_layout(margin={"t": 24})


def told(found: Orders) -> str:
    """The figures in words."""
    each = "; ".join(f"{name} {nats:.2f}" for name, nats in zip(found.names, found.totals, strict=True))
    return f"Exact minus ln p of the text in nats, order by order: {each}."
