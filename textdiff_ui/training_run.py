"""One training on screen: how far it is, its curves, and the text it grows from the same noise."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from textdiff_core import lab
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig, TrainPoint
from textdiff_ui import cache, state, training, training_plots
from textdiff_ui.frame import escape_markdown
from textdiff_ui.navigation import pages
from textdiff_ui.player import encode, player
from textdiff_ui.plots import draw
from textdiff_ui.runs import lane
from textdiff_ui.training import duration
from textdiff_ui.training_plots import UNITS, Curve, Look

POLL_SECONDS = 1.0
SPEED_LINES = 20  # of the log, over which tokens a second are told
PHASES = {
    "queued": "waiting", "starting": "starting", "training": "training", "paused": "paused", "stopped": "stopped",
    "done": "finished", "failed": "broken off", "diverged": "diverged",
}  # fmt: skip


def show(run_id: str) -> None:
    """Shows a run of the shelf, live while it trains."""
    run = lab.shelf().run(run_id)
    st.fragment(_live, run_every=POLL_SECONDS if run.active else None)(run_id, run.active)


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
    shelf.watch(run_id)
    run = shelf.run(run_id)
    log, points = shelf.log(run_id), shelf.curve(run_id)
    _head(run, log)
    _buttons(run)
    if not log and not points:
        st.info("The first numbers come when the worker has read its tools: some five seconds.")
    else:
        curve = Curve(run.name, log, points)
        charts(curve, marks=cache.baselines(run_id), behind=_behind(run))
        grown(run_id, points)
    if was_active and not run.active:
        st.rerun()


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
                "Pause", shelf.pause, run, "Ends its worker; it can be continued at any time, also tomorrow."
            )
            _act("Stop", shelf.stop, run, "Ends it here; what it has learned stays.")
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


def charts(
    curve: Curve, *, marks: dict[str, float], behind: Curve | None = None, others: Sequence[Curve] = ()
) -> None:
    """The loss, the loss by noise level, gradient and rate, under the controls of how they are drawn."""
    look, with_behind = _look(marks, behind)
    shown = [*([behind] if with_behind and behind else []), curve, *others]
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
            "Nats of a hidden word by how much is hidden (rows) as training goes on (columns). Low noise is learned "
            "first, since its gaps have neighbours; at 100 % only the frequencies of words can be known."
        )
    with slope:
        draw(training_plots.gradient(curve, look), "chart_gradient", "Length of the gradient.")
        draw(training_plots.rate(curve, look), "chart_rate", "Learning rate.")


def _look(marks: dict[str, float], behind: Curve | None) -> tuple[Look, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = st.segmented_control(
            "Unit", list(UNITS), default="nats a cell", key="look_unit", required=True
        )
        smoothing = st.slider("Smoothing", 0.0, 0.99, 0.9, 0.01, key="look_smoothing", width=180)
        log_x = st.toggle("log steps", key="look_log_x", value=True)
        log_y = st.toggle("log loss", key="look_log_y")
        faint = behind is not None and st.toggle("shipped run behind", key="look_behind", value=True)
    return Look(unit or "nats a cell", smoothing, "step", log_x, log_y, marks), bool(faint)


def _behind(run: Any) -> Curve | None:
    """The curve of the model that was shipped for the same text and noise, where there is one."""
    for name in lab.models():
        info = lab.model_info(name)
        if (info.corpus, info.process) == (run.config.corpus, run.config.process):
            return Curve(f"shipped: {name}", points=lab.history(name), faint=True)
    return None


def _tell(points: Sequence[TrainPoint], marks: dict[str, float]) -> None:
    """What a normal curve looks like, and where this one stands on it."""
    frequencies = marks.get("word frequencies only")
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
        st.caption(f"step {old:,}: {escape_markdown(samples[old])}")
    trace = cache.training_trace(run_id, step)
    if trace is None:
        st.markdown(f"step {step:,}: {escape_markdown(samples[step])}")
    else:
        _play(run_id, step, trace)


def _play(run_id: str, step: int, trace: Trace) -> None:
    st.caption(f"Grown after step {step:,}, from the noise of seed {trace.config.seed}:")
    payload = encode([lane(trace)], run=f"{run_id}-{step}", compact=True)
    if player(payload, key="grown").resume:
        st.info("Words can be put back on the Denoise page, with this model.")
