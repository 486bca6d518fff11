"""Sweeps of their own processes, for pages: begun, looked at while they run, ended. They outlive who began them.

Each lies in a folder that its plan names, on the shelf (`.sweeps`), so that the same plan is the same sweep, whoever
asks: what was measured once is there at once. So are rows that were shipped (assets/sweeps).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import math
import os
from pathlib import Path

from textdiff_core import lab
from textdiff_core.files import replacing
from textdiff_core.models import ASSETS
from textdiff_core.shelf.workers import end as end_worker
from textdiff_core.shelf.workers import spawn, there
from textdiff_core.sweep.plan import Plan
from textdiff_core.sweep.plan_file import write_plan
from textdiff_core.sweep.table import Found, Row, journal_of, read, to_parquet
from textdiff_core.sweep.work import cores, digest, origin

FOLDER, PLACES = ".sweeps", "TEXTDIFF_SWEEPS"
ROWS, PLAN, LOG = "rows.parquet", "plan.toml", "worker.log"
NICE = 15  # how far a sweep stands back behind the pages
COMPLAINT = "textdiff_core: "
SHIPPED = ASSETS / "sweeps"
NOTHING = Found()


@dataclasses.dataclass(frozen=True)
class Standing:
    """How a sweep stands.

    Attributes:
        found: the plan's rows so far.   done, total: rows.   running: a process is at it, or about to be.
        left: seconds that it still takes, about; NaN where nothing tells.   error: why it ended early, or "".
    """

    found: Found
    done: int
    total: int
    running: bool
    left: float
    error: str


def folder_of(plan: Plan) -> Path:
    """Where a plan's sweep lies, whatever its own `out` is."""
    named = write_plan(dataclasses.replace(plan, out=ROWS))
    return lab.shelf().folder / FOLDER / hashlib.sha256(named.encode()).hexdigest()[:16]


def begin(plan: Plan) -> None:
    """Starts a plan's sweep, or lets it go on. Raises ValueError when as many run as may."""
    folder = folder_of(plan)
    if _running(folder):
        return
    others = [one for one in folder.parent.glob("*") if one != folder and _running(one)]
    most = int(os.environ.get(PLACES) or 1)
    if len(others) >= most:
        raise ValueError(
            f"{len(others)} other sweep{'s are' if len(others) > 1 else ' is'} running on this server, and {most} may "
            f"at a time ({PLACES}): try again later"
        )
    _at(folder).mkdir(parents=True, exist_ok=True)
    (_at(folder) / LOG).unlink(missing_ok=True)
    if not (folder / ROWS).exists() and (known := _known_rows(plan)):
        with replacing(folder / ROWS) as beside:
            Path(beside).write_bytes(to_parquet(known, origin(plan)))
    placed = dataclasses.replace(plan, out=str((folder / ROWS).absolute()))
    with replacing(folder / PLAN) as beside:
        Path(beside).write_text(write_plan(placed), "utf-8")
    pid = spawn(_at(folder), "textdiff_core", "sweep", str(folder / PLAN))
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # it may be over already
            os.setpriority(os.PRIO_PROCESS, pid, NICE)


def end(plan: Plan) -> None:
    """Ends a plan's sweep within seconds; what it has measured stays, and `begin` goes on from there."""
    at = _at(folder_of(plan))
    if there(at):
        end_worker(at, "stopped")


def look(plan: Plan) -> Standing:
    """How a plan's sweep stands now; nothing measured where there was none yet."""
    folder, cells = folder_of(plan), {cell.key: cell for cell in plan.cells()}
    running = _running(folder)
    found = _found(folder)
    rows = _known_rows(plan, found)
    spent = sum(cells[row["cell"]].cost for row in rows)
    took = math.fsum(row["seconds_per_sample"] * row["num"] for row in rows)
    ahead = sum(cell.cost for cell in cells.values()) - spent
    left = took / spent * ahead / min(cores(), len(cells)) if spent else math.nan
    return Standing(
        dataclasses.replace(found, rows=tuple(rows)), len(rows), len(cells), running, left, _complaint(folder)
    )


def _found(folder: Path) -> Found:
    try:
        return read(folder / ROWS)
    except ValueError:  # nothing is there yet
        return NOTHING


def _known_rows(plan: Plan, found: Found = NOTHING) -> list[Row]:
    """The rows of a plan, in its order, that are shipped or found, measured with the weights that its models have."""
    cells = plan.cells()
    weights = {model: _digest(model, _stamp(model)) for model in {cell.config.model for cell in cells}}
    known = _shipped() | {(row["cell"], row["weights"]): row for row in found.rows}
    keys = [(cell.key, weights[cell.config.model]) for cell in cells]
    return [known[key] for key in keys if key in known]


@functools.cache
def _shipped() -> dict[tuple[str, str], Row]:
    return {
        (row["cell"], row["weights"]): row
        for file in sorted(SHIPPED.glob("*.parquet"))
        for row in read(file).rows
    }


def _at(folder: Path) -> Path:
    """Where the process at work in a sweep's folder has its lock and its log."""
    return journal_of(folder / ROWS)


def _running(folder: Path) -> bool:
    return there(_at(folder))


def _complaint(folder: Path) -> str:
    """The sentence with which the process ended early; "" if it did not."""
    log = _log(folder)
    if COMPLAINT in log:
        return log.rpartition(COMPLAINT)[2].partition("\n")[0].strip()
    return "the sweep broke off; its worker.log on the server says why" if "Traceback" in log else ""


def _log(folder: Path) -> str:
    try:
        return (_at(folder) / LOG).read_text("utf-8", errors="replace")
    except OSError:
        return ""


def _stamp(model: str) -> int:
    return (lab.model_folder(model) / "model.safetensors").stat().st_mtime_ns


@functools.lru_cache(maxsize=64)
def _digest(model: str, stamp: int) -> str:
    return digest(model)
