"""What the numbers of diffusion against autoregression say, in plain words; without torch."""

from __future__ import annotations

from collections.abc import Mapping

from textdiff_core.against import BLIND, CAUSAL, MASKED, ONE, REAL, UNKEPT, WORD_BY_WORD, Found, Mean
from textdiff_ui.autoregressive_plots import NAMES

NO_DIFFERENCE = "no difference that so few texts could show"


def of_world(found: Found) -> list[str]:
    """Of texts whose truth is known: a sentence for each part that was measured."""
    return [sentence for part in (_of_texts, _of_nats, _of_gaps, _of_seconds) if (sentence := part(found))]


def of_text(found: Found, unit: str) -> list[str]:
    """Of running text, whose truth nobody knows. Args: unit: what its cells hold."""
    told = (_of_written(found, unit), _of_bounds(found), _of_middles(found, unit), _of_seconds(found, unit))
    return [sentence for sentence in told if sentence]


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
        return NO_DIFFERENCE
    return "diffusion wins" if ours > theirs else "autoregression wins"


def _of_nats(found: Found) -> str:
    if not {CAUSAL, MASKED} <= set(found.nats):
        return ""
    theirs, ours = found.nats[CAUSAL], found.nats[MASKED]
    apart = (ours.half**2 + theirs.half**2) ** 0.5
    better = _which(-ours.mean, -theirs.mean, apart)
    return (
        f"**Likelihood.** Beyond the truth of {found.entropy:.2f} nats a tale costs the autoregressive model "
        f"{theirs.mean:.3f} ± {theirs.half:.3f} nats, exactly, and the masked one at most {ours.mean:.3f} ± "
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


def _of_written(found: Found, unit: str) -> str:
    ways = [way for way in (REAL, ONE, WORD_BY_WORD, "informed", "ancestral") if way in found.written]
    if not {ONE, WORD_BY_WORD} <= set(ways):
        return ""
    rows = {way: found.written[way] for way in ways}
    if any("perplexity" not in row for row in rows.values()):
        return (
            "**Texts.** Nobody knows which of these are right, and nothing here reads them: the table tells only how "
            "varied they are, beside real text."
        )
    told = ", ".join(f"{row['perplexity']:.0f} ({NAMES[way]})" for way, row in rows.items())
    ours, theirs = rows[WORD_BY_WORD], rows[ONE]
    apart = (
        ours["perplexity_low"] > theirs["perplexity_high"]
        or theirs["perplexity_low"] > ours["perplexity_high"]
    )
    better = _which(-ours["perplexity"], -theirs["perplexity"], 0) if apart else NO_DIFFERENCE
    return (
        f"**Texts.** Nobody knows which of these are right. A third model finds these "
        f"perplexities: {told}. Between the two at one {unit} a call: {better}. A lower one is better only where a "
        f"text does not repeat itself: read it beside the diversity in the table."
    )


def _of_bounds(found: Found) -> str:
    if not {CAUSAL, MASKED} <= set(found.nats) or found.apart is None:
        return ""
    theirs, ours, apart = found.nats[CAUSAL], found.nats[MASKED], found.apart
    return (
        f"**Likelihood.** A held-out text costs the autoregressive model {theirs.mean:.1f} ± {theirs.half:.1f} nats, "
        f"exactly, and the masked one at most {ours.mean:.1f} ± {ours.half:.1f}. On the same texts the difference is "
        f"{apart.mean:.1f} ± {apart.half:.1f}: {_by_bound(apart.mean, apart.half)}."
    )


def _by_bound(more: float, margin: float) -> str:
    """Who wins where diffusion pays at most so much more."""
    if abs(more) <= margin:
        return NO_DIFFERENCE
    if more > 0:
        return (
            "autoregression wins, as far as a bound can tell: what diffusion really pays is at most its bound"
        )
    return "diffusion wins, and by that or more, for its number is a bound"


def _of_middles(found: Found, unit: str) -> str:
    rows = [found.costs.get(reader, {}) for reader in (CAUSAL, BLIND, MASKED)]
    gaps = sorted(set(rows[0]) & set(rows[1]) & set(rows[2]))
    if not gaps:
        return ""
    n = gaps[len(gaps) // 2]
    left, blind, both = (row[n] for row in rows)
    wrote = [found.middles[way][n].recovered for way in (ONE, WORD_BY_WORD)]
    return (
        f"**Filling in.** With {n} {unit}s missing, the true middle costs the autoregressive model {_range(left)} nats "
        f"a {unit} from the beginning alone, diffusion at most {_range(blind)} from the beginning and {_range(both)} "
        f"from both ends: seeing the end is worth {blind.mean - both.mean:.2f}. Between the first and the last: "
        f"{_by_bound(both.mean - left.mean, (both.half**2 + left.half**2) ** 0.5)}. Of the missing {unit}s, "
        f"{wrote[0].mean:.1%} ± {wrote[0].half:.1%} come back as they were by autoregression and {wrote[1].mean:.1%} ± "
        f"{wrote[1].half:.1%} by diffusion."
    )


def _range(one: Mean) -> str:
    return f"{one.mean:.2f} ± {one.half:.2f}"


def _of_seconds(found: Found, unit: str = "word") -> str:
    if not found.timed.get(ONE):
        return ""
    n = max(found.timed[ONE])
    one, whole, ours, few = (found.timed[way][n] for way in (ONE, UNKEPT, WORD_BY_WORD, "ancestral"))
    ratio = ours.seconds / one.seconds
    quick = "quicker" if few.seconds < one.seconds else "slower"
    return (
        f"**Speed.** {n} {unit}s take autoregression {one.seconds:.2f} s in {one.calls} calls, each reading one "
        f"{unit} and remembering the others ({whole.seconds:.2f} s if it read them all again). Diffusion reads the "
        f"whole text at every call: one {unit} a call is {ratio:.1f} times as slow; with {few.calls} calls it is "
        f"{quick}, {few.seconds:.2f} s, with texts as good as the table says."
    )
