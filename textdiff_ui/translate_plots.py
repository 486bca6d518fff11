"""Pictures of translations: records in, plotly figures out; pure functions without torch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from textdiff_core.intervals import binomial
from textdiff_core.translating import FORMS, KINDS, Looks, Matches
from textdiff_ui.plots import GROUND, LOW, SERIES, base, mark

BAR = 0.97  # what this app's model is held to, at one token a step
LOOKS = ((SERIES[0], "circle"), (SERIES[1], "diamond-open"))
TWO_WAYS = (SERIES[2], "x-thin")
Rows = Mapping[str, Mapping[int, Matches]]


def by_steps(rows: Rows) -> go.Figure:
    """The share of exact matches over the number of steps, a line for each order, with 95 % intervals."""
    chart = base("steps, from noise to text", "exact matches", height=LOW + 80)
    for (order, found), look in zip(rows.items(), LOOKS, strict=True):
        steps = sorted(found)
        counts = np.array([found[n].of() for n in steps]).reshape(-1, 2)
        _points(chart, list(map(str, steps)), counts, f"{order} order", look)
    order, found = next(iter(rows.items()))
    counts = np.array([found[n].of_two_ways for n in sorted(found)]).reshape(-1, 2)
    _points(chart, list(map(str, sorted(found))), counts, f"{order}, where two forms are right", TWO_WAYS)
    mark(chart, BAR, "bar 97 %", at="top left")
    chart.update_xaxes(type="category")
    chart.update_yaxes(tickformat=".0%")
    return chart


def by_form(one: Matches) -> go.Figure:
    """The share of exact matches into each form, numbers and dates apart, with 95 % intervals."""
    chart = base("", "exact matches", height=LOW + 80)
    for kind, look in zip(KINDS, LOOKS, strict=True):
        counts = np.array([one.of(kind, to) for to in FORMS])
        _points(chart, list(FORMS.values()), counts, f"{kind}s", look, mode="markers")
    mark(chart, BAR, "bar 97 %", at="bottom right")
    chart.update_yaxes(tickformat=".0%")
    return chart


def told_steps(rows: Rows) -> str:
    """The picture of `by_steps` in words."""
    parts = (
        f"{order} order: " + ", ".join(f"{share(*one.of())} in {n}" for n, one in sorted(found.items()))
        for order, found in rows.items()
    )
    order, found = next(iter(rows.items()))
    two = ", ".join(f"{share(*one.of_two_ways)} in {n}" for n, one in sorted(found.items()))
    whole = "; ".join((*parts, f"{order} order where two forms are right: {two}"))
    return f"Exact matches by number of steps. {whole}."


def told_forms(one: Matches) -> str:
    """The picture of `by_form` in words."""
    parts = (
        f"{kind}s into {name}: {share(*one.of(kind, to))}"
        for kind in KINDS
        for to, name in FORMS.items()
        if one.of(kind, to)[1]
    )
    return "Exact matches at one token a step. " + "; ".join(parts) + "."


def attention(looks: Looks, shares: np.ndarray) -> go.Figure:
    """Shares of attention as a map, the first target word on top. Args: shares: (T, S), of one block."""
    chart = base("source", "translation", height=80 + 30 * len(looks.targets), legend=False)
    rows, columns = (list(range(len(words))) for words in (looks.targets, looks.sources))
    chart.add_heatmap(
        z=shares, x=columns, y=rows, zmin=0, zmax=max(0.01, float(shares.max())),
        colorscale=[[0, GROUND], [1, SERIES[0]]],
        showscale=False, xgap=2, ygap=2,
        customdata=[[f"{target} → {source}" for source in looks.sources] for target in looks.targets],
        hovertemplate="%{customdata}: %{z:.0%}<extra></extra>",
    )  # fmt: skip
    chart.update_xaxes(tickvals=columns, ticktext=looks.sources, side="top", showgrid=False)
    chart.update_yaxes(tickvals=rows, ticktext=looks.targets, autorange="reversed", showgrid=False)
    return chart


def told_attention(looks: Looks, shares: np.ndarray) -> str:
    """The picture of `attention` in words: where each target cell looks most."""
    parts = (
        f"{target} at {looks.sources[int(row.argmax())]}, {row.max():.0%}"
        for target, row in zip(looks.targets, shares, strict=True)
    )
    return "Where each cell of the translation looks most: " + "; ".join(parts) + "."


def share(right: int, num: int) -> str:
    """A share in words."""
    return f"{right / max(1, num):.1%} of {num}"


def _points(
    chart: go.Figure, x: list[str], counts: np.ndarray, name: str, look: tuple[str, str], mode: str = "lines+markers"
) -> None:  # fmt: skip
    """Shares with their 95 % intervals. Args: counts: (n, 2) exact matches and pairs; no point where there are none."""
    there = counts[:, 1] > 0
    right, num = counts[there].T
    if not len(num):
        return
    (low, high), y, (colour, symbol) = binomial(right, num), right / num, look
    chart.add_scatter(
        x=[one for one, drawn in zip(x, there, strict=True) if drawn], y=y, name=name, mode=mode,
        line={"color": colour, "width": 2},
        marker={"size": 8, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
        error_y={
            "type": "data", "symmetric": False, "array": high - y, "arrayminus": y - low, "color": colour,
            "thickness": 1.5, "width": 4,
        },
        hovertemplate="%{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
