"""The shelf: all runs in one folder, and what can be done with them."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from textdiff_core.baselines import baselines, read_marks
from textdiff_core.files import write_json
from textdiff_core.runs import OWN_TEXT, located
from textdiff_core.shelf import archives, workers
from textdiff_core.shelf.journal import Journal, read_lines
from textdiff_core.shelf.run import ACTIVE, Run, State, held, read_run, read_state
from textdiff_core.training_records import TrainConfig, TrainPoint, read_history

LOCK_SECONDS = 20.0  # edits take milliseconds; who waits so long has found a dead machine's lock
NAME_CHARACTERS = 80
NEWEST = 5  # runs that one without a group should not look like


class Shelf:
    """All runs in a folder, which several processes may use at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()

    def runs(self) -> list[Run]:
        """The runs, newest first. A folder that holds none, or a damaged one, is left out."""
        found = []
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if folder.is_dir() and not folder.name.startswith("."):
                with contextlib.suppress(ValueError):
                    found.append(read_run(folder))
        queue = sorted((run for run in found if run.active), key=workers.place_in_queue)
        places = {run.id: place for place, run in enumerate(queue)}
        told = [dataclasses.replace(run, ahead=places.get(run.id, 0)) for run in found]
        return sorted(told, key=lambda run: (-run.created, run.id))

    def run(self, id: str) -> Run:
        """One run. Raises ValueError when there is none of this id."""
        run = read_run(self._folder(id))
        if not run.active:  # only a place in the queue needs a look at all the others
            return run
        return next((one for one in self.runs() if one.id == id), run)

    def add(
        self,
        config: TrainConfig,
        *,
        name: str = "",
        owner: str = "",
        minutes: float = math.inf,
        text: str | None = None,
        group: str = "",
    ) -> Run:
        """A new run, paused at step 0.

        Args:     minutes: limit of one session of training.   group: what it belongs to, such as a race.
                  text: to train on; it is kept in the run's folder.
        """
        if text is not None:
            config = dataclasses.replace(config, corpus=f"file:{OWN_TEXT}")
        with self._new(name or f"{config.corpus} {config.process}") as folder:
            if text is not None:
                (folder / OWN_TEXT).write_text(text, "utf-8")
            label = _label(name) or ("own text" if text is not None else config.corpus)
            run = Run(
                folder.name, folder, label, owner, time.time(), config, minutes, State("paused").now(), group=group,
            )  # fmt: skip
            return self._put(run)

    def start(self, id: str) -> Run:
        """Starts a run, or lets it go on; one that is at it already stays so. It waits for its turn if it must."""
        with self._edited():
            run = self.run(id)
            if run.active and run.alive:
                return run
            _wait_until_free(run.folder)
            state = run.state.now(phase="queued", message="")
            (run.folder / "ending").unlink(missing_ok=True)
            (run.folder / "watched").touch()
            write_json(run.folder / "run.json", dataclasses.replace(run, asked=time.time()).record())
            write_json(run.folder / "status.json", dataclasses.asdict(state))
            try:
                workers.spawn(run.folder)
            except OSError:
                write_json(run.folder / "status.json", dataclasses.asdict(run.state))
                raise
        return self.run(id)

    def pause(self, id: str) -> Run:
        """Ends a run's worker within two seconds; `start` goes on from where it was."""
        return self._end(id, "paused")

    def stop(self, id: str) -> Run:
        """As `pause`, for good as far as one can tell; `start` goes on all the same."""
        return self._end(id, "stopped")

    def watch(self, id: str) -> None:
        """Notes that somebody looks at the run: unwatched, its worker pauses itself after some time."""
        with contextlib.suppress(OSError):
            (self._folder(id) / "watched").touch()

    def rename(self, id: str, name: str) -> Run:
        """Gives a run another name; its id stays. Raises ValueError when the name says nothing."""
        if not _label(name):
            raise ValueError("a run's name must not be empty")
        with self._edited():
            run = dataclasses.replace(self.run(id), name=_label(name))
            write_json(run.folder / "run.json", run.record())
        return self.run(id)

    def delete(self, id: str) -> None:
        """Takes a run off the shelf, for good; one that trains is stopped first."""
        if self.run(id).alive:
            self.stop(id)
        with self._edited():
            folder = self.run(id).folder
            gone = self.folder / f".gone-{secrets.token_hex(8)}"
            os.rename(folder, gone)
        shutil.rmtree(gone, ignore_errors=True)

    def log(self, id: str, after: int = 0) -> list[dict[str, Any]]:
        """What a run said step by step, about twice a second: `Progress.to_json` and the `time`, after that step."""
        return read_lines(self._folder(id) / "log.jsonl", after)

    def curve(self, id: str) -> tuple[TrainPoint, ...]:
        """A run's reports: those of its checkpoint, and those that its log has besides; damaged ones are left out."""
        points: dict[int, TrainPoint] = {}
        with contextlib.suppress(ValueError):
            points = {point.step: point for point in read_history(self._folder(id))}
        for line in self.log(id):
            if line.get("report"):
                with contextlib.suppress(ValueError):
                    point = TrainPoint.from_json(line["report"])
                    points[point.step] = point
        return tuple(points[step] for step in sorted(points))

    def marks(self, id: str) -> dict[str, float]:
        """What a run's loss curve is read by, see `baselines`: as its folder keeps it, or from what it trains on."""
        folder = self._folder(id)
        with contextlib.suppress(ValueError):
            if (kept := read_marks(folder)) is not None:
                return kept
        with contextlib.suppress(ValueError, OSError):  # the text may be gone
            return baselines(located(read_run(folder).config, folder))
        return {}

    def traces(self, id: str) -> list[tuple[int, Path]]:
        """How a text grew from the same noise, at each report: its step and the trace's file."""
        files = sorted((self._folder(id) / "traces").glob("[0-9]*.npz"))
        return [(int(file.stem), file) for file in files if file.stem.isdigit()]

    def pack(self, id: str) -> bytes:
        """A run's checkpoint as a .zip. Raises ValueError while it has none."""
        run = self.run(id)
        if not run.has_model:
            raise ValueError(f"{run.name!r} has no checkpoint yet: its first validation will write one")
        return archives.pack(run.folder)

    def unpack(self, data: bytes, name: str = "") -> Run:
        """Puts a checkpoint that `pack` made on the shelf.

        Raises:   ValueError: in one sentence, and nothing is left behind: see `archives.unpack`.
        """
        with self._new(name or "import") as folder:
            config = archives.unpack(data, folder)
            curve = read_history(folder)
            step, seconds = (curve[-1].step, curve[-1].seconds) if curve else (0, 0.0)
            state = State(
                "done", min(step, config.steps), seconds
            ).now()  # the rest are of what it began from
            label = _label(name) or f"{config.corpus} {config.process}"
            run = Run(folder.name, folder, label, "", time.time(), config, math.inf, state)
            return self._put(run)

    def _folder(self, id: str) -> Path:
        """A run's folder. Raises ValueError when the id is no folder's name on the shelf."""
        named = id and not id.startswith(".") and Path(id).name == id and len(id) <= 255
        if not named or not (self.folder / id).is_dir():
            raise ValueError(f"there is no run {id[:80]!r} on the shelf")
        return self.folder / id

    def _end(self, id: str, phase: str) -> Run:
        with self._told():
            return self._ended(id, phase)

    def _ended(self, id: str, phase: str) -> Run:
        run = self.run(id)
        if not run.alive and not run.active and run.state.phase != "failed":
            return run
        by_itself = workers.end(run.folder, phase) if run.alive else False
        with self._edited():
            if not (
                run.folder / "status.json"
            ).is_file():  # the command line's: its checkpoint tells how it stands
                return self.run(id)
            state = read_state(run.folder)
            if state.phase in ACTIVE and not held(run.folder):
                message = (
                    "" if by_itself or not run.alive else "it was in the middle of something and did not wait"
                )
                Journal(run.folder).phase(phase, message)
        return self.run(id)

    @contextlib.contextmanager
    def _edited(self) -> Iterator[None]:
        """Context of a change to what lies on the shelf; one at a time."""
        locks = self.folder / ".locks"
        with self._told():
            locks.mkdir(parents=True, exist_ok=True)
            with FileLock(locks / "shelf.lock").acquire(timeout=LOCK_SECONDS, poll_interval=0.01):
                yield

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Context in which a disk that does not take what is written becomes a ValueError of one sentence."""
        try:
            yield
        except Timeout:
            raise ValueError(
                f"the shelf {str(self.folder)!r} cannot be changed: another process has held it for {LOCK_SECONDS:g} s"
            ) from None
        except OSError as error:
            said = error.strerror or str(error)
            raise ValueError(f"the shelf {str(self.folder)!r} cannot be changed: {said}") from None

    @contextlib.contextmanager
    def _new(self, name: str) -> Iterator[Path]:
        """A hidden folder to fill; `_final` puts it on the shelf, and it vanishes if it does not come to that."""
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "run"
        folder = self.folder / f".new-{slug}-{secrets.token_hex(4)}"
        with self._told():
            folder.mkdir(parents=True)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def _put(self, run: Run) -> Run:
        """Puts a new run on the shelf, in a colour that those beside it do not have."""
        with self._edited():
            runs = self.runs()
            beside = [one for one in runs if one.group == run.group] if run.group else runs[:NEWEST]
            taken = {one.color for one in beside}
            run = dataclasses.replace(run, color=next(n for n in itertools.count() if n not in taken))
            write_json(run.folder / "run.json", run.record())
            write_json(run.folder / "status.json", dataclasses.asdict(run.state))
            return self.run(_final(run.folder))


def _final(folder: Path) -> str:
    """Puts a new run's folder in its place, at once; returns its id."""
    id = folder.name.removeprefix(".new-")
    os.rename(folder, folder.with_name(id))
    return id


def _label(name: str) -> str:
    return " ".join(name.split())[:NAME_CHARACTERS]


def _wait_until_free(folder: Path) -> None:
    """A worker that has just said its last word still holds the lock for a moment."""
    deadline = time.monotonic() + workers.POLITE_SECONDS
    while held(folder):
        if time.monotonic() > deadline:
            raise ValueError(f"another training is at work in {folder.name!r}")
        time.sleep(workers.POLL_SECONDS)
