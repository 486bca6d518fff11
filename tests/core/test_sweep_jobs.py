"""Sweeps that pages begin: they run by themselves, are found again by their plan, and are ended by their lock."""

import dataclasses
import os
import signal
import sys
import time

import pytest

from textdiff_core import sweep
from textdiff_core.records import RunConfig
from textdiff_core.shelf.run import SECONDS_TO_START, worker
from textdiff_core.sweep import jobs
from textdiff_core.sweep.table import journal_of

SECONDS = 300.0


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path / "shelf"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def plan(num: int, **changes) -> sweep.Plan:
    lanes = [RunConfig(sampler=sampler) for sampler in ("ancestral", "random")]
    return sweep.lanes_plan(lanes, steps=[6, 7], seeds=2, num=num, out="anything.parquet", **changes)


def until(true, wanted: sweep.Plan) -> jobs.Standing:
    deadline = time.monotonic() + SECONDS
    while not true(standing := jobs.look(wanted)):
        assert time.monotonic() < deadline and not standing.error, standing
        time.sleep(0.02)
    return standing


def test_a_sweep_runs_by_itself_is_stopped_and_goes_on():
    wanted = plan(40)
    before = jobs.look(wanted)
    assert (before.done, before.total, before.running, before.error) == (0, 8, False, "")
    jobs.begin(wanted)
    assert jobs.look(wanted).running
    jobs.begin(wanted)  # again: it is at it already
    with pytest.raises(ValueError, match="1 other sweep is running on this server"):
        jobs.begin(plan(3))
    some = until(lambda standing: standing.done >= 2, wanted)
    assert some.left > 0 or not some.running
    begun = time.monotonic()
    jobs.end(wanted)
    assert time.monotonic() - begun < 10
    stopped = jobs.look(wanted)
    assert not stopped.running and 2 <= stopped.done < 8 and stopped.error == ""
    jobs.begin(wanted)
    whole = until(lambda standing: standing.done == 8 and not standing.running, wanted)
    assert [row["cell"] for row in whole.found.rows] == [cell.key for cell in wanted.cells()]
    again = jobs.look(dataclasses.replace(wanted, out="elsewhere.parquet"))
    assert again.found.rows == whole.found.rows  # the same plan, whoever asks


def test_a_sweep_is_ended_before_it_has_said_who_it_is():
    wanted = plan(50)
    jobs.begin(wanted)
    jobs.end(wanted)
    standing = jobs.look(wanted)
    assert not standing.running and standing.done < standing.total


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a process that has not taken its lock has ten seconds"
)
def test_a_sweep_runs_for_as_long_as_its_process_is_there():
    """Before it has taken its lock too, however long a busy machine lets it wait; and no longer once it is killed."""
    wanted = plan(60)
    jobs.begin(wanted)
    journal = journal_of(jobs.folder_of(wanted) / jobs.ROWS)
    os.kill(worker(journal), signal.SIGSTOP)  # at its first imports
    time.sleep(SECONDS_TO_START + 0.5)
    assert jobs.look(wanted).running
    os.kill(worker(journal), signal.SIGKILL)
    until(lambda standing: not standing.running, wanted)
    jobs.begin(wanted)
    os.kill(worker(journal), signal.SIGSTOP)  # it hears no request either
    jobs.end(wanted)
    assert not jobs.look(wanted).running


def test_a_sweep_that_cannot_run_says_why():
    wanted = plan(2)
    folder = jobs.folder_of(wanted)
    folder.mkdir(parents=True)
    (folder / jobs.ROWS).write_text("somebody's own file")
    jobs.begin(wanted)
    deadline = time.monotonic() + SECONDS
    while not (standing := jobs.look(wanted)).error and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "is left as it is" in standing.error and not standing.running and standing.done == 0
