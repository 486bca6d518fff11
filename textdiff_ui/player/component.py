"""The player as a Streamlit component: bytes in, the reader's wishes out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from textdiff_ui.player.assets import script, style


@dataclasses.dataclass(frozen=True)
class Resume:
    """The reader put words back to noise: resume `lane` from frame `step` with these cells' columns (from 1)."""

    step: int
    positions: tuple[int, ...]
    lane: int = 0


@dataclasses.dataclass(frozen=True)
class PlayerEvents:
    """What the reader asked for since the last run of the script; each wish is reported once."""

    resume: Resume | None = None
    stop: bool = False


MAX_DRAWN = 64  # points that are read at all; how many a schedule may have is the core's affair

# Once, at import: registering inside a page would replace the component at every rerun.
_mount = st.components.v2.component("textdiff_player", css=style(), js=script("component"))


def player(
    payload: bytes, *, key: str, on_draw: Callable[[tuple[tuple[float, float], ...]], None] | None = None
) -> PlayerEvents:
    """Shows the runs in `payload` (see `encode`); playing them asks the server nothing more.

    Args:
        payload: of one run or several. Sending a longer one of the same run keeps the reader's place.
        key: of the element on the page, unique.
        on_draw: called before the page runs again with the points (t, alpha) that the reader drew.
    """

    def draw() -> None:
        points = _points(st.session_state[key].get("draw"))
        if on_draw is not None and points:
            on_draw(points)

    result = _mount(key=key, data=payload, on_resume_change=_noop, on_stop_change=_noop, on_draw_change=draw)
    return PlayerEvents(resume=_resume(result.get("resume")), stop=bool(result.get("stop")))


def _noop() -> None:
    """Streamlit reports a trigger only where a callback is given; the result is read after the call."""


def _resume(event: Any) -> Resume | None:
    """The wish as the browser sent it, or None where it is not of the agreed form."""
    if not isinstance(event, Mapping):
        return None
    positions = event.get("positions")
    if not isinstance(positions, list) or not positions:
        return None
    if not (_counts(event.get("step")) and _counts(event.get("lane", 0)) and all(map(_counts, positions))):
        return None
    if 0 in positions:
        return None
    return Resume(event["step"], tuple(sorted(set(positions))), event.get("lane", 0))


def _points(event: Any) -> tuple[tuple[float, float], ...]:
    """Drawn points as the browser sent them; none where they are not of the agreed form."""
    if not isinstance(event, list) or len(event) > MAX_DRAWN:
        return ()
    pairs = [point for point in event if isinstance(point, list) and len(point) == 2]
    if len(pairs) < len(event) or not all(_real(value) for pair in pairs for value in pair):
        return ()
    return tuple((float(t), float(alpha)) for t, alpha in pairs)


def _real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
