"""The loss by hand on screen: its settings, the noisy text, the table that adds up, and how the sum scatters."""

from __future__ import annotations

import functools
import html
import math

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import by_hand, lab
from textdiff_core.by_hand import AddedUp, Spread
from textdiff_core.records import RunConfig
from textdiff_ui import cache, plots, score_examples, state
from textdiff_ui.controls import Filler, register_of
from textdiff_ui.noising import default_text

CLOSING = ".,!?;:"
LINE_END = "⏎"
BLANK, FREE = "blank", 0.005  # nats; a word that costs less is written fainter
# Loss -> what it is called, its formula, and the formula with {numbers}.
FORMULAS = {
    "count": (
        "Counting", r"\frac{L}{l}\sum -\ln p", r"\frac{{{cells}}}{{{hidden}}}\cdot {nats}", "nats",
        "Training hides exactly $l$ of the $L$ cells, $l$ being any number alike. An estimate of the bound on "
        "$-\\ln p$ of the whole text.",
    ),
    "nelbo": (
        "NELBO", r"\frac{-\alpha_t'}{1-\alpha_t}\sum -\ln p", r"0.999\cdot\frac{{{slope}}}{{{noise}}}\cdot {nats}",
        "nats", "Training hides each cell by chance, a share $1-\\alpha_t$ on average. An estimate of the same bound; "
        "0.999 is there because $t$ is drawn from 0.001 on.",
    ),
    "cross-entropy": (
        "Plain cross-entropy", r"\frac{1}{l}\sum -\ln p", r"\frac{{1}}{{{hidden}}}\cdot {nats}",
        "nats a word", "The mean of the hidden words, and no bound. Training takes one mean over all that are "
        "hidden in a batch.",
    ),
}  # fmt: skip


def text_of(config: RunConfig) -> str:
    """The sentence on screen: the reader's own, or the one that the model's page opens with."""
    return config.draft or opening(config.model)


@functools.lru_cache(maxsize=32)
def opening(model: str) -> str:
    """The app's first story where the model knows its words, else what the model last wrote while it was trained."""
    info, written = lab.model_info(model).of_text, [point.sample for point in lab.history(model)[-1:]]
    if recipe := score_examples.recipe(info):
        return recipe
    for text in (default_text(), *written):
        try:
            by_hand.canvas(text, info.vocabulary, info.length)
        except ValueError:
            continue
        return text
    return next(word for word in info.vocabulary.words if word)


def asked(config: RunConfig) -> RunConfig:
    """The config with its sentence written out, as the core wants it."""
    return config.replace(draft=text_of(config))


def check(config: RunConfig) -> None:
    """Raises ValueError, in one sentence, for settings that cannot be added up."""
    lab.model_info(config.model).keep(config.replace(keep=()))  # an unknown register
    by_hand.check(lab.model_info(config.model).of_text, asked(config))


SCREEN = state.Screen("loss", RunConfig(), check, fit=lambda config: config)
ON_REQUEST = SCREEN.key("spread")


def describe(shown: RunConfig, fill: Filler, place: DeltaGenerator) -> RunConfig:
    """Draws the controls of the page, the sentence in `place`."""
    masked = [
        name for name in (*lab.models(), *lab.shelf_models()) if lab.model_info(name).process == "absorbing"
    ]
    model = fill.choice(
        "model", masked, shown.model, "Model", "The trained network that is asked for hidden words."
    )
    st.caption(
        "Only models of masking: their loss is a sum over hidden words, the others' are of another form."
    )
    info = lab.model_info(shown.model).of_text
    register = register_of(shown, fill, info, "reads")
    level = fill.slider(
        "level", shown.level, "Noise level t", "How likely each word is to be hidden: 1 hides all."
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise: the same seed hides the same words.")
    with st.expander("More"):
        schedule = fill.pick(
            lab.schedules, shown.schedule, "Schedule", "How fast noise takes the words as t goes from 0 to 1."
        )
    with place:
        text = fill.area(
            "draft", text_of(shown), "Your sentence",
            f"In words that the model knows, and at most {info.length} of them.",
        )  # fmt: skip
    draft = " ".join(text.split()) if info.vocabulary.spacing == "word" or not text.strip() else text
    same = draft.split() == opening(shown.model).split()
    wanted = SCREEN.default.replace(
        model=model,
        level=level,
        seed=seed,
        schedule=schedule,
        register=register,
        draft="" if same else draft or " ",
    )
    if model != shown.model:
        state.show(wanted.replace(draft="", register=""), SCREEN)  # its vocabulary may be another
        st.rerun()
    return wanted


def noisy_text(added: AddedUp) -> None:
    """The sentence; what is hidden from the model stands on hatching, over a bar as long as its probability."""
    hidden = {word.position: word for word in added.hidden}
    parts = []
    for number, word in enumerate(added.words, 1):
        close = added.spacing != "word" or word in CLOSING or not parts
        parts.append("" if close or not (word or number in hidden) else " ")
        if number in hidden:
            p = hidden[number].p
            said = _shown(word) or "&nbsp;" * 3
            parts.append(
                f'<span class="hidden-word" title="{number}: p = {_chance(p)}">{said}'
                f'<b style="width: {100 * p:.1f}%"></b></span>'
            )
        else:
            parts.append(html.escape(word))
        parts.append("<br>" if word == "\n" else "")
    st.html(f'<p class="noisy-text" aria-label="The noisy sentence">{"".join(parts)}</p>')


def _shown(word: str) -> str:
    """A word as HTML, a line's end as a sign; "" for a blank."""
    return LINE_END if word == "\n" else html.escape(word)


def table(added: AddedUp) -> None:
    """One row a hidden word, and at the foot the sums beside what the code of each loss returns."""
    if not added.hidden:
        st.info("At this level noise happened to hide no word: every sum is 0. Raise t, or take new noise.")
        return
    head = "".join(f"<th>{FORMULAS[one.loss][0]}<small>× {one.weight:.4g}</small></th>" for one in added.sums)
    rows = "".join(
        f"<tr{' class=free' if word.nats < FREE else ''}><td>{word.position}</td>"
        f"<th scope='row'>{_shown(word.word) or f'<i>{BLANK}</i>'}</th>"
        f"<td>{_chance(word.p)}</td><td>{word.nats:.4f}</td><td>{word.bits:.4f}</td>"
        + "".join(f"<td>{one.weight * word.nats:.4f}</td>" for one in added.sums)
        + "</tr>"
        for word in added.hidden
    )
    by_hand_sums = "".join(f"<td>{one.by_hand:.4f}</td>" for one in added.sums)
    computed = "".join(f"<td>{one.computed:.4f}</td>" for one in added.sums)
    st.html(
        '<div class="by-hand" tabindex="0" role="region" aria-label="The loss, word by word"><table>'
        f"<thead><tr><th>position</th><th scope='col'>hidden word</th><th>p</th><th>−ln p<small>nats</small></th>"
        f"<th>−log₂ p<small>bits</small></th>{head}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot><tr><td></td><th scope='row'>sum</th><td></td><td>{added.nats:.4f}</td>"
        f"<td>{added.nats / math.log(2):.4f}</td>{by_hand_sums}</tr>"
        f"<tr><td></td><th scope='row' colspan='4'>what the code of the loss returns</th>{computed}</tr>"
        "</tfoot></table></div>"
    )


def formulas(added: AddedUp) -> None:
    """Each loss as a formula, with this moment's numbers."""
    for column, one in zip(st.columns(len(added.sums)), added.sums, strict=True):
        name, formula, numbers, unit, why = FORMULAS[one.loss]
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{name}**")
            st.latex(
                rf"\begin{{aligned}}&{formula}\\[4pt]&= {_in_numbers(numbers, added)}\\[4pt]"
                rf"&= {_figures(one.by_hand)}\text{{ {unit}}}\end{{aligned}}"
            )
            st.caption(why)


def _in_numbers(formula: str, added: AddedUp) -> str:
    return formula.format(
        cells=len(added.words), hidden=max(1, len(added.hidden)), nats=_figures(added.nats),
        slope=f"{-added.slope:.3f}", noise=f"{1 - added.alpha:.3f}",
    )  # fmt: skip


def _figures(value: float) -> str:
    """A number in a formula: three places, or two digits and a power of ten where those would be 0."""
    if value == 0 or value >= 0.1:
        return f"{value:.3f}"
    digits, power = f"{value:.1e}".split("e")
    return rf"{digits}\cdot 10^{{{int(power)}}}"


def _chance(p: float) -> str:
    return f"{p:.4f}" if p >= 0.00005 else f"{p:.0e}"


def download(config: RunConfig, added: AddedUp) -> None:
    """The table with all its digits."""
    st.download_button(
        "Table (.csv)", functools.partial(by_hand.table, added), f"loss-{config.key}.csv", "text/csv",
        help="Every row and both sums, for a spreadsheet.", on_click="ignore", key="loss_csv",
    )  # fmt: skip


def show_spread(config: RunConfig) -> None:
    """How the sum scatters from noise to noise, and what it bounds; on request where that takes long."""
    if lab.model_info(config.model).registers and not st.toggle(
        "Measure it, which takes a while", key=ON_REQUEST
    ):
        return
    with st.spinner("The model reads many noisy versions of the sentence."):
        spread = cache.loss_spread(asked(config))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**{by_hand.DRAWS} noisy versions of the sentence a colour, each one dot**")
        strata = spread.estimates["stratified"]
        plots.draw(
            plots.scatter(spread), "loss_scatter",
            f"The loss of {by_hand.DRAWS} noisy versions against their noise; mean {plots.interval(strata)} nats.",
        )  # fmt: skip
        st.caption("Line and band: the NELBO's mean and its 95 % interval. Dashed: exact.")
    with right:
        st.markdown("**Their means, with 95 % intervals**")
        means = "; ".join(
            f"{plots.WAYS[name]} {plots.interval(one)}" for name, one in spread.estimates.items()
        )
        plots.draw(plots.estimates(spread), "loss_means", f"Mean losses in nats a text: {means}.")
        rows = "".join(
            f"<tr><th scope='row'>{plots.WAYS[name]}</th><td>{plots.interval(one)}</td></tr>"
            for name, one in spread.estimates.items()
        )
        st.html(f'<div class="by-hand"><table><tbody>{rows}</tbody></table></div>')
    bounds(spread)


def bounds(spread: Spread) -> None:
    """Three numbers side by side: the exact -ln p, the model's bound, and its mean over orders, each also per word."""
    words, model = spread.num_words, spread.of_mean_chance
    chain, num = spread.estimates["chain"].mean, len(spread.estimates["chain"].nats)
    cards = (
        ("Exact: −ln p(x) in the corpus's world", *_truth(spread)),
        (f"The model's bound: mean −ln p of {num} orders", f"{chain:.2f} nats", _each(chain, words)),
        ("Below it: −ln of these orders' mean p", f"{model:.2f} nats", _each(model, words)),
    )
    for column, (name, value, per_word) in zip(st.columns(3), cards, strict=True):
        with column, st.container(border=True):
            st.metric(name, value)
            st.caption(per_word)


def _truth(spread: Spread) -> tuple[str, str]:
    if spread.exact is None:
        return "not known", "Nobody knows this corpus's probabilities."
    if math.isinf(spread.exact):
        return "∞", "The world of the corpus never tells this sentence."
    return f"{spread.exact:.2f} nats", _each(spread.exact, spread.num_words)


def _each(nats: float, words: int) -> str:
    each = nats / words
    value = math.exp(each) if each < 700 else math.inf
    shown = f"{value:.4f}" if value < 1000 else f"{value:.1e}"
    return f"exp({nats:.2f} / {words} words) = {shown} a word"
