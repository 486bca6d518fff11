"""Pictures of diffusion against autoregression: records in, plotly figures and sentences out; without torch."""

from __future__ import annotations

import html
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from textdiff_core.against import CAUSAL, MASKED, ONE, UNKEPT, WAYS, WORD_BY_WORD, Found, Timed
from textdiff_core.intervals import binomial
from textdiff_ui.plots import LOW, SERIES, base

NAMES = {
    ONE: "autoregressive", UNKEPT: "the same, nothing kept", WORD_BY_WORD: "diffusion, one word a call",
    "informed": f"diffusion, informed, {WAYS['informed']} steps",
    "ancestral": f"diffusion, ancestral, {WAYS['ancestral']} steps",
}  # fmt: skip
# colour, symbol, dash: diffusion has the colour of its lane
LOOKS = {
    ONE: (SERIES[2], "diamond", "solid"), UNKEPT: (SERIES[2], "diamond-open", "dot"),
    WORD_BY_WORD: (SERIES[0], "circle", "solid"), "ancestral": (SERIES[0], "circle-open", "dash"),
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


def timed(found: Found) -> go.Figure:
    """Over the cells of the canvas: seconds of one text, both axes logarithmic; its calls when pointed at."""
    chart = base("words of the text", "seconds a text", height=LOW + 60)
    for way, rows in found.timed.items():
        lengths = sorted(rows)
        if not lengths:
            continue
        colour, symbol, dash = LOOKS[way]
        chart.add_scatter(
            x=lengths, y=[rows[n].seconds for n in lengths], name=NAMES[way], mode="lines+markers",
            line={"color": colour, "width": 2, "dash": dash}, marker={"size": 9, "symbol": symbol, "color": colour},
            customdata=[rows[n].calls for n in lengths],
            hovertemplate="%{x} words: %{y:.3f} s, %{customdata} calls<extra></extra>",
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


def told_timed(found: Found) -> str:
    """The picture of `timed` in words."""
    parts = (
        f"{NAMES[way]}: " + ", ".join(f"{_cost(one)} at {n}" for n, one in sorted(rows.items()))
        for way, rows in found.timed.items()
    )
    return f"Seconds and network calls of one text by its words. {'; '.join(parts)}."


def _cost(one: Timed) -> str:
    return f"{one.seconds:.3f} s in {one.calls} calls"


def written_table(found: Found) -> str:
    """Validity and diversity of what each way wrote, as HTML: a row a way."""
    head = (
        "<th></th><th></th><th>every rule holds<small>of texts</small></th><th>distinct<small>texts</small></th>"
        "<th>coverage<small>of combinations</small></th><th>distinct-2<small>pairs</small></th>"
        "<th>entropy<small>nats a word</small></th><th>network calls<small>a text</small></th>"
    )
    body = "".join(_written_row(n, way, row) for n, (way, row) in enumerate(found.written.items(), start=1))
    return (
        '<div class="by-hand" tabindex="0" role="region" aria-label="What each way wrote"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _written_row(number: int, way: str, row: Mapping[str, float]) -> str:
    num = int(row["texts"])
    hits = round(row["valid_rate"] * num)
    low, high = (float(one) for one in binomial(hits, num))
    cells = (
        f"{hits / num:.1%}<small>{low:.0%} to {high:.0%}, of {num}</small>", f"{row['distinct_rate']:.1%}",
        f"{row['coverage']:.1%}", f"{row['distinct_2']:.3f}", f"{row['sample_entropy']:.3f}", f"{row['calls']:.1f}",
    )  # fmt: skip
    told = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr><td>{number}</td><th scope='row'>{html.escape(NAMES[way])}</th>{told}</tr>"


def verdicts(found: Found) -> list[str]:
    """What the numbers say, in plain words: a sentence for each part that was measured."""
    return [sentence for part in (_of_texts, _of_nats, _of_gaps, _of_seconds) if (sentence := part(found))]


def _of_texts(found: Found) -> str:
    if not {ONE, WORD_BY_WORD} <= set(found.written):
        return ""
    ours, theirs = (found.written[way] for way in (WORD_BY_WORD, ONE))
    better = _which(ours["valid_rate"], theirs["valid_rate"], _margin(ours, theirs))
    fewer = {"informed", "ancestral"} & set(found.written)
    rows = {way: found.written[way] for way in sorted(fewer)}
    few = ", ".join(f"{row['valid_rate']:.1%} {way} in {row['calls']:.0f} calls" for way, row in rows.items())
    return (
        f"**Texts.** One word a call, every rule holds in {ours['valid_rate']:.1%} of diffusion's texts and in "
        f"{theirs['valid_rate']:.1%} of the autoregressive ones: {better}. Only diffusion can write several words a "
        f"call{f': {few}' if few else ''}."
    )


def _margin(ours: Mapping[str, float], theirs: Mapping[str, float]) -> float:
    """Twice the standard error of the difference of two shares."""
    spread = sum(
        max(row["valid_rate"] * (1 - row["valid_rate"]), 0.01) / row["texts"] for row in (ours, theirs)
    )
    return float(2 * spread**0.5)


def _which(ours: float, theirs: float, margin: float) -> str:
    if abs(ours - theirs) <= margin:
        return "no difference that so few texts could show"
    return "diffusion wins" if ours > theirs else "autoregression wins"


def _of_nats(found: Found) -> str:
    if not {CAUSAL, MASKED} <= set(found.nats):
        return ""
    theirs, ours = found.nats[CAUSAL], found.nats[MASKED]
    apart = (ours.half**2 + theirs.half**2) ** 0.5
    better = _which(-ours.excess, -theirs.excess, apart)
    return (
        f"**Likelihood.** Beyond the truth of {found.entropy:.2f} nats a tale costs the autoregressive model "
        f"{theirs.excess:.3f} ± {theirs.half:.3f} nats, exactly, and the masked one at most {ours.excess:.3f} ± "
        f"{ours.half:.3f}: {better}."
    )


def _of_gaps(found: Found) -> str:
    gaps = [n for n in found.filled.get(ONE, {}) if n in found.filled.get(WORD_BY_WORD, {})]
    if not gaps:
        return ""
    n = gaps[len(gaps) // 2]
    (theirs, num), (ours, same) = found.filled[ONE][n], found.filled[WORD_BY_WORD][n]
    return (
        f"**Filling in.** With {n} words missing between beginning and end, {theirs} of {num} tales are right by "
        f"autoregression, which cannot see the end, and {ours} of {same} by diffusion."
    )


def _of_seconds(found: Found) -> str:
    if not found.timed.get(ONE):
        return ""
    n = max(found.timed[ONE])
    one, whole, ours, few = (found.timed[way][n] for way in (ONE, UNKEPT, WORD_BY_WORD, "ancestral"))
    ratio = ours.seconds / one.seconds
    quick = "quicker" if few.seconds < one.seconds else "slower"
    return (
        f"**Speed.** {n} words take autoregression {one.seconds:.2f} s in {one.calls} calls, each reading one word and "
        f"remembering the others ({whole.seconds:.2f} s if it read them all again). Diffusion reads the whole text at "
        f"every call: one word a call is {ratio:.1f} times as slow; with {few.calls} calls it is {quick}, "
        f"{few.seconds:.2f} s, with texts as good as the table says."
    )
