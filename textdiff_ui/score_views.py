"""A scored text drawn: its words on the colour of their surprise, its numbers as cards, formulas and a table."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator

import streamlit as st

from textdiff_core.scoring import Alone, Reading, Score, Surprise
from textdiff_ui.frame import escape_markdown

CLOSING = ".,!?;:"
INKLESS = {"": "blank", " ": "space", "\n": "line end"}
FULL = 8.0  # nats that have the full colour
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
LEGEND = (0.0, 0.5, 2.0, 4.5, FULL)
Card = tuple[str, str, str]  # what it is called, its value, and what is to be said of it


def surprised_text(reading: Reading, found: Score | None) -> None:
    """The text, each word on a ground and a line that grow with its surprise; the odd one over a wave."""
    cells = dict(enumerate(found.surprises if found else ()))
    alone = {one.position: one for one in (found.alone if found else ())}
    odd = found.odd if found else None
    parts = []
    for cell, word in enumerate(reading.words[: reading.num_words]):
        close = reading.spacing != "word" or word in CLOSING or not parts
        parts.append("" if close else " ")
        one = cells.get(cell)
        if one is None or math.isnan(one.nats):
            parts.append(f"<span>{html.escape(word)}</span>")
            continue
        wave = " odd-word" if odd is not None and odd.position == cell + 1 else ""
        parts.append(
            f'<span class="surprise{wave}" style="--s: {_strength(one.nats):.3f}" tabindex="-1" '
            f'data-told="{html.escape(_told(one, alone.get(cell + 1)))}">{html.escape(word)}</span>'
        )
    scale = " ".join(
        f'<span class="surprise" style="--s: {_strength(nats):.3f}">{nats:g}{"+" if nats == FULL else ""}</span>'
        for nats in LEGEND
    )
    hint = f"<p class='surprise-scale'>nats: {scale}<i>Point at a word, or tap it, for its numbers.</i></p>"
    st.html(
        f'<div class="surprised-text {reading.spacing}"><p aria-label="Your text, word by word">{"".join(parts)}</p>'
        f"{hint if cells else ''}</div>"
    )


def _strength(nats: float) -> float:
    """Of a colour, in [0, 1]; by the square root, as most words cost little."""
    return math.sqrt(min(max(nats, 0.0), FULL) / FULL)


def named(word: str) -> str:
    """A word as it can be spoken of: what leaves no ink has a name."""
    return INKLESS.get(word, word)


def _told(one: Surprise, alone: Alone | None) -> str:
    interval = "" if math.isnan(one.half) else f" ± {one.half:.2f}"
    times = f"hidden {one.hidden} times" if one.hidden > 1 else "given the words before it"
    told = f"{named(one.word)}: {one.nats:.2f}{interval} nats, {times}"
    return told if alone is None else f"{told}; hidden alone p = {chance(alone.p)}, best: {named(alone.best)}"


def chance(p: float) -> str:
    """A probability in four places, or by its power of ten: "0.0836", "6·10⁻⁹"."""
    if p == 0 or p >= 0.00005:
        return f"{p:.4f}" if p else "0"
    digit, power = f"{p:.0e}".split("e-")
    return f"{digit}·10⁻{power.lstrip('0').translate(RAISED)}"


def cards(found: Score) -> None:
    """The bound, the exact value beside it, perplexity, bits a character; a row more by the model beside."""
    if found.exactly:
        _row_of_cards(_chain_cards(found, "−ln p, left to right"), _exact(found))
        return
    reading, half = found.reading, f"± {found.half:.2f}"
    blanks = len(reading.words) - reading.num_words
    measured = f"{half} from {len(found.texts)} {'noisy versions' if found.surprises else 'copies'} (95 %)"
    end = (
        f"; {found.end:.2f} of it for the end: {blanks} blank{'s' * (blanks > 1)} after the text"
        if blanks and found.surprises
        else ""
    )
    each = f"exp({found.bound:.2f} / {reading.num_words} {reading.unit}s)"
    told = (
        ("Bound on −ln p", f"{found.bound:.2f} nats", measured + end),
        ("Perplexity, at most", f"{found.perplexity:.4g}", f"{each}: as if each were drawn from so many"),
        (
            "Bits a character, at most", f"{found.bits_per_character:.3f}",
            f"{found.bound:.2f} / ln 2 / {len(reading.text)} characters",
        ),
    )  # fmt: skip
    _row_of_cards(told, _exact(found))
    if found.beside is not None:
        st.markdown(
            "**The same text from left to right**, by an autoregressive model of the same words: exact, no bound"
        )
        other = found.beside
        apart = other.bound - found.bound
        note = f"the bound above is {abs(apart):.2f} nats {'lower' if apart > 0 else 'higher'}"
        _row_of_cards(_chain_cards(other, "−ln p, left to right", note), None)


def _chain_cards(
    found: Score, name: str, note: str = "exactly: each word given those before it"
) -> tuple[Card, ...]:
    """The cards of what an autoregressive model says."""
    reading = found.reading
    end = f"; {found.end:.2f} of it for the end" if len(reading.words) > reading.num_words else ""
    return (
        (name, f"{found.bound:.2f} nats", note + end),
        (
            "Perplexity, exactly", f"{found.perplexity:.4g}",
            f"exp({found.bound:.2f} / {reading.num_words} {reading.unit}s)",
        ),
        (
            "Bits a character, exactly", f"{found.bits_per_character:.3f}",
            f"{found.bound:.2f} / ln 2 / {len(reading.text)} characters",
        ),
    )  # fmt: skip


def _row_of_cards(told: tuple[Card, ...], exact: tuple[str, str] | None) -> None:
    """Cards side by side; behind the first one what is exact, where that is to be told."""
    shown = told if exact is None else (told[0], ("Exact −ln p", *exact), *told[1:])
    for column, (name, value, about) in zip(st.columns(len(shown)), shown, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.metric(name, value)
            st.caption(escape_markdown(about))


def _exact(found: Score) -> tuple[str, str]:
    reading = found.reading
    if reading.exact is None:
        return "not known", "Nobody knows this corpus's probabilities."
    if math.isinf(reading.exact):
        why = "; ".join(fault.message for fault in reading.faults)
        return "∞", f"Its world never tells this text{': ' + why if why else ''}."
    gap = found.bound - reading.exact
    within = ", within the bound's interval" if abs(gap) <= found.half else ", beyond the bound's interval"
    return f"{reading.exact:.2f} nats", f"gap: {gap:+.2f} nats{'' if found.exactly else within}"


def formulas(found: Score) -> None:
    """What the numbers mean, with those of this moment."""
    if found.exactly:
        _chain_formula(found)
        return
    reading, count, length = found.reading, int(found.hidden[0].sum()), found.hidden.shape[1]
    nats = f"{found.nats[0].sum():.2f}"
    whole, single = st.columns(2, gap="large")
    with whole:
        st.markdown("**The bound, from hidden words**")
        st.latex(
            r"\begin{aligned}-\ln p(x) &\le \operatorname{mean}_{k}\;\frac{L}{l_k}\sum_{i\ \text{hidden}} -\ln p_i\\"
            rf"&\approx \frac{{1}}{{{len(found.texts)}}}\Bigl(\frac{{{length}}}{{{count}}}\cdot {nats}"
            rf" + \dots\Bigr)\\&= {found.bound:.2f}\text{{ nats}}\end{{aligned}}"
        )
        st.caption(f"Version 1 hid {count} of the {length} cells, and those cost {nats} nats together.")
    most = max(
        found.surprises[: reading.num_words], key=lambda one: 0.0 if math.isnan(one.nats) else one.nats
    )
    with single:
        st.markdown(f"**The surprise of one word**, here {escape_markdown(named(most.word))}")
        costs = found.nats[found.hidden[:, most.position - 1], most.position - 1]
        first = " + ".join(f"{cost:.2f}" for cost in costs[:2])
        st.latex(
            r"\begin{aligned}&\operatorname{mean}_{k\ \text{that hid it}} -\ln p_k\\"
            rf"&= \frac{{1}}{{{most.hidden}}}\bigl({first} + \dots\bigr)\\"
            rf"&= {most.nats:.2f}\text{{ nats}}\end{{aligned}}"
        )
        st.caption(
            "A plain mean over the versions that hid it. Versions that hide much hide it more often, so surprises do "
            "not add up to the bound; the shares, in which each version counts L / l, do."
        )


def _chain_formula(found: Score) -> None:
    """The chain rule with its first words' numbers."""
    first = " + ".join(f"{nats:.2f}" for nats in found.nats[0][:3])
    st.markdown("**The chain rule**: each word given those before it, exactly")
    st.latex(
        r"-\ln p(x) = \textstyle\sum_i -\ln p(x^i \mid x^1, \dots, x^{i-1})"
        rf" = {first} + \dots = {found.bound:.2f}\text{{ nats}}"
    )


def table(found: Score) -> None:
    """One row a word, then the blanks together, then the sum."""
    reading, beside = found.reading, found.beside
    body = "".join(_row(one, alone, beside) for one, alone in pairs(found))
    blanks = len(reading.words) - reading.num_words
    end = (
        f"<tr class='free'><td></td><th scope='row'><i>the end ({blanks} blanks)</i></th><td></td><td></td>"
        f"<td>{found.end:.3f}</td>{(beside and f'<td>{beside.end:.3f}</td>') or ''}<td></td><td></td><td></td></tr>"
        if blanks
        else ""
    )
    st.html(
        '<div class="by-hand" tabindex="0" role="region" aria-label="Every word and its surprise"><table><thead><tr>'
        "<th></th><th scope='col'>word</th><th>surprise<small>nats</small></th><th>±<small>95 %</small></th>"
        f"<th>share<small>of {'the sum' if found.exactly else 'the bound'}</small></th>"
        f"{'<th>left to right<small>autoregressive, nats</small></th>' if beside else ''}"
        "<th>p alone<small>all others seen</small></th><th>best</th>"
        f"<th>its p</th></tr></thead><tbody>{body}{end}</tbody><tfoot><tr><td></td><th scope='row'>sum</th><td></td>"
        f"<td></td><td>{found.bound:.3f}</td>{f'<td>{beside.bound:.3f}</td>' if beside else ''}"
        "<td></td><td></td><td></td></tr></tfoot></table></div>"
    )


def pairs(found: Score) -> Iterator[tuple[Surprise, Alone | None]]:
    alone = {one.position: one for one in found.alone}
    for one in found.surprises[: found.reading.num_words]:
        yield one, alone.get(one.position)


def _row(one: Surprise, alone: Alone | None, beside: Score | None) -> str:
    nats, half = ("" if math.isnan(value) else f"{value:.3f}" for value in (one.nats, one.half))
    asked = (
        ("", "", "")
        if alone is None
        else (chance(alone.p), html.escape(named(alone.best)), chance(alone.best_p))
    )
    left = () if beside is None else (f"{beside.nats[0, one.position - 1]:.3f}",)
    cells = "".join(f"<td>{cell}</td>" for cell in (nats, half, f"{one.share:.3f}", *left, *asked))
    return f"<tr><td>{one.position}</td><th scope='row'>{html.escape(named(one.word))}</th>{cells}</tr>"
