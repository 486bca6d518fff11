"""Pictures of diffusion against autoregression: records in, plotly figures and tables out; without torch."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from textdiff_core.against import (
    BLIND,
    CAUSAL,
    MASKED,
    ONE,
    REAL,
    UNKEPT,
    WAYS,
    WORD_BY_WORD,
    Found,
    Middle,
    Timed,
)
from textdiff_core.intervals import binomial
from textdiff_ui.plots import LOW, SERIES, base

NAMES = {
    ONE: "autoregressive", UNKEPT: "the same, nothing kept", WORD_BY_WORD: "diffusion, one word a call",
    "informed": f"diffusion, informed, {WAYS['informed']} steps",
    "ancestral": f"diffusion, ancestral, {WAYS['ancestral']} steps", REAL: "real text, held out",
}  # fmt: skip
# colour, symbol, dash: diffusion has the colour of its lane
LOOKS = {
    ONE: (SERIES[2], "diamond", "solid"), UNKEPT: (SERIES[2], "diamond-open", "dot"),
    WORD_BY_WORD: (SERIES[0], "circle", "solid"), "ancestral": (SERIES[0], "circle-open", "dash"),
}  # fmt: skip


READERS = {
    CAUSAL: ("autoregressive, from the beginning", ONE), BLIND: ("diffusion, from the beginning (bound)", "ancestral"),
    MASKED: ("diffusion, from both ends (bound)", WORD_BY_WORD),
}  # fmt: skip


def filled(found: Found) -> go.Figure:
    """Over the cells of the gap: the share of tales in which every rule holds, with 95 % intervals."""
    chart = base("words missing in the middle", "tales that hold every rule", height=LOW + 60)
    for way, rows in found.filled.items():
        gaps = sorted(rows)
        if not gaps:
            continue
        right, num = np.array([rows[n] for n in gaps]).T
        (low, high), y = binomial(right, num), right / num
        colour, symbol, dash = LOOKS[way]
        chart.add_scatter(
            x=gaps, y=y, name=NAMES[way], mode="lines+markers", line={"color": colour, "width": 2, "dash": dash},
            marker={"size": 9, "symbol": symbol, "color": colour},
            error_y={
                "type": "data", "symmetric": False, "array": high - y, "arrayminus": y - low, "color": colour,
                "thickness": 1.5, "width": 4,
            },
            hovertemplate="gap of %{x}: %{y:.1%}<extra></extra>",
        )  # fmt: skip
    chart.update_yaxes(tickformat=".0%", range=[-0.02, 1.04])
    return chart


def costs(found: Found, unit: str) -> go.Figure:
    """Over the cells of the gap: nats a word of what really stands there, by who reads it, with 95 % intervals."""
    chart = base(f"{unit}s missing in the middle", f"nats a {unit} of the true middle", height=LOW + 60)
    for reader, rows in found.costs.items():
        gaps, (name, way) = sorted(rows), READERS[reader]
        colour, symbol, dash = LOOKS[way]
        chart.add_scatter(
            x=gaps, y=[rows[n].mean for n in gaps], name=name, mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash}, marker={"size": 9, "symbol": symbol, "color": colour},
            error_y={
                "type": "data", "array": [rows[n].half for n in gaps], "color": colour, "thickness": 1.5, "width": 4,
            },
            hovertemplate="gap of %{x}: %{y:.2f} nats<extra></extra>",
        )  # fmt: skip
    chart.update_yaxes(rangemode="tozero")
    return chart


def told_costs(found: Found, unit: str) -> str:
    """The picture of `costs` in words."""
    parts = (
        f"{READERS[reader][0]}: "
        + ", ".join(f"{one.mean:.2f} ± {one.half:.2f} at {n}" for n, one in sorted(rows.items()))
        for reader, rows in found.costs.items()
    )
    return f"Nats a {unit} of the true middle by {unit}s missing. {'; '.join(parts)}."


def timed(found: Found, unit: str = "word") -> go.Figure:
    """Over the cells of the canvas: seconds of one text, both axes logarithmic; its calls when pointed at."""
    chart = base(f"{unit}s of the text", "seconds a text", height=LOW + 60)
    for way, rows in found.timed.items():
        lengths = sorted(rows)
        if not lengths:
            continue
        colour, symbol, dash = LOOKS[way]
        chart.add_scatter(
            x=lengths, y=[rows[n].seconds for n in lengths], name=NAMES[way], mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash}, marker={"size": 9, "symbol": symbol, "color": colour},
            customdata=[rows[n].calls for n in lengths],
            hovertemplate=f"%{{x}} {unit}s: %{{y:.3f}} s, %{{customdata}} calls<extra></extra>",
        )  # fmt: skip
    widest = max((list(rows) for rows in found.timed.values()), key=len, default=[])
    chart.update_xaxes(type="log", tickvals=widest, ticktext=list(map(str, widest)))
    chart.update_yaxes(type="log", dtick=1)
    return chart


def told_filled(found: Found) -> str:
    """The picture of `filled` in words."""
    parts = (
        f"{NAMES[way]}: " + ", ".join(f"{right} of {num} at {n}" for n, (right, num) in sorted(rows.items()))
        for way, rows in found.filled.items()
    )
    return f"Tales that hold every rule by words missing in the middle. {'; '.join(parts)}."


def told_timed(found: Found, unit: str = "word") -> str:
    """The picture of `timed` in words."""
    parts = (
        f"{NAMES[way]}: " + ", ".join(f"{_cost(one)} at {n}" for n, one in sorted(rows.items()))
        for way, rows in found.timed.items()
    )
    return f"Seconds and network calls of one text by its {unit}s. {'; '.join(parts)}."


def _cost(one: Timed) -> str:
    return f"{one.seconds:.3f} s in {one.calls} calls"


def written_table(found: Found) -> str:
    """What each way wrote, as HTML, a row a way: validity where it is known, a third model's perplexity where it read
    them, and diversity."""
    columns = [name for name in COLUMNS if any(name in row for row in found.written.values())]
    body = [_written_row(way, row, columns) for way, row in found.written.items()]
    return _table("What each way wrote", [COLUMNS[name] for name in columns], body)


COLUMNS = {
    "valid_rate": ("every rule holds", "of texts"), "perplexity": ("perplexity", "by a third model"),
    "distinct_rate": ("distinct", "texts"), "coverage": ("coverage", "of combinations"),
    "distinct_2": ("distinct-2", "pairs"), "sample_entropy": ("entropy", "nats a word"),
    "calls": ("network calls", "a text"),
}  # fmt: skip
FORMS = {
    "distinct_rate": ".1%",
    "coverage": ".1%",
    "perplexity": ".1f",
    "calls": ".1f",
}  # others: three digits


def _written_row(way: str, row: Mapping[str, float], columns: Sequence[str]) -> tuple[str, list[str]]:
    cells = [f"{row[name]:{FORMS.get(name, '.3f')}}" if name in row else "" for name in columns]
    if "valid_rate" in row:
        num = int(row["texts"])
        hits = round(row["valid_rate"] * num)
        low, high = (float(one) for one in binomial(hits, num))
        cells[columns.index("valid_rate")] = (
            f"{hits / num:.1%}<small>{low:.0%} to {high:.0%}, of {num}</small>"
        )
    if "perplexity" in row:
        interval = f"{row['perplexity_low']:.0f} to {row['perplexity_high']:.0f}"
        cells[columns.index("perplexity")] = f"{row['perplexity']:.1f}<small>{interval}</small>"
    return NAMES[way], cells


def middles_table(found: Found) -> str:
    """What was written between beginning and end, as HTML: a row a gap and a way."""
    read = any(one.perplexity for rows in found.middles.values() for one in rows.values())
    head = [
        ("missing", "in the middle"), ("as in the text", "share of the missing"),
        *([("perplexity", "whole text, by a third model")] if read else []),
        ("distinct-2", "pairs"), ("entropy", "nats a word"),
    ]  # fmt: skip
    gaps = sorted({n for rows in found.middles.values() for n in rows})
    body = [
        (NAMES[way], [str(n), *_middle_cells(rows[n], way, read)])
        for n in gaps for way, rows in found.middles.items() if n in rows
    ]  # fmt: skip
    return _table("What was written between beginning and end", head, body)


def _middle_cells(one: Middle, way: str, read: bool) -> list[str]:
    share = "" if way == REAL else f"{one.recovered.mean:.1%}<small>± {one.recovered.half:.1%}</small>"
    judged = [f"{one.perplexity:.1f}" if one.perplexity else ""] if read else []
    return [share, *judged, f"{one.distinct_2:.3f}", f"{one.entropy:.3f}"]


def _table(label: str, head: Sequence[tuple[str, str]], body: Sequence[tuple[str, Sequence[str]]]) -> str:
    """HTML. Args: head: each column's name and what it counts.   body: each row's name and cells."""
    columns = "".join(f"<th>{name}<small>{what}</small></th>" for name, what in head)
    rows = "".join(
        f"<tr><td>{number}</td><th scope='row'>{html.escape(name)}</th>"
        + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for number, (name, cells) in enumerate(body, start=1)
    )  # fmt: skip
    return (
        f'<div class="by-hand" tabindex="0" role="region" aria-label="{label}"><table><thead><tr>'
        f"<th></th><th></th>{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
