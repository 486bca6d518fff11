"""Pictures of writing several words at once: records in, plotly figures out; pure functions without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textdiff_core.intervals import binomial
from textdiff_core.joint import Language, Predicted
from textdiff_core.parallel import EXACT, MODEL, Drawn, Stories, Told
from textdiff_ui.plots import INK, LOW, SERIES, base, mark

ROW = 26  # px of a text's bars
NEVER = "never told"
TOLD, ALL_AT_ONCE = "the language: joint", "all at once: product of marginals"
LOOKS = {MODEL: (SERIES[0], "circle"), EXACT: (SERIES[1], "diamond-open")}


def several(words: int) -> str:
    """ "1 word", "2 words"."""
    return f"{words} word{'' if words == 1 else 's'}"


def texts(language: Language, one: Predicted) -> go.Figure:
    """Every text as a row: its share in the language, in the product of its marginals, and where `one` stands."""
    order = sorted(range(len(language.every)), key=lambda i: (-language.joint[i], -language.product[i]))
    names = [_named(language, i) for i in order]
    chart = base("share of texts", "", height=90 + ROW * len(order))
    for values, name, colour, pattern in (
        (language.joint, TOLD, SERIES[0], ""),
        (language.product, ALL_AT_ONCE, SERIES[1], "/"),
    ):
        chart.add_bar(
            y=names, x=values[order], name=name, orientation="h",
            marker={"color": colour, "pattern": {"shape": pattern, "solidity": 0.3}, "line": {"width": 0}},
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )  # fmt: skip
    chart.add_scatter(
        y=names, x=one.reached[order], name=f"{several(one.words)} a step", mode="markers",
        marker={"symbol": "diamond", "size": 9, "color": INK}, hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )  # fmt: skip
    chart.update_layout(barmode="group", bargap=0.25, bargroupgap=0)
    chart.update_yaxes(autorange="reversed", showgrid=False, type="category")
    chart.update_xaxes(tickformat=".0%", rangemode="tozero")
    return chart


def _named(language: Language, number: int) -> str:
    text = "".join(language.words[word] for word in language.every[number])
    return text if language.joint[number] else f"{text} · {NEVER}"


def told_texts(language: Language, one: Predicted) -> str:
    """The picture of `texts` in words."""
    never = int((language.joint == 0).sum())
    return (
        f"{len(language.every)} texts, {never} of them never told. With {several(one.words)} a step "
        f"{one.impossible:.1%} of what is written is never told; all at once it is "
        f"{float(language.product[language.joint == 0].sum()):.1%}."
    )


def breaking(all_of_them: Sequence[Predicted], drawn: Drawn | None, words: int) -> go.Figure:
    """Over the words a step: the share of impossible texts and total variation, exact, and the share drawn."""
    chart = base("words written in one step", "share of texts", height=LOW + 60)
    steps = [one.words for one in all_of_them]
    chart.add_scatter(
        x=steps, y=[one.distance for one in all_of_them], name="total variation, exact", mode="lines",
        line={"color": SERIES[1], "dash": "dot", "width": 2}, hovertemplate="%{y:.3f}<extra></extra>",
    )  # fmt: skip
    chart.add_scatter(
        x=steps, y=[one.impossible for one in all_of_them], name="never told, predicted exactly",
        mode="lines+markers", line={"color": SERIES[0], "width": 2}, marker={"size": 7},
        hovertemplate="%{y:.1%}<extra></extra>",
    )  # fmt: skip
    if drawn is not None:
        hits = np.array([drawn.impossible[step] for step in steps])
        _points(chart, steps, hits, drawn.num, f"never told, of {drawn.num:,} drawn", (INK, "x-thin"))
    mark(chart, words, "", vertical=True, dash="dot", width=1)
    chart.update_xaxes(dtick=1)
    chart.update_yaxes(tickformat=".0%", rangemode="tozero")
    return chart


def valid(told: Told, at_once: int) -> go.Figure:
    """Over the words a step: the share of stories that hold every rule, by the model and the exact denoiser."""
    chart = base("words written in one step", "stories that hold every rule", height=LOW + 60)
    steps = sorted(next(iter(told.values())))
    for by, rows in told.items():
        known = {n: one for n, one in sorted(rows.items()) if one.num}
        hits, total = (np.array([getattr(one, name) for one in known.values()]) for name in ("valid", "num"))
        _points(chart, list(map(str, known)), hits, total, by, LOOKS[by], mode="lines+markers")
    mark(chart, steps.index(at_once), "", vertical=True, dash="dot", width=1)
    chart.update_xaxes(type="category", categoryorder="array", categoryarray=list(map(str, steps)))
    chart.update_yaxes(tickformat=".0%", range=[-0.02, 1.04])
    return chart


def rules(told: Told, at_once: int) -> go.Figure:
    """Each rule's share of stories that break it, at so many words a step; the most broken one on top."""
    chart = base("stories that break the rule", "", height=LOW + 60)
    order = broken_most(told[EXACT][at_once])
    for offset, (by, rows) in zip((-0.17, 0.17), told.items(), strict=True):
        one = rows[at_once]
        if not one.num:
            continue
        hits = np.array([one.broken[rule] for rule in order])
        low, high = binomial(hits, np.full(len(hits), one.num))
        share, (colour, symbol) = hits / one.num, LOOKS[by]
        chart.add_scatter(
            y=np.arange(len(order)) + offset, x=share, name=by, mode="markers", text=order,
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_x=_bars(share, low, high, colour), hovertemplate="%{text}: %{x:.1%}<extra></extra>",
        )  # fmt: skip
    chart.update_yaxes(tickvals=list(range(len(order))), ticktext=order, range=[len(order) - 0.5, -0.5])
    chart.update_xaxes(tickformat=".0%", range=[-0.02, 1.02])
    return chart


def broken_most(one: Stories) -> list[str]:
    """The rules, those that most stories break first."""
    return sorted(one.broken, key=lambda rule: -one.broken[rule])


def told_valid(told: Told) -> str:
    """The picture of `valid` in words."""
    parts = [
        f"{by}: "
        + ", ".join(f"{one.valid / one.num:.0%} at {n}" for n, one in sorted(rows.items()) if one.num)
        for by, rows in told.items()
    ]
    return "Stories that hold every rule, by words written in one step. " + "; ".join(parts) + "."


def told_rules(told: Told, at_once: int) -> str:
    """The picture of `rules` in words."""
    parts = [
        f"{by}: " + ", ".join(f"{rule} {one.broken[rule] / one.num:.0%}" for rule in broken_most(one))
        for by, rows in told.items()
        if (one := rows.get(at_once, Stories())).num
    ]
    return f"Stories that break each rule at {several(at_once)} a step. " + "; ".join(parts) + "."


def share(hits: int, num: int) -> str:
    """A share and its interval in words: "37 % (32 to 42)"."""
    low, high = binomial(hits, num)
    return f"{100 * hits / max(1, num):.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def _points(
    chart: go.Figure, x: Sequence[Any], hits: np.ndarray, total: np.ndarray | int, name: str,
    look: tuple[str, str], *, mode: str = "markers",
) -> None:  # fmt: skip
    """Shares with their 95 % intervals."""
    colour, symbol = look
    low, high = binomial(hits, np.broadcast_to(total, hits.shape))
    y = hits / total
    chart.add_scatter(
        x=list(x), y=y, name=name, mode=mode, line={"color": colour, "width": 2},
        marker={"size": 8, "symbol": symbol, "color": colour, "line": {"width": 2, "color": colour}},
        error_y=_bars(y, low, high, colour), hovertemplate="%{y:.1%}<extra></extra>",
    )  # fmt: skip


def _bars(y: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> dict[str, object]:
    return {
        "type": "data", "symmetric": False, "array": high - y, "arrayminus": y - low, "color": colour,
        "thickness": 1.5, "width": 4,
    }  # fmt: skip
