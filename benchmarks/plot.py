"""Small charts as SVG, drawn by hand: plotly needs a browser to write a picture."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 420, 80, 56, 60
COLOURS = ("#0f6e78", "#b5471f", "#5b5ea6")


def log_log(curves: Mapping[str, Mapping[int, float]], x_title: str, y_title: str) -> str:
    """Curves of size -> seconds on logarithmic axes; y is shown in milliseconds."""
    shown = {name: {x: 1000 * y for x, y in curve.items()} for name, curve in curves.items()}
    xs, ys = _values(shown)
    return _chart(
        shown, x_title, y_title, (_powers(min(xs), max(xs), 2), _powers(min(ys), max(ys), 10)), _log_share
    )


def linear(curves: Mapping[str, Mapping[float, float]], x_title: str, y_title: str) -> str:
    """Curves of x -> y on even axes, x from 0."""
    xs, ys = _values(curves)
    return _chart(curves, x_title, y_title, (_even(0.0, max(xs)), _even(min(ys), max(ys))), _even_share)


def _values(curves: Mapping[str, Mapping[Any, float]]) -> tuple[list[float], list[float]]:
    return (
        [x for curve in curves.values() for x in curve],
        [y for curve in curves.values() for y in curve.values()],
    )


def _chart(
    curves: Mapping[str, Mapping[Any, float]], x_title: str, y_title: str,
    ticks: tuple[list[float], list[float]], share: Callable[[float, list[float]], float],
) -> str:  # fmt: skip
    def x_at(x: float) -> float:
        return LEFT + (WIDTH - LEFT - 30) * share(x, ticks[0])

    def y_at(y: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share(y, ticks[1])

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>',
        *(_line(x_at(x), TOP, x_at(x), HEIGHT - BOTTOM) for x in ticks[0]),
        *(_text(x_at(x), HEIGHT - BOTTOM + 20, f"{x:g}") for x in ticks[0]),
        *(_line(LEFT, y_at(y), WIDTH - 30, y_at(y)) for y in ticks[1]),
        *(_text(LEFT - 26, y_at(y) + 5, f"{y:g}") for y in ticks[1]),
        _text((LEFT + WIDTH - 30) / 2, HEIGHT - 14, x_title),
        _text(20, (TOP + HEIGHT - BOTTOM) / 2, y_title, turned=True),
    ]
    for k, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[k % len(COLOURS)]
        points = [(x_at(x), y_at(y)) for x, y in curve.items()]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
        parts.append(f'<rect x="{LEFT + 260 * k}" y="20" width="22" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + 260 * k + 30}" y="28" fill="#20262b">{html.escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _powers(low: float, high: float, base: int) -> list[float]:
    first, last = math.floor(math.log(low, base) + 1e-9), math.ceil(math.log(high, base) - 1e-9)
    return [float(base) ** k for k in range(first, max(last, first + 1) + 1)]


def _even(low: float, high: float) -> list[float]:
    """Some five even steps of 1, 2 or 5 times a power of ten around both ends."""
    rough = max(high - low, 1e-9) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, max(last, first + 1) + 1)]


def _even_share(value: float, ticks: list[float]) -> float:
    return (value - ticks[0]) / (ticks[-1] - ticks[0])


def _log_share(value: float, ticks: list[float]) -> float:
    return math.log(value / ticks[0]) / math.log(ticks[-1] / ticks[0])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dedbd2"/>'


def _text(x: float, y: float, text: str, *, turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="#20262b"{turn}>{html.escape(text)}</text>'
    )
