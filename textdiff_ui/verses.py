"""Verses of 1611 in modern English on screen: what is asked, the verse beside a reference, and how close it comes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from textdiff_core import verses
from textdiff_core.verses import STEPS, Recorded, Score
from textdiff_ui import cache, plots, studies, verse_plots
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown

SOURCE = "the World English Bible"


def text(shown: str, fill: Filler) -> str:
    """The box for a verse."""
    return fill.area(
        "verse", shown, "A verse of the King James Version, or English as it was written then",
        f"At most {verses.SLOT} pieces: words, parts of rare ones and marks. What is longer is cut, and the page says "
        "where.",
        height=80,
    )  # fmt: skip


def verdict(source: str, target: str) -> None:
    """The source, the translation and, of a verse that is known here, what people wrote."""
    known = verses.example(source)
    columns = st.container(key="verses").columns(3 if known else 2, gap="medium")
    _text(columns[0], "King James Version" if known else "The text", source, _told(source))
    _text(columns[1], "By the model", target or "nothing", _told(target))
    if known:
        told = f"{known.place}, {SOURCE}. The model never saw this chapter. Others would write another verse."
        _text(columns[2], "By people", known.new, told)
    else:
        st.caption("No translation of this text by people is kept here, so nothing says whether it is right.")


def _text(column: Any, label: str, words: str, told: str) -> None:
    with column, st.container(border=True, height="stretch"):
        st.markdown(f"**{label}**")
        st.markdown(escape_markdown(words))
        st.caption(escape_markdown(told))


def _told(text: str) -> str:
    found = verses.ARCHAIC.findall(text)
    return f"Words of its time: {', '.join(dict.fromkeys(found))}." if found else "No word of its time."


# ---- how close it comes -----------------------------------------------------------------------------------


def show_scores(model: str) -> None:
    """chrF and BLEU over the steps beside copying, as they were recorded."""
    recorded = cache.recorded_verses(model)
    if recorded is None:
        st.info("Nothing was recorded of this model.")
        return
    st.caption(
        f"Recorded by `{recorded.command}`, {recorded.date}, seed {recorded.seed}: {recorded.verses:,} whole verses of "
        f"chapters that were never trained on, at temperature {recorded.temperature:g}, in lower case, against "
        f"{SOURCE}."
    )
    left, right = st.columns(2, gap="large")
    for column, measure in ((left, "chrf"), (right, "bleu")):
        with column:
            name = verse_plots.NAMES[measure]
            st.markdown(f"**{name} over the steps**")
            plots.draw(
                verse_plots.by_steps(recorded, measure), f"verses_{measure}", verse_plots.told_steps(recorded, measure)
            )  # fmt: skip
    st.markdown(_verdict(recorded))
    rows = _rows(recorded)
    st.dataframe(
        [_shown(name, steps, score) for name, steps, score in rows], hide_index=True, width="stretch"
    )
    header = ("text", "steps", *Score.__dataclass_fields__)
    table = [(name, steps, *vars(score).values()) for name, steps, score in rows]
    studies.download("verses", header, table, "verses_csv", "Every number of the table, with its intervals.")


def _rows(recorded: Recorded) -> list[tuple[str, int, Score]]:
    """(text, steps, its scores): copying, the model in every order and number of steps, people."""
    by_model = [
        (f"model, {order} order", steps, score)
        for order, found in recorded.rows.items()
        for steps, score in found.items()
    ]
    beside = [("the source, copied", 0, recorded.copy), ("the source, by a word list", 0, recorded.listed)]
    return [*beside, *by_model, ("the reference itself", 0, recorded.reference)]


def _shown(name: str, steps: int, score: Score) -> dict[str, str]:
    return {
        "text": name,
        "steps": str(steps or "none"),
        "chrF": f"{score.chrf:.1f} ± {score.chrf_half:.1f}",
        "BLEU": f"{score.bleu:.1f} ± {score.bleu_half:.1f}",
        "source unchanged": f"{score.copied:.1%}",
        "equal to the reference": f"{score.equal:.1%}",
        "words of their time": f"{score.archaic:.1%}",
        "length": f"{score.length:.2f}",
    }


def _verdict(recorded: Recorded) -> str:
    """What the numbers come to, in plain words, good or bad."""
    order, best = max(
        ((order, found[STEPS[-1]]) for order, found in recorded.rows.items()), key=lambda pair: pair[1].chrf
    )
    by_chrf, by_bleu = best.chrf - recorded.copy.chrf, best.bleu - recorded.copy.bleu
    better = (
        "closer to the reference than" if min(by_chrf, by_bleu) > 0 else "no closer to the reference than"
    )
    return (
        f"At one piece a step, in {order} order, the model is {better} copying the source: chrF {best.chrf:.1f} "
        f"against {recorded.copy.chrf:.1f}, BLEU {best.bleu:.1f} against {recorded.copy.bleu:.1f}. {best.archaic:.1%} "
        f"of its words are still of their time, where the source has {recorded.copy.archaic:.1%} and the reference "
        f"{recorded.reference.archaic:.1%}. A word list, which puts for each word the one that most often stands "
        f"for it and knows nothing else, reaches chrF {recorded.listed.chrf:.1f} and BLEU {recorded.listed.bleu:.1f}."
    )
