"""What one reader's session remembers, and the link that brings the same picture back.

The only place that names keys of `st.session_state`; widgets' own keys are in `controls`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from textdiff_core import lab
from textdiff_core.records import Edit, RunConfig
from textdiff_core.trace import Trace
from textdiff_ui.screens import DENOISE, RACE, TRAIN, Query, Screen

CONFIG, REFILL, REFILLED = "run_config", "refill_controls", "refilled_controls"
WRITTEN, IGNORED = "written_queries", "ignored_of_link"
RUNS, READER, AGAIN = "runs_by_number", "reader", "times_again"
STOPPED, UPLOADS = "stopped_run", "upload_count"
RUN, RACE_OF = "run", "race"  # parameters of the address
LAST, KEPT = "last_", "kept_widgets"
MEASURED = "measured_"
FOR_ALL, ADOPTED = "schedule_for_all_pages", "schedule_adopted"
MAX_RUNS = 8
__all__ = ["DENOISE", "RACE", "TRAIN", "Screen"]  # of `screens`, for all who keep something of one


def reader() -> str:
    """A name for this session, the same for as long as it lasts."""
    return st.session_state.setdefault(READER, uuid.uuid4().hex)


def config(on: Screen = DENOISE) -> Any:
    """What is on screen: a run, or all lanes of a page that has several."""
    return st.session_state[on.key(CONFIG)]


def show(wanted: Any, on: Screen = DENOISE, *, refill: bool = True, ignored: Sequence[str] = ()) -> None:
    """Puts a run, or lanes, on screen; with `refill` the controls are set to it before they are drawn next.

    Args:     ignored: what was left out of the link it came by.
    """
    if st.session_state.get(on.key(CONFIG)) != wanted:
        st.session_state[on.key(AGAIN)] = 0
        st.session_state[on.key(STOPPED)] = None
        st.session_state[on.key(IGNORED)] = ()
    if ignored:
        st.session_state[on.key(IGNORED)] = tuple(ignored)
    st.session_state[on.key(CONFIG)] = wanted
    st.session_state[on.key(REFILL)] = st.session_state.get(on.key(REFILL), False) or refill


def refilling(on: Screen = DENOISE) -> bool:
    """Whether the controls have to be set to `config()`; asking clears it."""
    refill = st.session_state[on.key(REFILLED)] = st.session_state.pop(on.key(REFILL), False)
    return refill


def hold_controls(on: Screen = DENOISE) -> None:
    """Before a run of the page that no reader asked for: sets the controls again if the last one did so.

    A browser that lags behind still says what stood in them earlier, and that is no wish to go back there.
    """
    st.session_state[on.key(REFILL)] = st.session_state.get(on.key(REFILLED), False)


def adopt_link(on: Screen = DENOISE) -> None:
    """Puts on screen what the address describes, where the reader changed it: by a link, or going back.

    What this session wrote there itself is no news, nor is an address that the browser sends while a newer
    one is still on its way to it. Coming back from another page the address is empty; then the session's
    run stays.
    """
    query = _address()
    written = st.session_state.setdefault(on.key(WRITTEN), [])
    if query in written:
        newer = written[::-1].index(query)
        del written[: len(written) - 1 - newer]  # the browser has come this far
        return
    if on.key(CONFIG) in st.session_state and not query:
        return
    wanted, ignored = on.read(query)
    show(wanted, on)
    st.session_state[on.key(IGNORED)] = tuple(ignored)
    st.session_state[on.key(WRITTEN)] = [query]


def _address() -> Query:
    """The parameters of the browser's address, each with all its values."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def leave_lost_model(on: Screen = DENOISE) -> str:
    """Puts on screen what is left without models that are gone; returns the sentence about them, "" where none is."""
    left, sentence = on.without_lost(config(on))
    if sentence:
        show(left, on)
    return sentence


def use_everywhere(schedule: str) -> None:
    """Every page takes over this schedule, once, when it is drawn next."""
    times, _ = st.session_state.get(FOR_ALL, (0, ""))
    st.session_state[FOR_ALL] = (times + 1, schedule)


def adopt_schedule(on: Screen = DENOISE) -> None:
    """Puts the schedule that was chosen for every page on this one, where it is news here."""
    wish = st.session_state.get(FOR_ALL)
    if wish is not None and st.session_state.get(on.key(ADOPTED)) != wish:
        st.session_state[on.key(ADOPTED)] = wish
        show(config(on).replace(schedule=wish[1], edits=()), on)


def ignored(on: Screen = DENOISE) -> tuple[str, ...]:
    """What was left out of the link that opened the run on screen."""
    return st.session_state.get(on.key(IGNORED), ())


def write_link(on: Screen = DENOISE) -> None:
    """Makes the browser's address the link to the run on screen."""
    query = on.write(config(on))
    if _address() != query:
        st.query_params.from_dict(query)
    written = st.session_state.setdefault(on.key(WRITTEN), [])
    if written[-1:] != [query]:
        written.append(query)


def link(on: Screen = DENOISE) -> str:
    """The whole address of the run on screen."""
    query = urlencode(on.write(config(on)), doseq=True)
    return (st.context.url or "").partition("?")[0] + (f"?{query}" if query else "")


def new_noise(on: Screen = DENOISE) -> None:
    """The next seed, without the reader's edits."""
    show(on.renoised(config(on)), on)


def same_noise(on: Screen = DENOISE) -> None:
    """The run on screen once more, computed anew."""
    st.session_state[on.key(AGAIN)] = st.session_state.get(on.key(AGAIN), 0) + 1
    st.session_state[on.key(STOPPED)] = None


def again(on: Screen = DENOISE) -> str:
    """Names the repetition of the run on screen; "" for the first time."""
    times = st.session_state.get(on.key(AGAIN), 0)
    return f"{reader()}-{times}" if times else ""


def stop(traces: Sequence[Trace], on: Screen = DENOISE) -> None:
    """Keeps what the runs on screen had come to when the reader stopped them."""
    st.session_state[on.key(STOPPED)] = tuple(traces)


def stopped(on: Screen = DENOISE) -> tuple[Trace, ...] | None:
    """The stopped runs' traces, or None where the runs on screen were not stopped."""
    return st.session_state.get(on.key(STOPPED))


def branch(parent: Any, step: int, positions: tuple[int, ...], on: Screen = DENOISE, lane: int = 0) -> None:
    """Puts on screen the run that leaves `parent` at frame `step` with these positions back to noise.

    Asked a second time for the same change, the steps after it get random numbers of their own.
    """
    if on == DENOISE:
        _file(parent)
    known = set(runs().values()) if on == DENOISE else {parent}
    seeds = (None, *range(1, MAX_RUNS + 2))
    children = (on.changed(parent, lane, Edit(step, positions, seed)) for seed in seeds)
    show(next(child for child in children if child not in known), on)


def start_from(draft: str) -> None:
    """Puts on screen the run that begins from this text."""
    forget_upload()
    show(config().replace(draft=draft, edits=()))


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


def upload_key(what: str = "trace") -> str:
    """Key of the box that takes a file, of a trace or of what is named; a new one empties the box."""
    return f"{what}_file_{st.session_state.get(UPLOADS, 0)}"


def forget_upload() -> None:
    """Empties the boxes that take files."""
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def chosen(what: str) -> str | None:
    """The training (`RUN`) or race (`RACE_OF`) that the address names; on coming back, the session's last one."""
    if what not in st.query_params and LAST + what in st.session_state:
        st.query_params.from_dict({what: st.session_state[LAST + what]})
    return st.query_params.get(what)


def choose(what: str, name: str) -> None:
    """Makes the address the link to a training or race, and remembers it for when the reader comes back."""
    st.session_state[LAST + what] = name
    st.query_params.from_dict({what: name})


def forget(what: str) -> None:
    """Leaves the training or race: the page is as it opens."""
    st.session_state.pop(LAST + what, None)
    st.query_params.clear()


def keep_widgets(on: Screen) -> None:
    """Brings back what the reader set on this page before going to another one, which takes the widgets away."""
    for key, value in st.session_state.setdefault(on.key(KEPT), {}).items():
        st.session_state.setdefault(key, value)


def note_widgets(on: Screen) -> None:
    """Keeps what is set on this page for `keep_widgets`; buttons and files cannot be."""
    mine = (f"{on.name}_set_", f"{on.name}_raced")
    st.session_state[on.key(KEPT)] = {
        key: value for key, value in st.session_state.items() if isinstance(key, str) and key.startswith(mine)
    }


def page_link(**query: str) -> str:
    """The whole address of this page with these parameters."""
    return (st.context.url or "").partition("?")[0] + f"?{urlencode(query)}"


def use_model(name: str) -> None:
    """Puts a run of this model on the Denoise page, as it opens with."""
    forget_upload()
    show(lab.fitting(RunConfig(model=name)))


def measuring(what: str, on: Screen) -> Any:
    """The measurement that the reader started on this page and still waits for, or None."""
    return st.session_state.get(on.key(MEASURED + what))


def measure(what: str, work: Any, on: Screen) -> None:
    """Notes that the reader waits for this measurement; None: for none."""
    st.session_state[on.key(MEASURED + what)] = work
