"""Workers: processes that train a run outside the web server; how one is started, waits for its turn, and is ended.

A worker is alive while it holds its run's lock, so whichever way it ends, everybody knows. The places to train are
locks as well. Windows has no signals to ask with: there a worker sees the file `ending` between two steps.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from textdiff_core.files import write_json
from textdiff_core.shelf.run import (
    PROBE_SECONDS,
    Run,
    at_work,
    born,
    fresh,
    held,
    read_state,
    started,
    worker,
)

PLACES = "TEXTDIFF_TRAININGS"  # runs that train at the same time
POLITE_SECONDS, POLL_SECONDS = 1.5, 0.02  # a worker gets so long to end by itself
GONE_SECONDS = 5.0  # for a killed process to be gone: far more than it takes
QUEUE_SECONDS = 0.2  # between two looks at the queue
ROOT = Path(__file__).resolve().parents[2]


class Ended(Exception):
    """Somebody asked the worker to end while it was waiting."""


def spawn(folder: Path, *module: str) -> int:
    """Starts the worker of the run in `folder`, in a session of its own, so that it outlives who started it.

    worker.json names it from now on: a busy machine may need long until it takes its lock.

    Args:     module: another one to run than the worker of a training, and its arguments.   Returns:  its process id.
    """
    environment = dict(os.environ)
    environment.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait leave the cores to the pages
    path = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *(module or ("textdiff_core.worker", str(folder)))],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True,
        )  # fmt: skip
    with contextlib.suppress(OSError):  # on a full disk its lock will tell
        _introduce(folder, process.pid)
    # Whoever starts a process must take note of its end; this thread ends with the server, the worker does not.
    threading.Thread(target=process.wait, name=f"worker of {folder.name}", daemon=True).start()
    return process.pid


@contextlib.contextmanager
def own_life(folder: Path, work: str = "training") -> Iterator[None]:
    """Context in which this process is the one at work in a folder. Raises ValueError when there is another one."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {str(folder)!r}")
    lock = FileLock(folder / "worker.lock")
    try:
        lock.acquire(timeout=1.0, poll_interval=POLL_SECONDS)
    except Timeout:
        raise ValueError(f"another {work} is at work in {folder.name!r}") from None
    try:
        _introduce(folder, os.getpid())
        yield
    finally:
        (folder / "worker.json").unlink(missing_ok=True)
        lock.release()


def end(folder: Path, phase: str) -> bool:
    """Ends the run's worker, within two seconds; whether it ended by itself, its state saved.

    It is asked first. Killed is exactly the process that worker.json names, if it was born when that says.
    """
    with contextlib.suppress(OSError):  # on a full disk the signal is enough
        (folder / "ending").write_text(phase, "utf-8")
    deadline = time.monotonic() + POLITE_SECONDS
    asked = _signal(folder, "SIGTERM")
    while there(folder) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        asked = asked or _signal(folder, "SIGTERM")
    if not there(folder):
        return True
    _signal(folder, "SIGKILL")
    deadline = time.monotonic() + GONE_SECONDS
    while at_work(folder) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return False


def there(folder: Path) -> bool:
    """Whether the run has a worker, or one that was just started and has not taken its lock yet."""
    if at_work(folder):
        return True
    try:
        return fresh(read_state(folder))
    except (OSError, ValueError):  # the command line's training without the shelf has none
        return False


def ending(folder: Path) -> str:
    """The phase in which the worker was asked to end; "" if it was not."""
    try:
        return (folder / "ending").read_text("utf-8")
    except OSError:
        return ""


def _signal(folder: Path, name: str) -> bool:
    """Sends a signal to the run's worker and what it started; whether there was one to send it to.

    A worker that has not taken its lock yet does not listen, it can only be killed.
    """
    pid = worker(folder)
    if pid is None or pid == os.getpid():
        return False
    if not held(folder) and not (name == "SIGKILL" and started(folder)):
        return False
    with contextlib.suppress(ProcessLookupError):
        if name == "SIGKILL" and hasattr(os, "killpg"):
            leads = os.getpgid(pid) == pid  # a worker leads its group; the command line's training need not
            (os.killpg if leads else os.kill)(pid, signal.SIGKILL)
        elif hasattr(os, "killpg"):
            os.kill(pid, signal.SIGTERM)
        elif name == "SIGKILL":
            os.kill(pid, signal.SIGTERM)  # Windows: ends it at once
    return True


def _introduce(folder: Path, pid: int) -> None:
    write_json(folder / "worker.json", {"pid": pid, "born": born(pid)})


def places() -> int:
    """How many runs may train at the same time. Raises ValueError when the setting is no number from 1."""
    text = os.environ.get(PLACES) or "1"
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{PLACES} must be a whole number from 1, got {text[:40]!r}")
    return int(text)


class Turn:
    """Context that waits until the run may train, and holds its place while it does.

    There are so many places on a shelf, and one for each owner. Who was started first comes first; who waits only
    for another run of his own lets others pass.

    Args:     runs: the runs of the shelf now.   look: called again and again; raises when waiting is in vain.
    """

    def __init__(self, run: Run, runs: Callable[[], list[Run]], look: Callable[[], None]) -> None:
        self.run, self.runs, self.look = run, runs, look
        self.locks = self.folder / ".locks"
        self.held = contextlib.ExitStack()

    @property
    def folder(self) -> Path:
        return self.run.folder.parent

    def __enter__(self) -> None:
        self.locks.mkdir(exist_ok=True)
        while not self._taken():
            self.look()
            time.sleep(QUEUE_SECONDS)

    def __exit__(self, *_: object) -> None:
        self.held.close()

    def _taken(self) -> bool:
        with contextlib.ExitStack() as taken:
            if not self._take(taken, [f"place-{number}" for number in range(places())]):
                return False
            if not self._take(taken, self._owner(self.run)) or self._others_first():
                return False
            self.held = taken.pop_all()
            return True

    def _take(self, taken: contextlib.ExitStack, names: list[str]) -> bool:
        """Takes one of these locks, if it is free; nothing to take is as good."""
        for name in names:
            with contextlib.suppress(Timeout):
                lock = FileLock(self.locks / f"{name}.lock")
                taken.enter_context(lock.acquire(timeout=PROBE_SECONDS, poll_interval=PROBE_SECONDS / 4))
                return True
        return not names

    def _owner(self, run: Run) -> list[str]:
        if not run.owner:
            return []
        return [f"owner-{hashlib.sha256(run.owner.encode()).hexdigest()[:16]}"]

    def _others_first(self) -> bool:
        """Whether a run waits that was started earlier and whose owner has none that trains."""
        runs = self.runs()
        busy = {run.owner for run in runs if run.state.phase in ("starting", "training")} - {""}
        mine = place_in_queue(self.run)
        waiting = [run for run in runs if run.state.phase == "queued" and run.alive]
        return any(place_in_queue(run) < mine and run.owner not in busy for run in waiting)


def place_in_queue(run: Run) -> tuple[float, str]:
    """What runs are ordered by: when they were started."""
    return run.asked, run.id
