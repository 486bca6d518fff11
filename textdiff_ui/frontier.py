"""Quality against cost: lanes measured at many steps over many texts, drawn as curves with their intervals."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import Literal

import pandas as pd
import streamlit as st

from textdiff_core import lab, sweep
from textdiff_core.exports import inert
from textdiff_core.records import RunConfig
from textdiff_core.sweep import jobs
from textdiff_core.sweep.jobs import Standing
from textdiff_ui.frame import escape_markdown, polled
from textdiff_ui.frontier_plots import curves_chart, draw_frontier, in_words
from textdiff_ui.navigation import pages
from textdiff_ui.plots import draw
from textdiff_ui.training import duration

POLL_SECONDS = 1.0
STEPS, USUAL_STEPS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128), (4, 8, 16, 32, 48)
CLICKED = ("frontier_quality", "frontier_diversity")  # keys of the two figures
OUT, MOST_TEXTS = "frontier.parquet", 100_000
Lanes = Mapping[str, RunConfig]  # title -> its configuration; the n-th has the n-th colour of the theme


@dataclasses.dataclass(frozen=True)
class Look:
    """What is drawn: a measure of quality, one of diversity, and what it costs."""

    quality: str
    diversity: str
    cost: str


def section(lanes: Lanes) -> None:
    """The whole section: what is measured, Run and Stop, both figures, and what can be taken along."""
    st.subheader("Quality against cost", anchor=False)
    st.markdown(
        "One text is an anecdote. Here each lane tells many, at several numbers of steps, and every point is a mean "
        "over seeds with its 95 % interval. Quality alone would be won by telling one perfect story again and again, "
        "so how varied the texts are always stands beside it."
    )
    try:
        plan = _plan(lanes)
    except ValueError as error:  # the rest of the page has nothing to do with it
        st.error(escape_markdown(str(error)))
        return
    running = jobs.look(plan).running
    polled(_live, plan, lanes, running, every=POLL_SECONDS if running else None)


def _plan(lanes: Lanes) -> sweep.Plan:
    """The widgets of what is measured, and the sweep they describe. Raises ValueError when it is too much."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        steps = st.multiselect(
            "Steps", STEPS, USUAL_STEPS, key="frontier_steps", width=420,
            help="Each lane is measured at each of these. A sampler that takes no steps is measured once, or at "
            "several values of the knob by which it trades quality for calls.",
        )  # fmt: skip
        num = st.number_input(
            "Texts a seed", 10, 1000, 100, 10, key="frontier_num", width=140,
            help="The share of valid texts among 100 is known to about ± 0.1 at worst, among 1000 to ± 0.03.",
        )  # fmt: skip
        seeds = st.number_input(
            "Seeds", 1, 20, 3, key="frontier_seeds", width=140,
            help="Independent repetitions. The intervals are over them; a single one has none.",
        )  # fmt: skip
    own = [run.steps for run in lanes.values() if not steps and lab.samplers.build(run.sampler).uses_grid()]
    plan = sweep.lanes_plan(
        lanes.values(), steps=sorted({*steps, *own}), seeds=int(seeds), num=int(num), out=OUT
    )
    if (texts := len(plan.cells()) * plan.num) > MOST_TEXTS:
        raise ValueError(
            f"this would be {texts:,} texts, and this page measures at most {MOST_TEXTS:,}: choose fewer steps, texts "
            f"or seeds, or use the command line's `sweep`"
        )
    return plan


def _live(plan: sweep.Plan, lanes: Lanes, was_running: bool) -> None:
    standing = jobs.look(plan)
    _head(plan, standing)
    _told(standing, lanes)
    if standing.found.rows:
        points = sweep.points(standing.found.frame())
        look = _look(points)
        _figures(points, lanes, look)
        _clicked(points, lanes)
        _take_along(plan, standing, points, lanes, look)
    if was_running and not standing.running:
        st.rerun()


def _head(plan: sweep.Plan, standing: Standing) -> None:
    """The button that starts or stops the sweep, and how far it is."""
    texts = f"{standing.done} of {standing.total} rows of {plan.num} texts"
    with st.container(horizontal=True, vertical_alignment="center"):
        if standing.running:
            _act("Stop", jobs.end, plan, "What is measured stays; Run goes on from there.")
            left = "" if math.isnan(standing.left) else f" · about {duration(standing.left)} left"
            st.progress(standing.done / standing.total, texts + (left or " · starting"), width="stretch")
        elif standing.done < standing.total:
            label = "Go on" if standing.done else "Run"
            _act(
                label,
                jobs.begin,
                plan,
                "In a process of its own: it goes on if you leave the page.",
                "primary",
            )
            calls = sum(cell.cost for cell in plan.cells())
            st.caption(f"{texts} are measured; all take about {calls:,} network calls at most.")
        else:
            st.caption(
                f"All {standing.total} rows of {plan.num} texts are measured. Other steps, texts or seeds add to them."
            )


def _act(
    label: str, act: Callable[[sweep.Plan], None], plan: sweep.Plan, help: str,
    kind: Literal["primary", "secondary"] = "secondary",
) -> None:  # fmt: skip
    if st.button(label, key=f"frontier_{label}", help=help, type=kind):
        act(plan)
        st.rerun()


def _told(standing: Standing, lanes: Lanes) -> None:
    """What a reader has to know: what went wrong, and what cannot be compared."""
    for sentence in (standing.error, *standing.found.told):
        if sentence:
            st.warning(escape_markdown(sentence))
    corpora = {name: lab.model_info(run.model).corpus for name, run in lanes.items()}
    unknown = [name for name, corpus in corpora.items() if corpus not in lab.corpora]
    if unknown:
        st.info(
            f"{escape_markdown(', '.join(unknown))}: trained on text whose truth is not known, so no text of it can be "
            "called valid. Only cost and the diversity of words are drawn."
        )
    elif len(set(corpora.values())) > 1:
        st.info("These lanes tell of different worlds: each is judged by the rules of its own.")


def _look(points: pd.DataFrame) -> Look:
    """The widgets that choose what is drawn."""
    rules = [name for name in points if name.startswith(sweep.RULE) and not name.endswith(("_low", "_high"))]
    quality = [name for name, part in lab.metrics.items() if part.judges == "quality"]
    diversity = [name for name, part in lab.metrics.items() if part.judges == "diversity"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return Look(
            st.selectbox("Quality", [*quality, *rules], key="frontier_look_quality", format_func=sweep.title),
            st.selectbox(
                "Diversity", diversity, diversity.index("distinct_2"), key="frontier_look_diversity",
                format_func=sweep.title,
            ),
            st.segmented_control(
                "Cost", list(sweep.COSTS), default=next(iter(sweep.COSTS)), key="frontier_look_cost",
                format_func=sweep.COSTS.__getitem__, required=True,
            ),
        )  # fmt: skip


def _figures(points: pd.DataFrame, lanes: Lanes, look: Look) -> None:
    drawn = sweep.curves(points, lanes, look.cost)
    columns = st.columns(2, gap="medium")
    for key, column, measure in zip(CLICKED, columns, (look.quality, look.diversity), strict=True):
        chart = curves_chart(drawn, list(lanes), measure, look.cost)
        if measure == look.quality:
            draw_frontier(chart, points, look.quality, look.cost)
        with column:
            draw(chart, key, alt=in_words(drawn, measure, look.cost), pick=True)


def _clicked(points: pd.DataFrame, lanes: Lanes) -> None:
    """A way to see a run of the point that was clicked last."""
    links = [
        one["customdata"][0]
        for key in CLICKED
        for one in st.session_state.get(key, {}).get("selection", {}).get("points", ())
        if one.get("customdata")
    ]
    if not links:
        st.caption("Click a point to watch a run of it.")
        return
    config = sweep.config_of(links[-1])
    names = {sweep.family(run): name for name, run in reversed(list(lanes.items()))}
    own = f"{config.steps} steps" if lab.samplers.build(config.sampler).uses_grid() else config.sampler
    name = names.get(sweep.family(config), config.sampler)
    st.page_link(
        pages()["denoise"], label=f"Watch the first run of this point: **{escape_markdown(name)}**, {own}",
        query_params={"model": config.model, **config.to_query()}, icon=":material/play_arrow:",
    )  # fmt: skip


def _take_along(plan: sweep.Plan, standing: Standing, points: pd.DataFrame, lanes: Lanes, look: Look) -> None:
    """One button a file; nothing is computed before one is pressed. And the lines that make the figure again."""
    chosen = dataclasses.asdict(look)
    pictures = {
        form: functools.partial(sweep.figure, points, plan, lanes, form, **chosen) for form in sweep.FORMATS
    }
    rows = standing.found.frame()
    with st.container(horizontal=True):
        for label, name, mime, make, help in (
            ("Rows (.csv)", "csv", "text/csv", functools.partial(to_csv, rows), "A row a configuration and seed."),
            ("Rows (.parquet)", "parquet", "application/vnd.apache.parquet",
             functools.partial(sweep.to_parquet, standing.found.rows, sweep.origin(plan)),
             "The same with exact types, and in its metadata the sweep it is of."),
            ("Figure (.svg)", "svg", "image/svg+xml", pictures["svg"], "For papers; the whole sweep is inside."),
            ("Figure (.png)", "png", "image/png", pictures["png"], "For slides; the whole sweep is inside."),
        ):  # fmt: skip
            st.download_button(
                label, make, f"textdiff-frontier.{name}", mime, key=f"frontier_save_{name}", help=help,
                on_click="ignore",
            )  # fmt: skip
    with st.expander("The same by Python"):
        st.code(python_lines(plan, lanes, look), language="python", wrap_lines=True)
    with st.expander("The means in numbers"):
        names = [name for name in points if name not in ("link", "weights")]
        st.dataframe(points[names], hide_index=True, key="frontier_table")


def to_csv(rows: pd.DataFrame) -> bytes:
    """The rows for a spreadsheet, which runs none of their texts as a formula."""
    safe = rows.map(lambda value: inert(value) if isinstance(value, str) else value)
    return safe.to_csv(index=False).encode("utf-8-sig")


def python_lines(plan: sweep.Plan, lanes: Lanes, look: Look) -> str:
    """A program that measures the same and draws the same figure."""
    made = sweep.made_from(plan, lanes, dataclasses.astuple(look))
    listed = "\n".join(f"    {name!r}: sweep.config_of({link!r})," for name, link in made["lanes"].items())
    return f'''from pathlib import Path
from textdiff_core import sweep

plan = sweep.parse_plan(r"""
{made["plan"]}""")
lanes = {{
{listed}
}}
if __name__ == "__main__":  # the sweep starts processes, which read this file too
    for progress in sweep.run(plan):
        print(f"{{progress.done}} of {{progress.total}} rows, {{progress.left:.0f}} s left")
    points = sweep.points(sweep.read(Path(plan.out)).frame())
    picture = sweep.figure(
        points, plan, lanes, "svg", quality={look.quality!r}, diversity={look.diversity!r}, cost={look.cost!r}
    )
    Path("frontier.svg").write_bytes(picture)
'''
