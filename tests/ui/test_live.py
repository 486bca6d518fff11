"""Jobs: computed while watched, seen while they grow, stopped when nobody looks, few at a time."""

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from textdiff_core import lab
from textdiff_core.records import Edit, RunConfig
from textdiff_ui.live import AT_ONCE, Job

LONG = RunConfig(sampler="ancestral", steps=256)


@pytest.fixture
def start() -> Iterator[Callable[[RunConfig], Job]]:
    """`start(config)` is a job that "reader" watches; all have ended when the test has."""
    started: list[Job] = []

    def begin(config: RunConfig) -> Job:
        started.append(Job(config))
        started[-1].watch("reader")
        return started[-1]

    yield begin
    for job in started:
        job.leave("reader")
    until(lambda: not any(job.computing for job in started))


def until(true: Callable[[], object], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_a_job_grows_and_ends_as_the_run_of_its_config(start: Callable[[RunConfig], Job]) -> None:
    job = start(LONG)
    until(lambda: job.trace is not None)
    first = job.trace.num_steps
    until(lambda: job.over)
    assert first < 256 == job.trace.num_steps
    assert job.done and not job.error
    assert job.trace.verdict is not None
    np.testing.assert_array_equal(job.trace.tokens, lab.run(LONG).tokens)


def test_without_readers_the_computation_stops_and_can_begin_again(start: Callable[[RunConfig], Job]) -> None:
    job = start(LONG)
    job.watch("another reader")
    until(lambda: job.trace is not None)
    job.leave("another reader")
    assert job.computing, "one reader is still there"
    job.leave("reader")
    until(lambda: not job.computing)
    assert not job.over
    assert job.trace.num_steps < 256
    job.watch("reader")
    until(lambda: job.done)
    assert job.trace.num_steps == 256


def test_runs_beyond_the_limit_wait_and_know_how_many_are_ahead(start: Callable[[RunConfig], Job]) -> None:
    jobs = [start(LONG.replace(seed=seed)) for seed in range(AT_ONCE + 2)]
    until(lambda: jobs[0].trace is not None)
    assert [job.ahead for job in jobs] == [0] * AT_ONCE + [1, 2]
    assert jobs[-1].trace is None
    jobs[0].leave("reader")
    until(lambda: jobs[-1].ahead == 1)


def test_a_job_started_by_a_daemon_is_none(start: Callable[[RunConfig], Job]) -> None:
    script = threading.Thread(target=start, args=(LONG.replace(seed=9),), daemon=True)
    script.start()
    script.join()
    (thread,) = (
        thread for thread in threading.enumerate() if thread.name == f"run {LONG.replace(seed=9).key}"
    )
    assert not thread.daemon


def test_settings_that_cannot_be_run_end_in_one_sentence(start: Callable[[RunConfig], Job]) -> None:
    job = start(RunConfig(edits=(Edit(3, (500,)),)))
    until(lambda: job.over)
    assert not job.done
    assert job.error == f"an edit names position 500; the canvas has {lab.model_info('tales').length}"
