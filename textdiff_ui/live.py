"""Runs computed while they are watched: threads of their own, few at a time, stopped when nobody looks.

A page's script is cut off and started again at every touch, so the work cannot live in it. Nothing here
touches Streamlit; a page reads a job's fields and draws them. The threads are no daemons, as those of
Streamlit that start them are, since torch must not be cut off inside a call; they end by themselves when
the server does.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace

EVERY_SECONDS = 0.1  # a growing trace is handed out at most this often; pages ask a little less often
AT_ONCE = 2  # runs that compute at the same time
DRAWN_SECONDS = 2.0  # after it was sent, the first page is on screen
PATIENCE_SECONDS = 60.0  # a reader not heard of for so long is gone; background tabs ask rarely

# One thread a run, set before torch is imported: on a busy machine its pools of threads wait for each other,
# and a run took two to four times as long.
os.environ.setdefault("OMP_NUM_THREADS", "1")

T = TypeVar("T")
_line: list[Work[Any]] = []  # computing and waiting, in the order they came
_turn = threading.Condition()
_loading = threading.Lock()


class Work(Generic[T]):
    """Something that is computed result after result, shared by all who watch it.

    Attributes:
        name: of its thread.   latest: as far as it has come; None before the first result.
        done: the latest is the last.   error: why there will be no more, in one sentence.
    """

    def __init__(
        self, name: str, results: Callable[[], Generator[T, None, None]], latest: T | None = None
    ) -> None:
        """Args:     results: begins the computation.   latest: the last result, where it is there already."""
        self.name, self._results, self.latest = name, results, latest
        self.done, self.error = latest is not None, ""
        self._watchers: dict[str, float] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """No more frames will come."""
        return self.done or bool(self.error)

    @property
    def computing(self) -> bool:
        """It computes, or waits for its turn."""
        return self._thread is not None

    @property
    def ahead(self) -> int:
        """Runs that have to end before this one begins."""
        with _turn:
            return max(0, _line.index(self) - AT_ONCE + 1) if self in _line else 0

    def watch(self, reader: str) -> None:
        """Says that `reader` looks on; the first one starts the computation."""
        with self._lock:
            self._watchers[reader] = time.monotonic()
            if self._thread is None and not self.over:
                self._thread = threading.Thread(target=self._work, name=self.name, daemon=False)
                self._thread.start()

    def leave(self, reader: str) -> None:
        """Says that `reader` looks no more; without readers the computation stops."""
        with self._lock:
            self._watchers.pop(reader, None)

    @property
    def _watched(self) -> bool:
        since = time.monotonic() - PATIENCE_SECONDS
        here = any(heard > since for heard in tuple(self._watchers.values()))
        return here and threading.main_thread().is_alive()

    def _work(self) -> None:
        self.latest, broken = None, True
        try:
            with self._in_line() as wanted:
                if wanted:
                    self._compute()
            broken = False
        except ValueError as error:
            self.error, broken = str(error), False
        finally:  # any other exception is left to the server's log
            with self._lock:
                self._thread = None
                if broken:
                    self.error = "the computation broke off; the server's log says why"

    def _compute(self) -> None:
        with contextlib.closing(self._results()) as results:
            for result in results:
                if not self._watched:
                    return
                self.latest = result
        self.done = True

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[bool]:
        """Waits for this job's turn; False when everybody left meanwhile."""
        with _turn:
            _line.append(self)
        try:
            with _turn:
                while _line.index(self) >= AT_ONCE and self._watched:
                    _turn.wait(timeout=1.0)
            yield self._watched
        finally:
            with _turn:
                _line.remove(self)
                _turn.notify_all()


class Job(Work[Trace]):
    """One run.

    Attributes:
        config: what is run.   trace: as far as it has come; None before the first frame.
        own: one session's, which nothing that sessions share may remember.   parent: that an own one branched off.
    """

    def __init__(
        self, config: RunConfig, trace: Trace | None = None, *, own: bool = False, parent: Job | None = None
    ) -> None:
        self.config, self.own, self.parent = config, own, parent
        super().__init__(f"run {config.key}", self._traces, trace)

    @property
    def trace(self) -> Trace | None:
        return self.latest

    def _traces(self) -> Generator[Trace, None, None]:
        load(self.config.model)
        yield from lab.stream(self.config, every=EVERY_SECONDS)


@functools.lru_cache(maxsize=1)
def warm_up(model: str) -> None:
    """Imports torch and reads the model in the background, once a server, when the first page has been drawn.

    Begun at once it would take the browser's time: the first picture came half a second later. A run that
    is asked for meanwhile does not wait, but loads by itself.
    """
    threading.Thread(target=_load_later, args=(model,), name="warm up", daemon=False).start()


def _load_later(model: str) -> None:
    threading.main_thread().join(DRAWN_SECONDS)  # a pause that the server's end cuts short
    # A model that cannot be read is answered with a sentence where a run asks for it.
    if threading.main_thread().is_alive():
        with contextlib.suppress(ValueError):
            load(model)


def load(model: str) -> Any:
    """The model, read and torch imported where that is still to do: by one thread, while others wait for it."""
    with _loading:
        return lab.load(model)
