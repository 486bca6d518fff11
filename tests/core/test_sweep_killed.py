"""Sweeps that are killed: the process, one of its workers, a worker of a Dask cluster. The table is always the same."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from tests.core.sweeps import rows, write_file
from textdiff_core import sweep
from textdiff_core.__main__ import main

PLAN = """
sampler = ["ancestral", "random"]
steps = [6, 7, 8]
seed = [0, 1]
num = 4
out = {out}
"""
ROWS = 12
SECONDS = 300.0  # far more than anything here takes
COMMAND = [sys.executable, "-m", "textdiff_core", "sweep"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
LINUX = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> pd.DataFrame:
    """The table of the sweep that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    assert main(["sweep", str(write_file(folder, PLAN)), "--workers", "1"]) == 0
    table = rows(folder)
    assert len(table) == ROWS
    return table


@contextlib.contextmanager
def started(*command: str):
    """A process of its own, gone when the context ends."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def until(true, process) -> None:
    """Waits until something is true while a process runs."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)


def kept(folder: Path) -> int:
    """Rows that are on the disk."""
    file = folder / "rows.parquet.sweep" / "rows.jsonl"
    return max(0, file.read_bytes().count(b"\n") - 1) if file.exists() else 0


def stat(pid: int | str) -> tuple[str, str]:
    """A process's state and its parent."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return "", ""
    return state, parent


def workers_of(pid: int) -> list[int]:
    """The worker processes that a sweep has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and stat(entry.name)[1] == str(pid):
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if b"loky" in command and b"resource_tracker" not in command:
                    found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    return stat(pid)[0] not in ("", "Z")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_sweep_goes_on_where_it_was(workers, whole, tmp_path):
    command = [*COMMAND, str(write_file(tmp_path, PLAN)), "--workers", workers]
    with started(*command) as process:
        until(lambda: kept(tmp_path) >= 3, process)
        left = workers_of(process.pid) if Path("/proc").is_dir() else []
        process.kill()
        process.wait()
    before = kept(tmp_path)
    assert 3 <= before < ROWS and (workers == "1" or left or not Path("/proc").is_dir())
    progress = list(sweep.run(sweep.read_plan(tmp_path / "sweep.toml"), workers=1))
    assert progress[0].done in (before, before - 1)  # the last line may be torn
    assert progress[-1].done == ROWS
    pd.testing.assert_frame_equal(rows(tmp_path), whole)
    deadline = time.monotonic() + SECONDS
    while any(map(alive, left)):  # they notice that they are alone
        assert time.monotonic() < deadline
        time.sleep(0.1)


@LINUX
def test_a_killed_worker_costs_no_row(whole, tmp_path):
    with started(*COMMAND, str(write_file(tmp_path, PLAN)), "--workers", "2") as process:
        until(lambda: kept(tmp_path) >= 2 and workers_of(process.pid), process)
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        assert kept(tmp_path) < ROWS
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told
    pd.testing.assert_frame_equal(rows(tmp_path), whole)
    lines = (tmp_path / "rows.parquet.sweep" / "rows.jsonl").read_text("utf-8").splitlines()
    cells = [json.loads(line)["cell"] for line in lines[1:]]
    assert len(cells) == len(set(cells)) == ROWS


@LINUX
def test_workers_that_are_killed_again_and_again_end_the_sweep(tmp_path):
    with started(*COMMAND, str(write_file(tmp_path, PLAN)), "--workers", "2") as process:
        while process.poll() is None:
            for pid in workers_of(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        told = process.stderr.read()
    assert process.returncode == 2 and "ended 3 times before a row was finished" in told
    assert "Traceback" not in told and kept(tmp_path) == 0


@LINUX
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_asked_to_end_takes_its_workers_along(asked, whole, tmp_path):
    with started(*COMMAND, str(write_file(tmp_path, PLAN)), "--workers", "2") as process:
        until(lambda: kept(tmp_path) >= 2 and workers_of(process.pid), process)
        workers = workers_of(process.pid)
        process.send_signal(asked)
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 130 and "the same command goes on" in told and "Traceback" not in told
    assert not any(map(alive, workers))
    written = len(pd.read_parquet(tmp_path / "rows.parquet"))
    on_its_way = written - kept(tmp_path)  # to the journal, when it was interrupted
    assert on_its_way in (0, 1) and written < ROWS
    assert main(["sweep", str(tmp_path / "sweep.toml"), "--workers", "1"]) == 0
    pd.testing.assert_frame_equal(rows(tmp_path), whole)


def address_of(file: Path) -> str:
    try:
        return json.loads(file.read_text("utf-8"))["address"]
    except (OSError, ValueError, KeyError):
        return ""


def test_a_dask_cluster_loses_a_worker_and_no_row(whole, tmp_path):
    """Two workers on 127.0.0.1; one is killed when some rows are there."""
    file, place = tmp_path / "scheduler.json", ("--host", "127.0.0.1")
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker"]
    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(
            started(*dask, *place, "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        )
        until(lambda: address_of(file), scheduler)
        plain = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path))
        first, _ = (stack.enter_context(started(*worker, address_of(file), *place, *plain)) for _ in range(2))
        command = [*COMMAND, str(write_file(tmp_path, PLAN)), "--dask", address_of(file)]
        process = stack.enter_context(started(*command))
        until(lambda: kept(tmp_path) >= 2, process)
        first.kill()
        assert kept(tmp_path) < ROWS
        _, told = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, told
    pd.testing.assert_frame_equal(rows(tmp_path), whole)


def test_a_cluster_of_two_local_workers_gives_the_same_table(whole, tmp_path):
    with started(*COMMAND, str(write_file(tmp_path, PLAN)), "--dask", "local:2") as process:
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, told
    pd.testing.assert_frame_equal(rows(tmp_path), whole)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--dask", "tcp://127.0.0.1:9"], "no Dask scheduler answers at tcp://127.0.0.1:9"),
        (["--dask", "local:0"], "tcp://HOST:PORT, or local:N"),
        (["--dask", "somewhere"], "tcp://HOST:PORT, or local:N"),
        (["--dask", "local:2", "--workers", "2"], "a Dask cluster has its own"),
        (["--workers", "0"], "got '0'"),
    ],
)
def test_a_cluster_that_is_none_is_one_sentence(given, said, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("textdiff_core.sweep.work.CONNECT_SECONDS", 1.0)
    assert main(["sweep", str(write_file(tmp_path, PLAN)), *given]) == 2
    told = capsys.readouterr().err
    assert said in told.splitlines()[-1] and "Traceback" not in told and kept(tmp_path) == 0
