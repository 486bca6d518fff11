"""What one reader's session remembers, and the link that brings the same picture back.

The only place that names keys of `st.session_state`; widgets' own keys are in `controls`.
"""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

import streamlit as st

from textdiff_core import lab
from textdiff_core.records import Edit, RunConfig
from textdiff_core.trace import Trace

CONFIG, REFILL, WRITTEN, IGNORED = "run_config", "refill_controls", "written_query", "ignored_of_link"
RUNS, READER, AGAIN = "runs_by_number", "reader", "times_again"
STOPPED, UPLOADS = "stopped_run", "upload_count"
MAX_RUNS = 8


def reader() -> str:
    """A name for this session, the same for as long as it lasts."""
    return st.session_state.setdefault(READER, uuid.uuid4().hex)


def config() -> RunConfig:
    """The run on screen."""
    return st.session_state[CONFIG]


def show(wanted: RunConfig, *, refill: bool = True) -> None:
    """Puts a run on screen; with `refill` the controls are set to it before they are drawn next."""
    if st.session_state.get(CONFIG) != wanted:
        st.session_state[AGAIN] = 0
        st.session_state[STOPPED] = None
        st.session_state[IGNORED] = ()
    st.session_state[CONFIG] = wanted
    st.session_state[REFILL] = st.session_state.get(REFILL, False) or refill


def refilling() -> bool:
    """Whether the controls have to be set to `config()`; asking clears it."""
    return st.session_state.pop(REFILL, False)


def adopt_link() -> None:
    """Puts on screen what the address describes, where it is not what this session wrote there itself.

    Coming back from another page the address is empty; then the session's run stays.
    """
    query = st.query_params.to_dict()
    begun = CONFIG in st.session_state
    if begun and (query == st.session_state.get(WRITTEN) or not query):
        return
    wanted, ignored = _runnable(*RunConfig.from_query(query))
    show(wanted)
    st.session_state[IGNORED] = tuple(ignored)


def _runnable(wanted: RunConfig, ignored: list[str]) -> tuple[RunConfig, list[str]]:
    """`wanted` without the settings that no model here can run, and a sentence more for each of them.

    A link may name shipped models only: a folder of the server is nobody's to choose from outside.
    """
    found = RunConfig()
    for name, text in wanted.to_query().items():
        candidate = found.replace(**{name: getattr(wanted, name)})
        try:
            if candidate.model not in lab.models():
                raise ValueError(f"shipped models: {', '.join(lab.models()) or 'none'}")
            lab.check(candidate)
            found = candidate
        except ValueError as error:
            ignored.append(f"{name} = {text[:60]!r} ({error})")
    return found, ignored


def ignored() -> tuple[str, ...]:
    """What was left out of the link that opened the run on screen."""
    return st.session_state.get(IGNORED, ())


def write_link() -> None:
    """Makes the browser's address the link to the run on screen."""
    query = config().to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    st.session_state[WRITTEN] = query


def link() -> str:
    """The whole address of the run on screen."""
    query = urlencode(config().to_query())
    return (st.context.url or "").partition("?")[0] + (f"?{query}" if query else "")


def new_noise() -> None:
    """The next seed, without the reader's edits."""
    show(config().replace(seed=config().seed + 1, edits=()))


def same_noise() -> None:
    """The run on screen once more, computed anew."""
    st.session_state[AGAIN] = st.session_state.get(AGAIN, 0) + 1
    st.session_state[STOPPED] = None


def again() -> str:
    """Names the repetition of the run on screen; "" for the first time."""
    times = st.session_state.get(AGAIN, 0)
    return f"{reader()}-{times}" if times else ""


def stop(trace: Trace | None) -> None:
    """Keeps what the run on screen had come to when the reader stopped it."""
    st.session_state[STOPPED] = trace


def stopped() -> Trace | None:
    """The stopped run's trace, or None where the run on screen was not stopped."""
    return st.session_state.get(STOPPED)


def branch(parent: RunConfig, step: int, positions: tuple[int, ...]) -> None:
    """Puts on screen the run that leaves `parent` at frame `step` with these positions back to noise.

    Asked a second time for the same change, the steps after it get random numbers of their own.
    """
    _file(parent)
    before = tuple(edit for edit in parent.edits if edit.step < step)
    known = set(runs().values())
    seeds = (None, *range(1, MAX_RUNS + 2))
    children = (parent.replace(edits=(*before, Edit(step, positions, seed))) for seed in seeds)
    show(next(child for child in children if child not in known))


def remember() -> dict[int, RunConfig]:
    """Files the run on screen among the session's latest ones; returns them by number, oldest first."""
    _file(config())
    return runs()


def _file(run: RunConfig) -> None:
    numbered = runs()
    if run not in numbered.values():
        numbered[max(numbered, default=0) + 1] = run
        while len(numbered) > MAX_RUNS:
            numbered.pop(min(numbered))


def runs() -> dict[int, RunConfig]:
    """The session's latest runs by number, oldest first."""
    return st.session_state.setdefault(RUNS, {})


def upload_key() -> str:
    """Key of the box that takes a trace file; a new one empties the box."""
    return f"trace_file_{st.session_state.get(UPLOADS, 0)}"


def forget_upload() -> None:
    """Empties the box that takes a trace file."""
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
