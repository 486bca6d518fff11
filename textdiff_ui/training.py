"""The settings of a training as widgets, and back into a `TrainConfig`; starting it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import lab
from textdiff_core.sizing import SIZES, check_memory, sizing
from textdiff_core.training_records import TrainConfig
from textdiff_ui import cache, state
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.state import Screen


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that can be learned.

    Attributes:
        label: in the menu.   short: in a run's name.   steps, size: of a run to begin with.
    """

    label: str
    short: str
    steps: int
    size: str


OWN = "own"
TEXTS = {
    "toy": Text("Toy sentences (a minute)", "toy sentences", 1000, "tiny"),
    "tales": Text("Tales (an hour)", "tales", 3000, "small"),
    "package:shakespeare": Text("Shakespeare's plays", "Shakespeare", 2000, "small"),
    OWN: Text("Your own text", "own text", 2000, "small"),
}
VOCABULARIES = {"char": "characters", "word": "words", "subword": "pieces of words"}
UNITS = {"char": "characters", "subword": "pieces"}  # of a cell; else words
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
        config, process = self.config, lab.processes[self.config.process]
        optimizer = config.optimizer.partition(":")[0]
        return f"{TEXTS[config.corpus].short}, {process.title or process.name}, {optimizer} {config.rate:g}"


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
    state.keep_widgets(on)
    with st.sidebar, complaints():
        wish, place = settings(on)
        with place:
            tell_size(wish)
            if st.button("Start training", type="primary", key=on.key("start"), width="stretch"):
                state.choose(state.RUN, begin(wish))
    state.note_widgets(on)
    return wish


def settings(on: Screen, raced: str = "") -> tuple[Wish, DeltaGenerator]:
    """Draws the widgets of a training. Raises ValueError, in one sentence, for what was typed wrong.

    Args:     raced: the field that differs between runs, "" for none; its widgets are left out.
    Returns:  what they describe, and a place below the first of them for the button that starts.
    """
    fill = Filler(False, on)
    corpus, text, vocabulary, length = _text(fill)
    usual = TEXTS[corpus]
    process = "absorbing"
    if raced != "process":
        process = fill.choice(
            "process", list(lab.processes), process, "Noise", "What the model learns to undo.",
            names=lambda name: lab.processes[name].title or name,
        )  # fmt: skip
    size = fill.choice(
        f"size {usual.size}", list(SIZES), usual.size, "Size", "How many weights the network has."
    )
    width, depth, heads = SIZES[size]
    steps = int(
        fill.number(
            f"steps {usual.steps}", usual.steps, "Steps", "Changes of the weights, one a batch of texts."
        )
    )
    place = st.container()
    with st.expander("Loss and optimizer", expanded=True):
        learning = _learning(fill, process, raced)
    with st.expander("More"):
        more = _more(fill, steps, raced)
    minutes = more.pop("minutes")
    config = TrainConfig(
        corpus=corpus, vocabulary=vocabulary, length=length, process=process, width=width, depth=depth,
        heads=heads, steps=steps, validation=HELD_OUT, every=max(1, steps // VALIDATIONS), **learning, **more,
    )  # fmt: skip
    return Wish(config, text, minutes), place


def _text(fill: Filler) -> tuple[str, str | None, str, int]:
    """Corpus, the reader's own text, vocabulary and length ("" and 0 where the corpus decides)."""
    corpus = fill.choice(
        "corpus",
        list(TEXTS),
        "toy",
        "Text",
        "What the model is to learn.",
        names=lambda name: TEXTS[name].label,
    )
    if corpus in lab.corpora:
        return corpus, None, "", 0
    data = _own(fill) if corpus == OWN else None
    vocabulary = fill.choice(
        "vocabulary", list(VOCABULARIES), "char", "Vocabulary",
        "What a cell holds: characters know every word; words say more with fewer cells.",
        names=lambda name: VOCABULARIES[name],
    )  # fmt: skip
    length = int(fill.number("length", 64, "Canvas", "How many cells the model sees and writes at once."))
    if length < 1:
        raise ValueError(f"the canvas must have 1..512 cells, got {length}")
    return corpus, None if data is None else lab.check_text(data, length, vocabulary), vocabulary, length


def _own(fill: Filler) -> bytes | str | None:
    """What the reader typed or brought."""
    typed = fill.area("own_text", "", "Paste a text", "A page or more; a book is better.", height=160)
    file = st.file_uploader(
        "or open a file", key=fill.on.key("own_file"),
        help="Plain text in UTF-8. It stays on this machine, in the folder of the run.",
    )  # fmt: skip
    if file is not None:
        return bytes(file.getvalue())
    return typed if typed.strip() else None


def _learning(fill: Filler, process: str, raced: str) -> dict[str, Any]:
    """Loss, optimizer and its rate."""
    loss, optimizer = lab.processes[process].loss, "adamw"
    if raced not in ("loss", "process"):
        serving = [name for name, part in lab.losses.items() if process in part.serves]
        loss = fill.pick(
            lab.losses, loss, "Loss", "What is minimised; the page Loss shows how it adds up.", serving
        )
    if raced != "optimizer":
        optimizer = fill.pick(
            lab.optimizers, optimizer, "Optimizer", "How a gradient becomes a step of the weights."
        )
    part = lab.optimizers.build(optimizer)
    rate = part.rate
    if raced not in ("optimizer", "rate"):
        rate = fill.number(
            f"rate {part.name}", rate, "Learning rate",
            "Length of a step. Too small: nothing happens; too large: the loss jumps, or the run diverges.",
            step=0.001, format="%g",
        )  # fmt: skip
    rest = REST_RATE if part.name == "muon" else rate
    return {"loss": loss, "optimizer": optimizer, "rate": float(rate), "rate_rest": float(rest)}


def _more(fill: Filler, steps: int, raced: str) -> dict[str, Any]:
    """What most readers leave alone."""
    batch = fill.number("batch", BATCH, "Batch", "Texts a step; more make the gradient steadier and dearer.")
    seed = fill.number("seed", 0, "Seed", "Of the first weights, the order of texts and their noise.")
    schedule = "linear"
    if raced != "schedule":
        schedule = fill.pick(
            lab.schedules, schedule, "Training schedule", "Which noise levels are met how often in training."
        )
    warmup = fill.number(
        "warmup",
        20,
        "Warm-up",
        "Steps in which the rate rises from 0; more where a run jumps at its beginning.",
    )
    decay = fill.slider(
        "decay",
        0.5,
        "Fall",
        "Share of the steps, at the end, in which the rate falls to 0: small steps settle the rest.",
    )
    fall = fill.choice("fall", ["linear", "cosine"], "linear", "Shape of the fall", "Straight or S-shaped.")
    minutes = fill.number(
        "minutes", MINUTES, "Minutes at most", "Then it pauses and can be continued.", step=1.0
    )
    target = fill.number(
        "target", 0.0, "Stop at validation loss", "In nats a cell; 0 never stops early.", step=0.01
    )
    patience = fill.number(
        "patience", 0, "Patience", "Stops after so many validations without a better one; by then it learns by heart.",
    )  # fmt: skip
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
    if config.corpus == OWN and not wish.text:
        st.caption("Paste a text or open a file; then this line tells size, time and memory.")
        return
    num_words, length = cache.text_size(config, wish.text)
    network = lab.processes[config.process].network
    told = sizing(config, num_words, length, network)
    unit = UNITS.get(config.vocabulary, "words")
    st.caption(
        f"{told.weights / 1e6:.2g} million weights, a vocabulary of {num_words} {unit}, {length} cells. On a laptop "
        f"roughly **{duration(told.seconds)}** and {told.megabytes / 1000:.1f} GB of memory."
    )
    check_memory(config, num_words, length, network)


def duration(seconds: float) -> str:
    """A time in the unit that fits: "40 s", "12 min", "3.5 h"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def begin(wish: Wish, *, group: str = "", name: str = "") -> str:
    """Puts the run on the shelf and starts it. Returns its id. Raises ValueError where it cannot be."""
    if wish.config.corpus == OWN and not wish.text:
        raise ValueError("there is no text yet: paste one, or open a file")
    run = lab.shelf().add(
        wish.config, name=name or wish.title, owner=state.reader(), minutes=wish.minutes, text=wish.text, group=group,
    )  # fmt: skip
    lab.shelf().start(run.id)
    return run.id
