"""One run as its folder tells it.

    run.json            what it is: name, owner, settings       status.json     how it stands
    config.json, model.safetensors, history.json                its checkpoint: see `checkpoints`
    state.safetensors   where training goes on                  log.jsonl       a line for each progress
    text.txt            the person's own text                   traces/         how a text grew, by step
    worker.lock         held by its worker as long as it lives  worker.json     which process that is
    ending              how the worker is asked to end          watched         touched by whoever looks

A folder without run.json, as `train --out` makes it, is a run as well.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from textdiff_core.runs import named
from textdiff_core.training_records import TrainConfig, TrainPoint, begun_at, read_history

PHASES = ("queued", "starting", "training", "paused", "stopped", "done", "failed", "diverged")
ACTIVE = PHASES[:3]
# Until worker.json says which process it is; where the system tells no process's birth, until its lock does.
SECONDS_TO_START = 10.0
PROBE_SECONDS, POLL_SECONDS = 0.02, 0.004


@dataclasses.dataclass(frozen=True)
class State:
    """How a run stands.

    Attributes:
        phase: one of PHASES.   message: one sentence, or "".
        step, seconds: trained so far, without those of a checkpoint that the run goes on from.
        heard: when this was written, as `time.time()`.
    """

    phase: str
    step: int = 0
    seconds: float = 0.0
    message: str = ""
    heard: float = 0.0

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise ValueError(f"phase must be one of {', '.join(PHASES)}, got {self.phase!r}")

    def now(self, **changes: Any) -> State:
        """A copy with these fields changed, written now."""
        return dataclasses.replace(self, heard=time.time(), **changes)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run on the shelf.

    Attributes:
        id: its folder's name.   owner: whose it is, "" for nobody's.   created: as `time.time()`.
        minutes: limit of one session of training.   ahead: active runs that come first in the queue.
        size: bytes on the disk.   alive: its worker, or the command line, is at it.
        asked: when it was last started, as `time.time()`: its place in the queue.
        group: what it belongs to, such as a race; "" for nothing.
        color: a number from 0 by which drawings tell it from the others of its group, or from recent runs.
    """

    id: str
    folder: Path
    name: str
    owner: str
    created: float
    config: TrainConfig
    minutes: float
    state: State
    ahead: int = 0
    size: int = 0
    alive: bool = False
    asked: float = 0.0
    group: str = ""
    color: int = 0

    @property
    def active(self) -> bool:
        """Whether it trains or is about to."""
        return self.state.phase in ACTIVE

    @property
    def has_model(self) -> bool:
        """Whether there is a checkpoint to grow texts with."""
        return all((self.folder / name).is_file() for name in ("config.json", "model.safetensors"))

    def record(self) -> dict[str, Any]:
        """What run.json holds."""
        return {
            "name": self.name,
            "owner": self.owner,
            "created": self.created,
            "config": dataclasses.asdict(self.config),
            "minutes": None if math.isinf(self.minutes) else self.minutes,
            "asked": self.asked,
            "group": self.group,
            "color": self.color,
        }


def read_run(folder: Path) -> Run:
    """The run in a folder.

    Raises:   ValueError: the folder holds none, or one that cannot be read.
    """
    try:
        record = _json(folder / "run.json") if (folder / "run.json").is_file() else _foreign(folder)
        config = TrainConfig(**record["config"])
        named(config)
        run = Run(
            id=folder.name,
            folder=folder,
            name=str(record["name"]),
            owner=str(record["owner"]),
            created=float(record["created"]),
            config=config,
            minutes=math.inf if record["minutes"] is None else float(record["minutes"]),
            state=_state(folder),
            size=size(folder),
            asked=float(record["asked"]),
            group=str(record.get("group", "")),
            color=max(0, int(record.get("color", 0))),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{folder.name!r} holds no run: {error}") from None
    return _with_its_worker(run)


def read_state(folder: Path) -> State:
    """What status.json says. Raises OSError or ValueError when it cannot be read."""
    return State(**_json(folder / "status.json"))


def held(folder: Path) -> bool:
    """Whether somebody holds the lock of the run's worker."""
    file = folder / "worker.lock"
    if not file.exists():
        return False
    lock = FileLock(file)
    try:
        # Not at once: another one who looks holds the lock for a moment too.
        with lock.acquire(timeout=PROBE_SECONDS, poll_interval=POLL_SECONDS):
            return False
    except Timeout:
        return True


def born(pid: int) -> str:
    """When a process was born, in the system's own words; "" where it is gone, or the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]  # what has ended and waits to be noted is no worker


def worker(folder: Path) -> int | None:
    """The process that worker.json names; None when that says nothing, or another process has its number by now."""
    try:
        record = _json(folder / "worker.json")
        pid, since = int(record["pid"]), str(record["born"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if born(pid) == since else None


def started(folder: Path) -> bool:
    """Whether the process that worker.json names is there, lock or none; for ten seconds where none can tell."""
    pid = worker(folder)
    if pid is None or born(os.getpid()):  # the system tells
        return pid is not None and born(pid) != ""
    with contextlib.suppress(OSError):
        return time.time() - (folder / "worker.json").stat().st_mtime < SECONDS_TO_START
    return False


def at_work(folder: Path) -> bool:
    """Whether there is a worker: its process, or somebody who holds its lock."""
    return started(folder) or held(folder)  # the cheaper look first


def fresh(state: State) -> bool:
    """Whether a run was queued a moment ago, so that its worker may still be about to be started."""
    return state.phase == "queued" and time.time() - state.heard < SECONDS_TO_START


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(where, name)).st_size
            except OSError:  # it was moved or deleted meanwhile
                continue
    return total


def _json(file: Path) -> dict[str, Any]:
    record = json.loads(file.read_text("utf-8"))
    if not isinstance(record, dict):
        raise ValueError(f"{file.name} is no record")
    return record


def _foreign(folder: Path) -> dict[str, Any]:
    """What run.json would say of a checkpoint folder that has none."""
    file = folder / "config.json"
    if not file.is_file():
        raise ValueError("it has neither run.json nor config.json")
    return {
        "name": folder.name,
        "owner": "",
        "created": file.stat().st_mtime,
        "config": _json(file)["train"],
        "minutes": None,
        "asked": 0.0,
    }


def _state(folder: Path) -> State:
    if (folder / "status.json").is_file():
        return read_state(folder)
    curve, train = read_history(folder), _json(folder / "config.json")["train"]
    step, seconds = own_part(curve, TrainConfig(**train))
    phase = "done" if step >= train["steps"] or not (folder / "state.safetensors").is_file() else "paused"
    return State(phase, step, seconds, "", (folder / "config.json").stat().st_mtime)


def own_part(curve: tuple[TrainPoint, ...], config: TrainConfig) -> tuple[int, float]:
    """Steps and seconds that a run has trained itself, without those of the checkpoint it goes on from."""
    if not curve:
        return 0, 0.0
    start = (0, 0.0)
    with contextlib.suppress(ValueError, OSError):  # what it began from may be gone by now
        start = begun_at(config)
    return max(0, curve[-1].step - start[0]), max(0.0, curve[-1].seconds - start[1])


def _with_its_worker(run: Run) -> Run:
    """The run with what is known of its worker; one whose worker is gone has failed."""
    state, folder = run.state, run.folder
    alive = at_work(folder)
    if not run.active:
        if alive and not (folder / "status.json").is_file():  # the command line is at it, without the shelf
            state = dataclasses.replace(state, phase="training")
        return dataclasses.replace(run, alive=alive, state=state)
    if alive or fresh(state):
        return dataclasses.replace(run, alive=True)
    with contextlib.suppress(OSError, ValueError):
        state = read_state(folder)  # it may have ended well between the two looks
    if state.phase in ACTIVE:
        message = f"ended from outside at step {state.step}; it can be continued"
        state = dataclasses.replace(state, phase="failed", message=message)
    return dataclasses.replace(run, state=state)
