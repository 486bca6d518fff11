"""Running a sweep: rows by joblib, in processes of this machine or on a Dask cluster, each kept as it comes."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import math
import os
import platform
import re
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from textdiff_core import lab
from textdiff_core.metrics import metrics, rule_rates
from textdiff_core.shelf.workers import own_life
from textdiff_core.sweep.plan import Cell, Plan
from textdiff_core.sweep.plan_file import write_plan
from textdiff_core.sweep.table import RULE, Row, Table, journal_of

ATTEMPTS = 3  # as often in a row may workers die before one of them has finished a row
WRITE_SECONDS = 2.0  # between two writings of the Parquet file
CONNECT_SECONDS = 10.0
INSTALL = "pip install -r requirements-cluster.txt"


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Attributes:
        done, total: rows, those that were there already included.
        left: seconds that it still takes, about; NaN before the first row.
        row: the newest one, None at the beginning.   told: sentences about what was found on the disk.
    """

    done: int
    total: int
    left: float
    row: Row | None = None
    told: tuple[str, ...] = ()


def run(plan: Plan, *, workers: int = 0, dask: str = "") -> Generator[Progress, None, None]:
    """Measures the rows that a plan's table does not have yet. Yields before the first one and after each.

    Closing the generator stops the work; what is finished is kept, and running the plan again goes on from there.

    Args:     workers: processes on this machine; 0 is one for each core.
              dask: address of a Dask scheduler, or "local:N" for N workers here; "" for none.
    Raises:   ValueError: another sweep writes there; a row cannot be measured; workers die again and again.
    """
    cells, out = plan.cells(), Path(plan.out)
    state = journal_of(out)
    state.mkdir(exist_ok=True)
    with own_life(state, "sweep"):
        weights = {model: digest(model) for model in {cell.config.model for cell in cells}}
        table = Table(out, cells, origin(plan))
        todo = [cell for cell in cells if (cell.key, weights[cell.config.model]) not in table.rows]
        left, spent, begun, total = sum(cell.cost for cell in todo), 0, time.monotonic(), len(cells)
        yield Progress(total - len(todo), total, math.nan if todo else 0.0, told=table.told)
        by_key, written = {cell.key: cell for cell in todo}, time.monotonic()
        tasks = [(cell, weights[cell.config.model]) for cell in todo]
        rows = _on_cluster(tasks, dask) if dask else _here(tasks, workers or cores())
        try:
            with contextlib.closing(rows):
                for row in rows:
                    table.add(row)
                    cell = by_key.pop(row["cell"])
                    left, spent = left - cell.cost, spent + cell.cost
                    if time.monotonic() - written > WRITE_SECONDS:
                        table.write()
                        written = time.monotonic()
                    ahead = (time.monotonic() - begun) * left / spent
                    yield Progress(total - len(by_key), total, ahead, row)
        finally:
            table.write()


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def digest(model: str) -> str:
    """Twelve hex digits that name a model's weights: a row counts only for the weights it was measured with."""
    weights = (lab.model_folder(model) / "model.safetensors").read_bytes()
    return hashlib.sha256(weights).hexdigest()[:12]


def measure(cell: Cell, weights: str, threads: int, parent: int = 0) -> Row:
    """One row of the table. Raises ValueError where the model is not the one that is meant.

    Args:     parent: the process without which this one is no use; 0 for none.
    """
    import torch

    if parent not in (0, os.getpid()):
        _live_with(parent)
    config, usual = cell.config, torch.get_num_threads()
    if digest(config.model) != weights:
        raise ValueError(
            f"{platform.node()} has another model {config.model!r} than the machine of the sweep"
        )
    torch.set_num_threads(threads)
    try:
        lab.load(config.model)  # not a part of what the texts take
        texts, calls, seconds = lab.sample(config, cell.num)
    finally:
        torch.set_num_threads(usual)
    corpus = lab.corpora.get(lab.model_info(config.model).corpus)
    judged = {
        name: part()(texts, corpus) if corpus or not part.needs_truth else math.nan
        for name, part in metrics.items()
    }
    rules = rule_rates(texts, corpus) if corpus else {}
    return {
        "model": config.model, "sampler": config.sampler, "steps": config.steps, "grid": config.grid,
        "schedule": config.schedule, "temperature": float(config.temperature), "top_p": float(config.top_p),
        "length": config.length, "seed": cell.seed, "num": cell.num,
        **judged, "network_calls_per_sample": calls, "seconds_per_sample": seconds,
        **{f"{RULE}{rule}": share for rule, share in rules.items()},
        "weights": weights, "link": urlencode(config.to_query()), "cell": cell.key,
    }  # fmt: skip


@functools.cache
def _live_with(parent: int) -> None:
    """Ends this worker when the process that started it is gone: the pool would leave it idle for minutes."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, name="lives with its parent", daemon=True).start()


Task = tuple[Cell, str]


def _here(tasks: Sequence[Task], workers: int) -> Generator[Row, None, None]:
    """Rows as they come from processes of this machine, which share its cores.

    A worker that is killed breaks the pool: whatever was under way is begun again with a new one.
    """
    import joblib  # type: ignore[import-untyped]
    from joblib.externals.loky.process_executor import TerminatedWorkerError  # type: ignore[import-untyped]

    left, failures = {cell.key: (cell, weights) for cell, weights in tasks}, 0
    while left:
        number = min(workers, len(left))
        threads = max(1, min(cores() // number, int(os.environ.get("OMP_NUM_THREADS") or cores())))
        try:
            with joblib.parallel_config("loky", inner_max_num_threads=threads):
                for row in _rows(list(left.values()), number, threads):
                    del left[row["cell"]]
                    failures = 0
                    yield row
        except TerminatedWorkerError:
            failures += 1
            if failures == ATTEMPTS:
                raise ValueError(
                    f"worker processes ended {ATTEMPTS} times before a row was finished, killed from outside or for "
                    f"memory; finished rows are kept: try fewer workers, or a smaller num"
                ) from None


def _on_cluster(tasks: Sequence[Task], address: str) -> Generator[Row, None, None]:
    """Rows as they come from a Dask cluster, which gives the tasks of a dead worker to another one."""
    import joblib

    try:
        from distributed import Client, KilledWorker, LocalCluster
    except ModuleNotFoundError:
        raise ValueError(
            f"a Dask cluster needs the package distributed; install it with: {INSTALL}"
        ) from None
    local = re.fullmatch(r"local:([1-9]\d{0,3})", address)
    if not local and not re.fullmatch(r"\w+://\S+:\d+", address):
        raise ValueError(
            f"a Dask cluster is named as tcp://HOST:PORT, or local:N for N workers here, got {address!r}"
        )
    with contextlib.ExitStack() as stack:
        try:
            cluster: Any = address
            if local:
                cluster = stack.enter_context(
                    LocalCluster(
                        n_workers=int(local[1]),
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address=None,
                    )
                )
            client = stack.enter_context(Client(cluster, timeout=CONNECT_SECONDS))
        except OSError as error:
            raise ValueError(f"no Dask scheduler answers at {address}: {error}") from None
        try:
            with joblib.parallel_config("dask", client=client):
                yield from _rows(tasks, -1, 1)
        except KilledWorker as error:
            raise ValueError(f"{error}; finished rows are kept") from None


def _rows(tasks: Sequence[Task], number: int, threads: int) -> Iterator[Row]:
    """Rows as joblib hands them on; one task is one row, so that a dead worker costs no more.

    Args:     number: processes here; -1 for a cluster, whose size may change.
    """
    import joblib

    # Here no more tasks than the pool's own queue holds: the pool stumbles over others when it is ended early.
    ahead, parent = ("all", 0) if number < 0 else ("2*n_jobs", os.getpid())
    parallel = joblib.Parallel(
        n_jobs=number, return_as="generator_unordered", batch_size=1, pre_dispatch=ahead
    )
    with contextlib.closing(
        parallel(joblib.delayed(measure)(*task, threads, parent) for task in tasks)
    ) as rows:
        yield from rows


def origin(plan: Plan) -> Row:
    """What the Parquet file says of its origin."""
    packages = ("torch", "numpy", "joblib", "pyarrow")
    return {
        "plan": write_plan(plan),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
    }
