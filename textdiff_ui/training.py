"""The settings of a training as widgets, and back into a `TrainConfig`; starting it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab
from textdiff_core.sizing import SIZES, sizing
from textdiff_core.training_records import TrainConfig
from textdiff_ui import cache, state
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.state import Screen

TEXTS = {
    "toy": "Toy sentences (a minute)",
    "tales": "Tales (half an hour)",
    "package:shakespeare": "Shakespeare's plays",
    "own": "Your own text",
}
VOCABULARIES = {"char": "characters", "word": "words", "subword": "pieces of words"}
STEPS = {"toy": 600, "tales": 3000}  # of other texts:
USUAL_STEPS = 2000
VALIDATIONS = 24  # in a whole run
BATCH, HELD_OUT = 64, 64
REST_RATE = 0.003  # of what Muon does not move
MINUTES = 60.0


@dataclasses.dataclass(frozen=True)
class Wish:
    """A training that was described.

    Attributes:
        config: with the corpus "own" where the reader's text is meant.   text: that text.
        minutes: after which it pauses.
    """

    config: TrainConfig
    text: str | None
    minutes: float

    @property
    def title(self) -> str:
        """What the run is called unless somebody renames it."""
        config = self.config
        text = {"own": "own text", "package:shakespeare": "Shakespeare"}.get(config.corpus, config.corpus)
        process = lab.processes[config.process]
        optimizer = config.optimizer.partition(":")[0]
        return f"{text}, {process.title or process.name}, {optimizer} {config.rate:g}"


@contextlib.contextmanager
def complaints() -> Iterator[None]:
    """A ValueError of the controls in one sentence; what is on screen stays."""
    try:
        yield
    except ValueError as error:
        st.error(escape_markdown(str(error)))


def controls(on: Screen) -> Wish | None:
    """The settings and the button that starts. Returns what they describe, None where something in them is wrong."""
    wish = None
    with st.sidebar, complaints():
        wish, place = settings(on)
        with place:
            tell_size(wish)
            if st.button("Start training", type="primary", key=on.key("start"), width="stretch"):
                state.choose_run(begin(wish))
    return wish


def settings(on: Screen) -> tuple[Wish, DeltaGenerator]:
    """Draws the widgets of a training. Raises ValueError, in one sentence, for what was typed wrong.

    Returns:  what they describe, and a place below the first of them for the button that starts.
    """
    fill = Filler(False, on)
    corpus, text, vocabulary, length = _text(fill)
    process = fill.choice(
        "process", list(lab.processes), "absorbing", "Noise", "What the model learns to undo.",
        names=lambda name: lab.processes[name].title or name,
    )  # fmt: skip
    usual = "tiny" if corpus == "toy" else "small"
    size = fill.choice(f"size {usual}", list(SIZES), usual, "Size", "How many weights the network has.")
    width, depth, heads = SIZES[size]
    most = STEPS.get(corpus, USUAL_STEPS)
    steps = int(fill.number(f"steps {most}", most, "Steps", "Changes of the weights, one a batch."))
    place = st.container()
    with st.expander("Loss and optimizer", expanded=True):
        learning = _learning(fill, process)
    with st.expander("More"):
        more = _more(fill, steps)
    minutes = more.pop("minutes")
    config = TrainConfig(
        corpus=corpus, vocabulary=vocabulary, length=length, process=process, width=width, depth=depth,
        heads=heads, steps=steps, validation=HELD_OUT, every=max(1, steps // VALIDATIONS), **learning, **more,
    )  # fmt: skip
    return Wish(config, text, minutes), place


def _text(fill: Filler) -> tuple[str, str | None, str, int]:
    """Corpus, the reader's own text, vocabulary and length ("" and 0 where the corpus decides)."""
    corpus = fill.choice(
        "corpus", list(TEXTS), "toy", "Text", "What the model is to learn.", names=_text_name
    )
    if corpus in lab.corpora:
        return corpus, None, "", 0
    data: bytes | str | None = _own(fill) if corpus == "own" else None
    vocabulary = fill.choice(
        "vocabulary", list(VOCABULARIES), "char", "Vocabulary",
        "What a cell holds: characters know every word; words say more with fewer cells.",
        names=lambda name: VOCABULARIES[name],
    )  # fmt: skip
    length = int(fill.number("length", 64, "Canvas", "How many cells the model sees and writes at once."))
    return corpus, None if data is None else lab.check_text(data, length, vocabulary), vocabulary, length


def _own(fill: Filler) -> bytes | str | None:
    """What the reader typed or brought."""
    typed = fill.area("own_text", "", "Paste a text", "A page or more; a book is better.", height=160)
    file = st.file_uploader(
        "or open a file", key=fill.on.key("own_file"),
        help="Plain text in UTF-8. It stays on this machine, in the folder of the run.",
    )  # fmt: skip
    return typed if file is None and typed.strip() else file and file.getvalue()


def _text_name(corpus: str) -> str:
    return TEXTS[corpus]


def _learning(fill: Filler, process: str) -> dict[str, Any]:
    """Loss, optimizer and its rate."""
    serving = [name for name, part in lab.losses.items() if process in part.serves]
    loss = fill.pick(
        lab.losses, lab.processes[process].loss, "Loss", "What is minimised; the page Loss shows how it adds up.",
        serving,
    )  # fmt: skip
    optimizer = fill.pick(
        lab.optimizers, "adamw", "Optimizer", "How a gradient becomes a step of the weights."
    )
    part = lab.optimizers.build(optimizer)
    rate = fill.number(
        f"rate {part.name}", part.rate, "Learning rate",
        "Length of a step. Too small: nothing happens; too large: the loss jumps, or the run diverges.", step=0.001,
        format="%g",
    )  # fmt: skip
    rest = REST_RATE if part.name == "muon" else rate
    return {"loss": loss, "optimizer": optimizer, "rate": float(rate), "rate_rest": float(rest)}


def _more(fill: Filler, steps: int) -> dict[str, Any]:
    """What most readers leave alone."""
    batch = fill.number("batch", BATCH, "Batch", "Texts a step; more make the gradient steadier and dearer.")
    seed = fill.number("seed", 0, "Seed", "Of the first weights, the order of texts and their noise.")
    schedule = fill.pick(
        lab.schedules, "linear", "Training schedule", "Which noise levels are met how often in training."
    )
    warmup = fill.number("warmup", 20, "Warm-up", "Steps in which the learning rate rises from 0.")
    decay = fill.slider("decay", 0.5, "Fall", "Share of the steps, at the end, in which the rate falls to 0.")
    fall = fill.choice("fall", ["linear", "cosine"], "linear", "Shape of the fall", "Straight or S-shaped.")
    minutes = fill.number(
        "minutes", MINUTES, "Minutes at most", "Then it pauses and can be continued.", step=1.0
    )
    target = fill.number(
        "target", 0.0, "Stop at validation loss", "In nats a cell; 0 never stops early.", step=0.01
    )
    patience = fill.number(
        "patience", 0, "Patience", "Validations without a better one before it stops; 0: none."
    )
    if not minutes > 0:
        raise ValueError(f"minutes must be above 0, got {minutes:g}")
    return {
        "batch": int(batch), "seed": int(seed), "schedule": schedule, "warmup": min(int(warmup), max(0, steps)),
        "decay": float(decay), "fall": fall, "minutes": float(minutes), "target": float(target),
        "patience": int(patience),
    }  # fmt: skip


def tell_size(wish: Wish) -> None:
    """One line: weights, time and memory, before anything starts."""
    config = wish.config
    num_words, length = cache.text_size(config, wish.text)
    told = sizing(config, num_words, length, lab.processes[config.process].network)
    st.caption(
        f"{told.weights / 1e6:.2g} million weights, {num_words} words, {length} cells. On a laptop roughly "
        f"**{duration(told.seconds)}** and {told.megabytes / 1000:.1f} GB of memory."
    )


def duration(seconds: float) -> str:
    """A time in the unit that fits: "40 s", "12 min", "3.5 h"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def begin(wish: Wish, *, group: str = "", name: str = "") -> str:
    """Puts the run on the shelf and starts it. Returns its id. Raises ValueError where it cannot be."""
    if wish.config.corpus == "own" and not wish.text:
        raise ValueError("there is no text yet: paste one, or open a file")
    run = lab.shelf().add(
        wish.config, name=name or wish.title, owner=state.reader(), minutes=wish.minutes, text=wish.text, group=group,
    )  # fmt: skip
    lab.shelf().start(run.id)
    return run.id
