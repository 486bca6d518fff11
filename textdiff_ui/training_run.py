"""One training on screen: how far it is, its curves, and the text it grows from the same noise."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from textdiff_core import lab
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig, TrainPoint
from textdiff_ui import cache, state, training, training_plots
from textdiff_ui.frame import escape_markdown, polled
from textdiff_ui.navigation import pages
from textdiff_ui.player import player
from textdiff_ui.plots import draw
from textdiff_ui.runs import lane
from textdiff_ui.training import duration
from textdiff_ui.training_plots import UNITS, Curve, Look

POLL_SECONDS = 1.0
CLIP = TrainConfig.clip
UNIT = (
    "Surprise at the true word of a cell, −ln p: 0 for what was certain, 0.69 nats (1 bit) for a coin toss."
)
MOST_LINES = 400  # of a log, in a picture
SPEED_LINES = 20  # of the log, over which tokens a second are told
PHASES = {
    "queued": "waiting", "starting": "starting", "training": "training", "paused": "paused", "stopped": "stopped",
    "done": "finished", "failed": "broken off", "diverged": "diverged",
}  # fmt: skip


def show(run_id: str) -> None:
    """Shows a run of the shelf, live while it trains."""
    run = lab.shelf().run(run_id)
    polled(_live, run_id, run.active, every=POLL_SECONDS if run.active else None)


def example() -> None:
    """Nothing is trained yet: the curve of the model that is shipped, as what to expect."""
    name = lab.models()[0]
    st.info(
        "Choose a text on the left and press **Start training**. Until then: the curve of the model that this app "
        f"was shipped with, `{name}`."
    )
    curve, info = Curve(name, points=lab.history(name)), lab.model_info(name)
    charts(
        curve, marks=cache.baselines_of(TrainConfig(corpus=info.corpus, process=info.process)), behind=None
    )
    samples = {point.step: point.sample for point in curve.points if point.sample}
    st.subheader("The same noise, validation after validation", anchor=False)
    step = st.select_slider("After step", list(samples), value=next(iter(samples)), key="sample_of_shipped")
    st.markdown(escape_markdown(samples[step]))


def _live(run_id: str, was_active: bool) -> None:
    shelf = lab.shelf()
    try:
        run = shelf.run(run_id)
    except ValueError:
        if was_active:  # deleted elsewhere: the page, drawn anew, says so and asks no more
            st.rerun()
        raise
    shelf.watch(run_id)
    log, points = shelf.log(run_id), shelf.curve(run_id)
    _head(run, log)
    _buttons(run)
    if log or points:
        curve = Curve(run.name, thinned(log), points, run.color)
        charts(curve, marks=cache.baselines(run_id), behind=_behind(run))
        grown(run_id, points)
    elif run.active:
        st.info("The network is being loaded; the first numbers come in some five seconds.")
    if was_active and not run.active:
        st.rerun()


def thinned(log: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """At most some MOST_LINES lines, evenly chosen, the last one among them: more than a picture can show."""
    stride = -(-len(log) // MOST_LINES)
    return log if stride < 2 else log[::-1][::stride][::-1]


def _head(run: Any, log: Sequence[dict[str, Any]]) -> None:
    """The name, one line of where it stands, and the bar."""
    st.subheader(escape_markdown(run.name), anchor=False)
    phase, step, total = PHASES[run.state.phase], run.state.step, run.config.steps
    parts = [f"**{phase}**", f"step {step:,} of {total:,}"]
    if run.state.seconds:
        parts.append(f"trained {duration(run.state.seconds)}")
    if run.state.phase == "queued" and run.ahead:
        parts.append(f"{run.ahead} before it in the queue")
    speed = tokens_a_second(log)
    if run.active and speed:
        cells = log[-1]["tokens"] / max(1, log[-1]["step"])
        parts += [f"{speed:,.0f} cells a second", f"{duration((total - step) * cells / speed)} left"]
    st.progress(min(1.0, step / total), " · ".join(parts))
    if run.owner not in ("", state.reader()):
        st.caption("Started in another browser session, perhaps by somebody else.")
    if run.state.phase == "diverged":
        st.error(escape_markdown(run.state.message))
    elif run.state.phase == "failed":
        st.warning(escape_markdown(run.state.message))
    elif run.state.message and run.state.phase != "done":
        st.info(escape_markdown(run.state.message))


def tokens_a_second(log: Sequence[dict[str, Any]]) -> float:
    """Over the last lines of the log; 0 where that cannot be told."""
    if len(log) < 2:
        return 0.0
    first, last = log[-min(len(log), SPEED_LINES)], log[-1]
    took = last["seconds"] - first["seconds"]
    return (last["tokens"] - first["tokens"]) / took if took > 0 else 0.0


def _buttons(run: Any) -> None:
    shelf = lab.shelf()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if run.active:
            _act(
                "Pause", shelf.pause, run, "Frees the machine for now; Continue goes on from this very step."
            )
            _act("Stop", shelf.stop, run, "It has learned enough; its model stays, with all of its curves.")
        elif run.state.phase == "diverged":
            _act(
                "Again with a third of the rate",
                _gentler,
                run,
                "A new run, all else the same.",
                kind="primary",
            )
        elif run.state.phase != "done":
            _act("Continue", shelf.start, run, "From the very step at which it was.", kind="primary")
        if run.has_model:
            help = "Its averaged weights as of the last validation."
            if st.button("Use it on the Denoise page", key="use_model", help=help):
                state.use_model(run.id)
                st.switch_page(pages()["denoise"])
            st.download_button(
                "Save as a file (.zip)", functools.partial(shelf.pack, run.id), f"{run.id}.zip", "application/zip",
                key="save_run", help="The checkpoint folder; the Runs page opens it again.", on_click="ignore",
            )  # fmt: skip
        with st.popover("Copy link"):
            st.caption("Finds this run again, also after this page was closed.")
            st.code(state.page_link(run=run.id), language=None, wrap_lines=True)


def _act(label: str, act: Callable[[str], Any], run: Any, help: str, *, kind: Any = "secondary") -> None:
    """A button that does something to the run, and shows the page anew or why it could not."""
    if st.button(label, key=label.lower(), type=kind, help=help):
        with training.complaints():
            act(run.id)
            st.rerun()


def _gentler(run_id: str) -> None:
    """Starts the run anew with a third of its learning rates."""
    run = lab.shelf().run(run_id)
    config = dataclasses.replace(run.config, rate=run.config.rate / 3, rate_rest=run.config.rate_rest / 3)
    own = run.folder / "text.txt"
    if own.is_file():
        config = dataclasses.replace(config, corpus=training.OWN)
    wish = training.Wish(config, own.read_text("utf-8") if own.is_file() else None, run.minutes)
    state.choose(state.RUN, training.begin(wish, name=f"{run.name}, a third of the rate"))


def charts(curve: Curve, *, marks: dict[str, float], behind: Curve | None = None) -> None:
    """The loss, the loss by noise level, gradient and rate, under the controls of how they are drawn."""
    look, with_behind = _look(marks, behind)
    shown = [*([behind] if with_behind and behind else []), curve]
    whole, by_level, slope = st.tabs(["Loss", "Loss by noise level", "Gradient and rate"])
    with whole:
        draw(training_plots.loss(shown, look), "chart_loss", training_plots.told(shown))
        _tell(curve.points, marks)
    with by_level:
        draw(
            training_plots.levels(curve.points, look.unit),
            "chart_levels",
            "Loss by noise level over the validations.",
        )
        st.caption(
            "Nats of a word that noise took, by how much it took (rows), as training goes on (columns). Low noise is "
            "learned first, since its gaps have neighbours; at 100 % only the frequencies of words can be known."
        )
    with slope:
        draw(training_plots.gradient(curve, look), "chart_gradient", "Length of the gradient.")
        draw(training_plots.rate(curve, look), "chart_rate", "Learning rate.")
        if curve.log:
            st.caption(_step_in_numbers(curve.log[-1]))


def _step_in_numbers(line: Mapping[str, Any]) -> str:
    """The rule of a step with the numbers of the last one."""
    cut = f", cut to {CLIP:g}" if line["gradient_norm"] > CLIP else ""
    return (
        f"Step {line['step']:,}: θ ← θ − η u with η = {line['rate']:.3g}, and u what the optimizer makes of the "
        f"gradient g, ‖g‖ = {line['gradient_norm']:.3g}{cut}. The batch cost {line['nelbo']:.3f} nats a cell."
    )


def choose_unit(key: str) -> str:
    """The switch between units of loss that every picture of one has. Args: key: unique on its page."""
    usual = next(iter(UNITS))
    return (
        st.segmented_control("Unit", list(UNITS), default=usual, key=key, required=True, help=UNIT) or usual
    )


def _look(marks: dict[str, float], behind: Curve | None) -> tuple[Look, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = choose_unit("look_unit")
        smoothing = st.slider("Smoothing", 0.0, 0.99, 0.9, 0.01, key="look_smoothing", width=180)
        log_x = st.toggle("log steps", key="look_log_x", value=True)
        log_y = st.toggle("log loss", key="look_log_y")
        faint = behind is not None and st.toggle("shipped run behind", key="look_behind", value=True)
    return Look(unit, smoothing, "step", log_x, log_y, marks), bool(faint)


def _behind(run: Any) -> Curve | None:
    """The curve of the model that was shipped for the same text and noise, or one that was recorded for it."""
    for name in lab.models():
        info = lab.model_info(name)
        if (info.corpus, info.process) == (run.config.corpus, run.config.process):
            return Curve(f"shipped: {name}", points=lab.history(name), faint=True)
    recorded = cache.recorded_race()
    if (recorded.corpus, recorded.process) == (run.config.corpus, run.config.process):
        name = run.config.optimizer.partition(":")[0]
        name = name if name in recorded.curves else "adamw"
        return Curve(f"recorded: {name}", points=recorded.curves[name].points, faint=True)
    return None


def _tell(points: Sequence[TrainPoint], marks: dict[str, float]) -> None:
    """What a normal curve looks like, and where this one stands on it."""
    frequencies = marks.get(training_plots.FREQUENCIES)
    if frequencies is None or not points:
        return
    rest, last = training_plots.plateau(points), points[-1]
    if last.validation_nelbo >= frequencies:
        where = "This run knows at most how often words occur: so far nothing of what stands around a gap is used."
    elif rest is None:
        where = "This run uses what stands around a gap, and has shown no plateau yet."
    else:
        where = (
            f"This run rested between steps {rest.since:,} and {rest.until:,} and fell fastest by step {rest.drop:,}: "
            "there it found words that belong together."
        )
    st.caption(
        "A normal curve falls fast from *all words alike* past *word frequencies only*, as neighbours are learned; it "
        "may rest on a **plateau**, and **drops** when attention finds what belongs together over a distance. "
        + where
    )


def grown(run_id: str, points: Sequence[TrainPoint]) -> None:
    """The text grown from the same noise at each validation, and a player of one of them."""
    samples = {point.step: point.sample for point in points if point.sample}
    if not samples:
        return
    st.subheader("The same noise, validation after validation", anchor=False)
    steps = list(samples)
    newest = st.toggle("follow the newest", value=True, key=f"follow_{run_id}")
    step = steps[-1]
    if len(steps) > 1 and not newest:
        step = st.select_slider("After step", steps, value=steps[-1], key=f"sample_{run_id}")
    early = [s for s in steps if s < step]
    for old in early[:: max(1, len(early) // 3)][:3]:
        st.caption(f"step {old:,}: {_lines(samples[old])}")
    trace = cache.training_trace(run_id, step)
    if trace is None:
        st.markdown(f"step {step:,}: {_lines(samples[step])}")
    else:
        _play(run_id, step, trace)


def _lines(text: str) -> str:
    """A sample as Markdown that keeps its lines."""
    return "  \n".join(escape_markdown(line) for line in text.splitlines())


def _play(run_id: str, step: int, trace: Trace) -> None:
    st.caption(f"Grown after step {step:,}, from the noise of seed {trace.config.seed}:")
    payload = cache.payload(f"{run_id}-{step}", {"lanes": [lane(trace)], "compact": True})
    if player(payload, key="grown").resume:
        st.info("Words can be put back on the Denoise page, with this model.")
