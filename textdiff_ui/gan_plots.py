"""Pictures of GANs and of guidance: records in, plotly figures out; pure functions without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from textdiff_core.adversarial import Round, Told
from textdiff_core.guiding import Measured, valid_rate
from textdiff_ui.plots import LOW, SERIES, base, mark

GAN, DIFFUSION = "GAN", "diffusion"
LOOKS = {GAN: (SERIES[1], "diamond-open"), DIFFUSION: (SERIES[0], "circle")}
SYMBOLS = ("circle", "diamond-open", "square", "x-thin", "triangle-up")
Points = Sequence[tuple[float, float, float, float]]  # strength, valid rate, its 95 % interval


def losses(rounds: Sequence[Round], at: int = 0) -> go.Figure:
    """Both players' losses over the steps. Args: at: the step that is looked at; 0 for none."""
    chart = base("steps of both players", "loss (nats)", height=LOW + 40)
    for name, values, look in (
        ("generator", [one.generator for one in rounds], LOOKS[GAN]),
        ("critic", [one.critic for one in rounds], (SERIES[2], "square")),
    ):
        _line(chart, [one.step for one in rounds], values, name, look, "step %{x}: %{y:.3f} nats")
    mark(chart, math.log(2), "ln 2: neither wins", at="bottom right")
    if at:
        mark(chart, at, "shown", vertical=True)
        chart.update_layout(margin={"t": 24})
    return chart


def told_losses(rounds: Sequence[Round]) -> str:
    """The picture of `losses` in words."""
    first, last = rounds[0], rounds[-1]
    return (
        f"Losses of both players, {len(rounds)} reports: the generator's goes from {first.generator:.2f} to "
        f"{last.generator:.2f} nats, the critic's from {first.critic:.2f} to {last.critic:.2f}."
    )


def over_training(
    gan: Sequence[tuple[float, float]], diffusion: Sequence[tuple[float, float]], y: str
) -> go.Figure:
    """One measure of both over the minutes of training. Args: (minutes, value) each.   y: what it is, "share ..." of
    shares."""
    chart = base("minutes of training", y, height=LOW + 40)
    text = "%{x:.1f} min: %{y:.1%}" if y.startswith("share") else "%{x:.1f} min: %{y:.3f}"
    for name, points in ((GAN, gan), (DIFFUSION, diffusion)):
        if points:
            x, values = zip(*points, strict=True)
            _line(chart, x, values, name, LOOKS[name], text)
    chart.update_yaxes(rangemode="tozero", tickformat=".0%" if y.startswith("share") else None)
    return chart


def told_over_training(
    gan: Sequence[tuple[float, float]], diffusion: Sequence[tuple[float, float]], y: str
) -> str:
    """The picture of `over_training` in words."""
    ends = [(name, points[-1]) for name, points in ((GAN, gan), (DIFFUSION, diffusion)) if points]
    said = (f"{name} {value:.3g} after {minutes:.1f} minutes" for name, (minutes, value) in ends)
    return f"{y} over the minutes of training: " + "; ".join(said) + "."


def strengths(lines: Mapping[str, Points], chosen: float) -> go.Figure:
    """Valid texts over the strength of guidance, a line for each number of candidates, with 95 % intervals."""
    chart = base("strength w of the judge", "tales in which every rule holds", height=LOW + 100)
    for (name, points), colour, symbol in zip(lines.items(), SERIES, SYMBOLS, strict=False):
        x, y, low, high = zip(*points, strict=True)
        _line(chart, x, y, name, (colour, symbol), "w = %{x}: %{y:.1%}")
        chart.data[-1].update(
            error_y={
                "type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
                "array": [b - a for a, b in zip(y, high, strict=True)],
                "arrayminus": [a - b for a, b in zip(y, low, strict=True)],
            }
        )  # fmt: skip
    top = max(high for points in lines.values() for *_, high in points)
    chart.update_yaxes(tickformat=".0%", range=[-0.03 * top, min(1.02, 1.2 * top + 0.01)])
    mark(chart, chosen, "yours", vertical=True)
    chart.update_layout(margin={"t": 24})
    return chart


def told_strengths(lines: Mapping[str, Points]) -> str:
    """The picture of `strengths` in words."""
    parts = (
        f"{name}: " + ", ".join(f"{y:.1%} at strength {x:g}" for x, y, _, _ in points)
        for name, points in lines.items()
    )
    return "Tales in which every rule holds, by strength. " + "; ".join(parts) + "."


def points(rows: Mapping[float, Sequence[Measured]]) -> Points:
    """What `strengths` draws of measurements at each strength, one a seed; strengths without any are left out."""
    out = []
    for strength, seeds in rows.items():
        if any(one.num for one in seeds):
            out.append((strength, *valid_rate(seeds)))
    return out


def minutes(told: Sequence[Told], value: str) -> list[tuple[float, float]]:
    """(minutes, value) of a teller over its training. Args: value: "valid", as a share, or another field."""
    return [
        (one.seconds / 60, one.valid / one.num if value == "valid" else getattr(one, value)) for one in told
    ]


def _line(
    chart: go.Figure, x: Sequence[float], y: Sequence[float], name: str, look: tuple[str, str], hover: str
) -> None:  # fmt: skip
    colour, symbol = look
    chart.add_scatter(
        x=list(x), y=list(y), name=name, mode="lines+markers", line={"color": colour, "width": 2},
        marker={"size": 7, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
        hovertemplate=f"{hover}<extra></extra>",
    )  # fmt: skip
