"""Pictures of translated verses: records in, plotly figures out; pure functions without torch."""

from __future__ import annotations

import plotly.graph_objects as go

from textdiff_core.verses import Recorded
from textdiff_ui.plots import LOW, base, mark
from textdiff_ui.translate_plots import LOOKS

NAMES = {"chrf": "chrF", "bleu": "BLEU"}


def by_steps(recorded: Recorded, measure: str) -> go.Figure:
    """A measure over the number of steps, a line for each order, with 95 % intervals, and that of the source copied."""
    chart = base("steps, from noise to text", NAMES[measure], height=LOW + 80)
    for (order, found), (colour, symbol) in zip(recorded.rows.items(), LOOKS, strict=True):
        scores = list(found.values())
        chart.add_scatter(
            x=list(map(str, found)), y=[getattr(one, measure) for one in scores], name=f"{order} order",
            mode="lines+markers", line={"color": colour, "width": 2},
            marker={"size": 8, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
            error_y={
                "type": "data", "array": [getattr(one, f"{measure}_half") for one in scores], "color": colour,
                "thickness": 1.5, "width": 4,
            },
            hovertemplate="%{x} steps: %{y:.1f}<extra></extra>",
        )  # fmt: skip
    copied = getattr(recorded.copy, measure)
    mark(chart, copied, f"source copied, {copied:.1f}", at="bottom right")
    chart.update_xaxes(type="category")
    return chart


def told_steps(recorded: Recorded, measure: str) -> str:
    """The picture of `by_steps` in words."""
    parts = [
        f"{order} order: " + ", ".join(f"{getattr(one, measure):.1f} in {n}" for n, one in found.items())
        for order, found in recorded.rows.items()
    ]
    parts.append(f"the source copied: {getattr(recorded.copy, measure):.1f}")
    return f"{NAMES[measure]} by number of steps. {'; '.join(parts)}."
