"""Pictures of trainings: records in, plotly figures out; pure functions without torch."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from textdiff_core.training_records import TrainPoint
from textdiff_ui.plots import GROUND, INK, SERIES, base, mark

BITS = 1 / math.log(2)
UNITS = {"nats a cell": 1.0, "bits a cell": BITS}
ACROSS = {"equal steps": "step", "equal seconds": "seconds"}
HEIGHT, LOW = 380, 220
FREQUENCIES = "word frequencies only"  # the mark's name, as `baselines` gives it


@dataclasses.dataclass(frozen=True)
class Curve:
    """One training as it is drawn.

    Attributes:
        name: in the legend.   log: records with step, seconds, nelbo, gradient_norm, rate; in order.
        points: its validations.   color: index into the series' colours; it stays the run's own everywhere.
        faint: drawn behind the others, without its single steps.
    """

    name: str
    log: Sequence[Mapping[str, Any]] = ()
    points: Sequence[TrainPoint] = ()
    color: int = 0
    faint: bool = False


@dataclasses.dataclass(frozen=True)
class Look:
    """How curves are shown. Attributes: unit: of UNITS.   smoothing: share of the last value that is kept, in [0, 1).
    x: "step" or "seconds".   log_x, log_y: logarithmic axes.   marks: name -> nats a cell, drawn as lines."""

    unit: str = "nats a cell"
    smoothing: float = 0.0
    x: str = "step"
    log_x: bool = False
    log_y: bool = False
    marks: Mapping[str, float] = dataclasses.field(default_factory=dict)


def smoothed(values: Sequence[float], keep: float) -> list[float]:
    """Running mean in which each value counts (1 - keep) of what is new, corrected for having begun at 0."""
    mean, share, found = 0.0, 0.0, []
    for value in values:
        mean, share = keep * mean + (1 - keep) * value, keep * share + (1 - keep)
        found.append(mean / share)
    return found


def loss(curves: Sequence[Curve], look: Look = Look()) -> go.Figure:
    """Training loss as a line, validation as dots on a line, in one colour a run."""
    chart, scale = base(_across(look), f"loss ({look.unit})", height=HEIGHT), UNITS[look.unit]
    for curve in curves:
        color = INK if curve.faint else SERIES[curve.color % len(SERIES)]
        if curve.log and not curve.faint:
            values = smoothed([line["nelbo"] * scale for line in curve.log], look.smoothing)
            chart.add_scatter(
                x=[line[look.x] for line in curve.log], y=values, name=curve.name, mode="lines",
                line={"color": color, "width": 1.2}, opacity=0.55, legendgroup=curve.name,
                showlegend=not curve.points,
                hovertemplate=f"%{{y:.3f}} {look.unit}<extra>training</extra>",
            )  # fmt: skip
        if curve.points:
            chart.add_scatter(
                x=[getattr(point, look.x) for point in curve.points],
                y=[point.validation_nelbo * scale for point in curve.points],
                name=curve.name, legendgroup=curve.name,
                mode="lines" if curve.faint else "lines+markers",
                line={"color": color, "width": 2, "dash": "dot" if curve.faint else "solid"}, marker={"size": 6},
                opacity=0.5 if curve.faint else 1.0,
                hovertemplate=f"%{{y:.3f}} {look.unit}<extra>validation</extra>",
            )  # fmt: skip
    for name, nats in look.marks.items():
        mark(chart, nats * scale, name, at="top left", width=1)
    alone = [curve for curve in curves if not curve.faint]
    if look.x == "step" and len(alone) == 1:
        _mark_rest(chart, plateau(alone[0].points))
    _axes(chart, look)
    chart.update_yaxes(**LOG if look.log_y else {})
    return chart


def _mark_rest(chart: go.Figure, rest: Rest | None) -> None:
    if rest is None:
        return
    chart.add_vrect(
        rest.since, rest.until, fillcolor=INK, opacity=0.08, line_width=0, layer="below",
        annotation_text="plateau", annotation_position="bottom left", annotation_font_color=INK,
    )  # fmt: skip
    mark(chart, rest.drop, "drop", vertical=True, at="bottom right", width=1, dash="dot")


LOG = {"type": "log", "dtick": "D2", "tickformat": "~g"}  # 1, 2, 5, 10: few and plain


def _axes(chart: go.Figure, look: Look) -> None:
    chart.update_xaxes(**({**LOG, "tickformat": ","} if look.log_x else {}))


def _across(look: Look) -> str:
    return "seconds of training" if look.x == "seconds" else "step"


def levels(points: Sequence[TrainPoint], unit: str) -> go.Figure:
    """Loss by noise level (rows, cleanest below) over the validations (columns)."""
    chart, scale = base("step", "noise level", height=HEIGHT), UNITS[unit]
    rows = len(points[0].levels) if points else 10
    grid = [[point.levels[row] * scale for point in points] for row in range(rows)]
    chart.add_heatmap(
        x=[point.step for point in points], y=[(row + 0.5) / rows for row in range(rows)], z=grid,
        colorscale=[[0, GROUND], [1, SERIES[0]]], colorbar={"title": unit, "thickness": 12},
        hovertemplate="step %{x}, noise %{y:.0%}: %{z:.3f}<extra></extra>", zsmooth=False,
    )  # fmt: skip
    chart.update_yaxes(tickformat=".0%", range=[0, 1])
    return chart


def gradient(curve: Curve, look: Look) -> go.Figure:
    """Length of the gradient before it is cut, on a logarithmic axis."""
    return _line(curve, look, "gradient_norm", "gradient norm", "log")


def rate(curve: Curve, look: Look) -> go.Figure:
    """The learning rate of the matrices."""
    return _line(curve, look, "rate", "learning rate", "linear")


def _line(curve: Curve, look: Look, key: str, title: str, kind: str) -> go.Figure:
    chart = base(_across(look), title, height=LOW)
    values = [line[key] for line in curve.log]
    chart.add_scatter(
        x=[line[look.x] for line in curve.log], y=smoothed(values, look.smoothing) if key != "rate" else values,
        mode="lines", line={"color": SERIES[curve.color % len(SERIES)], "width": 1.5}, showlegend=False,
        hovertemplate="%{y:.3g}<extra></extra>",
    )  # fmt: skip
    _axes(chart, look)
    chart.update_yaxes(type=kind)
    return chart


@dataclasses.dataclass(frozen=True)
class Rest:
    """A plateau and the drop that ended it. Attributes: since, until: steps between which the loss hardly fell.
    drop: the step by which it had fallen fastest after that."""

    since: int
    until: int
    drop: int


STEEPER = 2.5  # how much faster than on the plateau the loss falls before and after it
LEAST_FALL = 0.2  # nats a cell for each doubling of the steps; less before and after is no fall at all


def plateau(points: Sequence[TrainPoint]) -> Rest | None:
    """Where validation fell least between two stretches where it fell much faster, by doublings of the steps.

    None where there is no such stretch, as long as there are few validations, or where the loss is no number.
    """
    losses = [point.validation_nelbo for point in points]
    if len(points) < 5 or not all(map(math.isfinite, losses)):
        return None
    falls = [
        (one.validation_nelbo - two.validation_nelbo) / math.log2(two.step / one.step)
        for one, two in itertools.pairwise(points)
    ]
    before, after = list(itertools.accumulate(falls, max)), list(itertools.accumulate(falls[::-1], max))[::-1]
    found = [
        at for at in range(1, len(falls) - 1)
        if min(before[at - 1], after[at + 1]) > max(LEAST_FALL, STEEPER * falls[at])
    ]  # fmt: skip
    if not found:
        return None
    least = min(found, key=lambda at: falls[at])
    bound = max(falls[least], 0.0) + min(before[least - 1], after[least + 1]) / STEEPER
    first, last = least, least
    while first > 1 and falls[first - 1] < bound:
        first -= 1
    while last < len(falls) - 2 and falls[last + 1] < bound:
        last += 1
    drop = max(range(last + 1, len(falls)), key=lambda at: falls[at])
    return Rest(points[first].step, points[last + 1].step, points[drop + 1].step)


def told(curves: Sequence[Curve]) -> str:
    """The picture of `loss` in words."""
    ends = [
        f"{curve.name} from {curve.points[0].validation_nelbo:.2f} to {curve.points[-1].validation_nelbo:.2f}"
        for curve in curves
        if curve.points
    ]
    return f"Validation loss in nats a cell: {'; '.join(ends) or 'none yet'}."
