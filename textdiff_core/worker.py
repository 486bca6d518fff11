"""A worker: `python -m textdiff_core.worker FOLDER` trains the run in a folder of the shelf, when it is its turn.

It imports torch only then. It ends when the run is over, when it is asked to (SIGTERM, or the file `ending`), or
when nobody has looked at the run for TEXTDIFF_PATIENCE_MINUTES; what it has learnt is kept each time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from textdiff_core.shelf import ACTIVE, Ended, Journal, Run, Shelf, Turn, ending, own_life
from textdiff_core.training_records import begun_at

PATIENCE = "TEXTDIFF_PATIENCE_MINUTES"
NICE = 15  # how far a training stands back behind the pages
LOOK_SECONDS = 0.1  # between two looks at the files by which others speak to a worker


class Asked:
    """Whether somebody wants the worker to end, and in which phase."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.patience, self.looked = folder, patience(), 0.0
        self.signalled, self.between_steps = False, False

    def signal(self, number: int, frame: Any) -> None:
        """A signal came. In the loop it is enough to know; whoever waits or imports is interrupted."""
        self.signalled = True
        if not self.between_steps:
            raise Ended

    def phase(self) -> tuple[str, str]:
        """The phase to end in and why, in words; ("", "") to go on."""
        if phase := ending(self.folder):
            return phase, ""
        if self.signalled:
            return "paused", "asked to end from outside; it can be continued"
        if time.time() - _watched(self.folder) > self.patience * 60:
            return "paused", f"paused by itself, because nobody looked for {self.patience:g} minutes"
        return "", ""

    def after_step(self) -> tuple[str, str]:
        """As `phase`; files are looked at now and then only."""
        if not self.between_steps:
            (self.folder / "watched").touch()  # it may have waited and loaded for long
            if hasattr(os, "nice"):
                os.nice(NICE)  # not before: whoever started it waits for the first step
        self.between_steps, now = True, time.monotonic()
        if not self.signalled and now - self.looked < LOOK_SECONDS:
            return "", ""
        self.looked = now
        return self.phase()

    def waiting(self) -> None:
        """Raises Ended when somebody wants it while the worker waits for its turn."""
        if not self.folder.is_dir() or self.phase()[0]:
            raise Ended


def main(argv: Sequence[str]) -> int:
    """Trains the run in a folder. Returns 0 when it came to a proper end, 1 when status.json says what failed."""
    folder = Path(argv[0]).absolute()
    with own_life(folder):
        asked, journal = Asked(folder), Journal(folder)
        sys.excepthook = _noting(journal)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a server's Ctrl-C is not meant for its workers
        try:
            signal.signal(signal.SIGTERM, asked.signal)
            shelf = Shelf(folder.parent)
            run = shelf.run(folder.name)
            asked.waiting()  # the wish to end it may be older than the worker
            with Turn(run, shelf.runs, asked.waiting):
                asked.waiting()
                journal.phase("starting")
                train(run, journal, asked)
        except Ended:
            phase, why = asked.phase()
            journal.phase(phase or "paused", why)
        except (ValueError, OSError) as error:  # the journal has it already, if training came that far
            if journal.state.phase in ACTIVE:
                journal.phase("failed", str(error))
            return 1
    return 0


def train(run: Run, journal: Journal, asked: Asked) -> None:
    """Trains the run until it is over or the worker is asked to end."""
    from textdiff_core import lab

    journal.start = begun_at(run.config)
    steps = lab.train(run.config, run.folder, minutes=run.minutes, traces=True, name=run.id)
    for _ in journal.follow(steps, asked.after_step):
        pass


def _noting(journal: Journal) -> Callable[..., None]:
    """An excepthook that also tells the shelf of a fault in the program itself."""

    def hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        traceback.print_exception(kind, error, where)
        said = " ".join(str(error).split())[:300]
        journal.phase("failed", f"its worker failed with {kind.__name__}: {said} (worker.log has the rest)")

    return hook


def patience() -> float:
    """Minutes after which an unwatched run pauses itself."""
    text = os.environ.get(PATIENCE) or "30"
    with contextlib.suppress(ValueError):
        return float(text)
    raise ValueError(f"{PATIENCE} must be a number of minutes, got {text[:40]!r}")


def _watched(folder: Path) -> float:
    try:
        return (folder / "watched").stat().st_mtime
    except OSError:
        return time.time()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
