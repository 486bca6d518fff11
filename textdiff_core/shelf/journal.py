"""The diary of a run: status.json for how it stands, log.jsonl for how it came to that."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

from textdiff_core.endings import Diverged
from textdiff_core.files import write_json
from textdiff_core.shelf.run import State, read_state
from textdiff_core.training_records import TIME_UP, Progress

LINE_SECONDS = 0.5  # between two lines; every report gets one


class Journal:
    """Writes down how one run goes.

    Args:     start: as `begun_at` says of its config; its state counts from there.
    """

    def __init__(self, folder: Path, start: tuple[int, float] = (0, 0.0)) -> None:
        self.folder, self.start = folder, start
        self.lines = Lines(folder / "log.jsonl")
        try:
            self.state = read_state(folder)
        except (OSError, ValueError):
            self.state = State("queued")

    def phase(self, phase: str, message: str = "") -> None:
        """Notes that the run enters a phase, at the step where it is."""
        self.state = self.state.now(phase=phase, message=message)
        write_json(self.folder / "status.json", dataclasses.asdict(self.state))

    def progress(self, progress: Progress) -> None:
        """Notes a step; thinned, but for reports and the last one."""
        step, seconds = self.start
        self.state = dataclasses.replace(
            self.state, step=progress.step - step, seconds=max(0.0, progress.seconds - seconds)
        )
        if self.lines.add(progress):
            self.phase("training")

    def follow(
        self, steps: Generator[Progress, None, None], wish: Callable[[], tuple[str, str]] = lambda: ("", "")
    ) -> Iterator[Progress]:
        """Notes each step of a training and hands it on; at last, whatever the end, how the run stands then.

        Args:     wish: called after each step; tells the phase in which to end the run, and why, or two times "".
        Raises:   what training raises, once it is noted.
        """
        phase, why = "paused", ""
        try:
            with contextlib.closing(steps):
                for progress in steps:
                    self.progress(progress)
                    yield progress
                    phase, why = ("paused" if progress.ended == TIME_UP else "done"), progress.ended
                    if not why:
                        phase, why = wish()
                        if phase:
                            break
                        phase = "paused"
        except ValueError as error:
            phase, why = "diverged" if isinstance(error, Diverged) else "failed", str(error)
            raise
        except OSError as error:
            phase, said = "failed", error.strerror or str(error)
            why = f"it could not be saved at step {self.state.step} ({said}); the last good checkpoint stays"
            raise
        finally:
            self.phase(phase, why)


class Lines:
    """A file with a line of JSON for each progress, at most two a second, and each report."""

    def __init__(self, file: Path) -> None:
        self.file, self.written = file, 0.0
        if file.is_file() and file.read_bytes()[-1:] not in (b"", b"\n"):
            with file.open("ab") as stream:  # the last line was torn when its writer was killed
                stream.write(b"\n")

    def add(self, progress: Progress) -> bool:
        """Writes the line if it is time for one; whether it was."""
        due = time.monotonic() - self.written >= LINE_SECONDS
        if not (due or progress.report is not None or progress.ended):
            return False
        line = json.dumps({"time": time.time(), **progress.to_json()}) + "\n"
        with self.file.open("ab") as stream:
            stream.write(line.encode())
        self.written = time.monotonic()
        return True


def read_lines(file: Path, after: int = 0) -> list[dict[str, Any]]:
    """The lines of steps above `after`. A run taken up again repeats some steps: the last time counts."""
    return list(_backwards(file, after))[::-1]


def _backwards(file: Path, after: int) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        return
    first = None  # the earliest step so far
    for line in reversed(file.read_bytes().splitlines()):
        try:
            record = json.loads(line)
            step = record["step"]
        except (ValueError, TypeError, KeyError):  # torn, or being written
            continue
        if not isinstance(step, int):
            continue
        if step <= after:
            return
        if first is None or step < first:
            first = step
            yield record
