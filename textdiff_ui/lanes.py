"""Several runs set up side by side: which there are, the one that is being changed, and those that links bring."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import streamlit as st

from textdiff_core import lab
from textdiff_core.ledger import sentence_case
from textdiff_core.records import RunConfig
from textdiff_ui import runs, state
from textdiff_ui.controls import Filler, one_run
from textdiff_ui.frame import escape_markdown
from textdiff_ui.screens import FEWEST, MOST, Lanes, LanesScreen, check_lanes, lane

# Seed 32 shows what each rule does on average; the next seeds show how much that varies.
FOUR = tuple(
    RunConfig(sampler=sampler, steps=steps, seed=32)
    for sampler, steps in (("first-hitting", 48), ("confidence", 40), ("ancestral", 8), ("informed", 8))
)
SCREEN = LanesScreen("compare", Lanes(FOUR), check_lanes)
CHANGED, SEEDS, PASTED, REFUSED = (SCREEN.key(what) for what in ("lane", "seeds", "link", "link_refused"))
OWN_STEPS = {"one": "one word a call", "adaptive": "steps of its own"}  # by the rule of the sampler
SEED_WAYS = ("one seed for all", "each its own seed")


def name(run: RunConfig) -> str:
    """Its sampler with the knobs that were set, such as "Confidence, by drawn"."""
    sampler, _, knobs = run.sampler.partition(":")
    return sentence_case(", ".join([sampler, *knobs.replace("=", " ").split(",")] if knobs else [sampler]))


def note(run: RunConfig, *, model: bool = False) -> str:
    """Its other settings in a few words, such as "20 steps · linear · seed 2". Args: model: tell it as well."""
    sampler, usual = lab.samplers.build(run.sampler), RunConfig()
    free = sampler.uses_grid()
    parts = [
        (run.model, model),
        (f"{run.steps} steps" if free else OWN_STEPS[sampler.rule], True),
        (run.register, bool(run.register)),
        (f"guidance {run.guidance:g}", run.guidance != usual.guidance),
        (run.schedule, True),
        (f"{run.grid} grid", free and run.grid != usual.grid),
        (f"temperature {run.temperature:g}", run.temperature != usual.temperature),
        (f"top-p {run.top_p:g}", run.top_p != usual.top_p),
        (f"{run.length} cells", run.length is not None),
        (f"{len(run.keep)} kept", bool(run.keep)),
        (f"from a draft at level {run.level:g}", bool(run.draft)),
        (f"{len(run.edits)} changes by hand", bool(run.edits)),
        (f"seed {run.seed}", True),
    ]
    return " · ".join(text for text, told in parts if told)


def titled(lanes: Lanes) -> list[tuple[str, str]]:
    """(title, note) of each lane; the titles are numbered, as people call lanes by their numbers."""
    several = len({run.model for run in lanes.runs}) > 1
    return [
        (f"{number} {name(run)}", note(run, model=several)) for number, run in enumerate(lanes.runs, start=1)
    ]


def by_title(lanes: Lanes) -> dict[str, RunConfig]:
    """The lanes by their titles, in their order."""
    return {title: run for (title, _), run in zip(titled(lanes), lanes.runs, strict=True)}


def describe(shown: Lanes, fill: Filler) -> Lanes:
    """Draws the list of lanes and the widgets of the one that is being changed; returns the lanes they describe."""
    number = st.session_state[CHANGED] = min(st.session_state.get(CHANGED) or 0, len(shown.runs) - 1)
    told = titled(shown)
    st.radio(
        "Lane to change", range(len(told)), key=CHANGED, format_func=lambda at: told[at][0],
        captions=[about for _, about in told], on_change=_refill,
    )  # fmt: skip
    st.button(
        "Remove this lane", key="remove_lane", on_click=_remove, disabled=len(told) == FEWEST,
        help=f"Takes it away; at least {FEWEST} stay.",
    )  # fmt: skip
    before = shown.runs[number]
    run = one_run(before, fill)
    wanted = shown.put(number, run)
    if run.model != before.model:
        state.show(wanted, SCREEN)  # the controls must offer what serves the new model
        st.rerun()
    return wanted


def _refill() -> None:
    state.show(state.config(SCREEN), SCREEN)


def _change(number: int, lanes: Lanes) -> None:
    """Puts these lanes on screen; lane `number` is the one to change."""
    st.session_state[CHANGED] = number
    state.show(lanes, SCREEN)


def _copy() -> None:
    shown, number = state.config(SCREEN), st.session_state[CHANGED]
    _change(len(shown.runs), shown.adding([shown.runs[number]]))


def _remove() -> None:
    shown, number = state.config(SCREEN), st.session_state[CHANGED]
    _change(max(0, number - 1), shown.without(number))


def toolbar(shown: Lanes) -> None:
    """The buttons over the player: new noise, the link, a lane from a link, and whether all share a seed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.noise_buttons(SCREEN)
        st.button(
            "Add lane", key="add_lane", on_click=_copy, disabled=len(shown.runs) == MOST,
            help=f"A copy of the lane that is chosen at the left, to be changed there; at most {MOST} lanes.",
        )  # fmt: skip
        with st.popover("Add lane from link"):
            _paste()
        st.session_state[SEEDS] = SEED_WAYS[not shown.share_a_seed]
        st.segmented_control(
            "Seeds", SEED_WAYS, key=SEEDS, on_change=_change_seeds, label_visibility="collapsed",
        )  # fmt: skip


def _change_seeds() -> None:
    shown, way = state.config(SCREEN), st.session_state[SEEDS]
    if way is not None:
        state.show(shown.seeded(shown.runs[0].seed, SEED_WAYS.index(way)), SCREEN)


def _paste() -> None:
    st.text_input(
        "Link", key=PASTED, placeholder="http://…/denoise?sampler=ancestral&steps=16",
        help="Of the Denoise page, for one lane, or of this page, for all lanes it holds.",
    )  # fmt: skip
    st.button("Add", key="add_link", on_click=_add_link, type="primary")
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(escape_markdown(refused))


def _add_link() -> None:
    shown = state.config(SCREEN)
    try:
        found, ignored = read_link(st.session_state[PASTED])
        lanes = shown.adding(found)
    except ValueError as error:
        st.session_state[REFUSED] = str(error)
        return
    st.session_state[PASTED], st.session_state[CHANGED] = "", len(shown.runs)
    state.show(lanes, SCREEN, ignored=ignored)


def read_link(text: str) -> tuple[list[RunConfig], list[str]]:
    """The lanes that a link of this page or of the Denoise page holds, and a sentence for all that was left out.

    Raises:   ValueError: it is no link, or one of a page without such runs, or no lane is left of it.
    """
    wanted = f"a link of the Denoise page or of this page is wanted, got {text.strip()[:80]!r}"
    try:
        link = urlsplit(text.strip())
    except ValueError:
        raise ValueError(wanted) from None
    page = link.path.rstrip("/").rpartition("/")[2]
    if page == "denoise":
        run, ignored = lane(link.query)
        found = [run] if run else []
    elif page == "compare":
        found, ignored = SCREEN.lanes_in(parse_qs(link.query, keep_blank_values=True))
    else:
        raise ValueError(wanted)
    if not found:
        raise ValueError(f"no lane is left of this link: {'; '.join(ignored)}")
    return found, ignored
