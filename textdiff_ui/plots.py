"""Records as plotly figures. Pure functions, without torch.

Colours are Streamlit's placeholders, which the browser replaces by the theme's own: figures fit light and dark, and a
series has the colour of its place in `chartCategoricalColors` (.streamlit/config.toml). Show them by `draw`.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from textdiff_core.by_hand import Estimate, Spread

SERIES = tuple(f"#{number:06d}" for number in range(1, 7))  # the theme's series colours, in their fixed order
LANES = tuple(SERIES[place] for place in (0, 2, 3, 1, 4, 5))  # those of the player's lanes, in their order
INK = "#000037"  # the theme's grey for words
GROUND = "#000038"  # the theme's background
HEIGHT, LOW = 320, 220  # px
BAR = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}  # above a figure
WAYS = {
    "plain": "NELBO, t drawn freely",
    "stratified": "NELBO, t in strata",
    "counted": "counting, in strata",
    "chain": "chain, word by word",
}


def draw(chart: go.Figure, key: str, alt: str, *, pick: bool = False) -> None:
    """Puts a figure on the page. Args: key: unique on it.   alt: the figure in words.   pick: points can be clicked;
    the session keeps under the key which ones were."""
    chosen: dict[str, Any] = {"on_select": "rerun", "selection_mode": "points"} if pick else {}
    st.plotly_chart(chart, key=key, alt=alt, theme="streamlit", config=BAR, **chosen)


def base(x: str, y: str, *, height: int = HEIGHT, legend: bool = True) -> go.Figure:
    """An empty figure. Args: x, y: the axes' titles, with their units; "" for none.   height: px."""
    made = go.Figure()
    made.update_layout(
        height=height, showlegend=legend, margin={"l": 0, "r": 8, "t": 8, "b": 0}, hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": None, "itemsizing": "constant"},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", uirevision="kept",
    )  # fmt: skip
    made.update_xaxes(title={"text": x or None, "standoff": 8}, zeroline=False)
    made.update_yaxes(title={"text": y or None, "standoff": 8}, zeroline=False)
    return made


def mark(
    chart: go.Figure, value: float, text: str, *, vertical: bool = False, at: str = "right", **line: Any
) -> None:
    """A dashed line at a value that is known exactly, with its name at its end, or `at` a place that plotly names."""
    line = {"color": INK, "width": 1.5, "dash": "dash"} | line
    named = {"annotation_text": text, "annotation_font_color": INK, "line": line, "layer": "below"}
    if vertical:
        chart.add_vline(value, annotation_position="top" if at == "right" else at, **named)
    else:
        chart.add_hline(value, annotation_position=at, **named)


def scatter(spread: Spread) -> go.Figure:
    """Every noisy version of a text as a dot: its noise, and what the loss of the whole text is there."""
    chart = base("noise: t, or the share of words that counting hides", "loss (nats a text)")
    chart.update_xaxes(range=[-0.02, 1.02])
    for number, name in enumerate(("stratified", "counted")):
        one = spread.estimates[name]
        chart.add_scatter(
            x=one.level, y=one.nats, name=WAYS[name], mode="markers",
            marker={"color": SERIES[number], "size": 7, "opacity": 0.75, "symbol": ("circle", "diamond-open")[number]},
            hovertemplate="noise %{x:.3f}<br>%{y:.2f} nats<extra></extra>",
        )  # fmt: skip
    one = spread.estimates["stratified"]
    chart.add_hrect(
        one.mean - one.half,
        one.mean + one.half,
        fillcolor=SERIES[0],
        opacity=0.15,
        line_width=0,
        layer="below",
    )
    chart.add_hline(one.mean, line={"color": SERIES[0], "width": 2}, layer="below")
    if _known(spread):
        mark(chart, spread.exact, f"exact<br>{spread.exact:.2f}")
        chart.update_layout(margin={"r": 48})
    return chart


def estimates(spread: Spread) -> go.Figure:
    """The means of a text's loss by every way to draw noise, with their 95 % intervals."""
    chart = base("mean loss (nats a text)", "", height=LOW, legend=False)
    for name, one in spread.estimates.items():
        colour = SERIES[{"counted": 1, "chain": 2}.get(name, 0)]
        chart.add_scatter(
            x=[one.mean], y=[WAYS[name]], mode="markers",
            error_x={"type": "constant", "value": one.half, "color": colour, "thickness": 2, "width": 5},
            marker={"color": colour, "size": 9, "symbol": "circle-open" if name == "plain" else "circle",
                    "line": {"width": 2, "color": colour}},
            hovertemplate=f"{one.mean:.2f} ± {one.half:.2f} nats<extra></extra>",
        )  # fmt: skip
    chart.update_yaxes(autorange="reversed", showgrid=False)
    if _known(spread):
        mark(chart, spread.exact, "exact", vertical=True)
        chart.update_layout(margin={"t": 24})
    return chart


def interval(one: Estimate) -> str:
    """The mean and its interval in words: "24.23 ± 0.08"."""
    return f"{one.mean:.2f} ± {one.half:.2f}"


def _known(spread: Spread) -> bool:
    return spread.exact is not None and math.isfinite(spread.exact)
