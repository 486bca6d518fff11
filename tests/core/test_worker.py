"""Workers: real processes that train, wait, are ended, and are killed."""

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.core.shelf_run import TINY, reaches, trains
from textdiff_core.checkpoints import load, load_state
from textdiff_core.shelf import Shelf, ending
from textdiff_core.trace import Trace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A shelf whose workers have ended when the test has."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shelf = Shelf(tmp_path / "runs")
    yield shelf
    for run in shelf.runs():
        shelf.delete(run.id)


def worker_of(folder: Path) -> int:
    return json.loads((folder / "worker.json").read_text("utf-8"))["pid"]


def test_a_run_is_started_paused_continued_killed_and_stopped(some: Shelf) -> None:
    """Each end comes within two seconds and keeps what was learnt; after kill -9 too, up to the last save."""
    run = some.start(some.add(TINY, owner="me").id)
    assert run.state.phase in ("queued", "starting") and run.alive and run.ahead == 0
    assert some.start(run.id).asked == run.asked  # it is at it already
    reaches(some, run.id, trains(45))
    paused, seconds = timed(some.pause, run.id)
    assert seconds < 2 and (paused.state.phase, paused.state.message, paused.alive) == ("paused", "", False)
    assert paused.state.step >= 45 and kept_step(run.folder) == paused.state.step
    assert load(run.folder).history == some.curve(run.id) and paused.has_model
    steps = [step for step, _ in some.traces(run.id)]
    assert steps == [point.step for point in some.curve(run.id)] and steps[:2] == [20, 40]
    trace = Trace.load(some.traces(run.id)[0][1])
    assert trace.config.model == run.id and trace.text() == some.curve(run.id)[0].sample
    assert [line["step"] for line in some.log(run.id) if line["report"]] == steps

    some.start(run.id)
    reaches(some, run.id, trains(paused.state.step + 1))
    os.kill(worker_of(run.folder), signal.SIGKILL)
    killed = reaches(some, run.id, lambda run: not run.alive)
    assert killed.state.phase == "failed"
    assert killed.state.message == f"ended from outside at step {killed.state.step}; it can be continued"
    assert kept_step(run.folder) >= paused.state.step

    other = Shelf(some.folder)  # another server would have one of its own
    other.start(run.id)
    reaches(some, run.id, trains(kept_step(run.folder) + 1))
    stopped, seconds = timed(other.stop, run.id)
    assert seconds < 2 and stopped.state.phase == "stopped" and not stopped.alive
    assert timed(some.pause, run.id)[0].state.phase == "stopped"


def timed(act, *args):
    begun = time.monotonic()
    return act(*args), time.monotonic() - begun


def kept_step(folder: Path) -> int:
    return load_state(folder / "state.safetensors")[1]["step"]


def test_one_trains_and_the_others_see_their_place(some: Shelf) -> None:
    """One place on the machine; who waits imports no torch, can be paused at once, and follows when it is free."""
    first, second, third = (some.add(TINY, name=name, owner=name) for name in ("first", "second", "third"))
    some.start(first.id)
    reaches(some, first.id, lambda run: run.state.phase in ("starting", "training"))
    some.start(third.id)
    some.start(second.id)
    for run, ahead in ((first, 0), (third, 1), (second, 2)):
        assert some.run(run.id).ahead == ahead
    reaches(some, second.id, lambda run: (run.folder / "worker.json").exists())
    maps = Path(f"/proc/{worker_of(second.folder)}/maps")
    assert not maps.exists() or "libtorch" not in maps.read_text()
    paused, seconds = timed(some.pause, third.id)
    assert seconds < 2 and paused.state.phase == "paused" and some.run(second.id).ahead == 1
    reaches(some, first.id, trains())
    some.delete(first.id)
    reaches(some, second.id, trains())
    assert not first.folder.exists()


def test_an_owner_trains_one_run_at_a_time(some: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTDIFF_TRAININGS", "2")
    mine, too, yours = (some.add(TINY, owner=owner) for owner in ("me", "me", "you"))
    for run in (mine, too, yours):
        some.start(run.id)
    reaches(some, mine.id, trains())
    reaches(some, yours.id, trains())
    assert some.run(too.id).state.phase == "queued"


def test_a_run_that_nobody_watches_pauses_itself(some: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTDIFF_PATIENCE_MINUTES", "0.02")
    run = some.start(some.add(TINY).id)
    left = reaches(some, run.id, lambda run: run.state.phase == "paused")
    assert "nobody looked for 0.02 minutes" in left.state.message and left.state.step > 0


PHASES = """
import sys
from textdiff_core import worker
from textdiff_core.shelf import Journal
told = Journal.phase
Journal.phase = lambda journal, phase, message="": (print(phase, message, flush=True), told(journal, phase, message))
sys.exit(worker.main(sys.argv[1:]))
"""


def test_a_wish_that_is_older_than_the_worker_is_heard(some: Shelf) -> None:
    """It does not even begin: no other phase is told in between."""
    run = some.add(TINY)
    (run.folder / "ending").write_text("stopped", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PHASES, str(run.folder)], cwd=ROOT, timeout=300, text=True, capture_output=True
    )
    assert (done.returncode, done.stdout.split()) == (0, ["stopped"]), done.stderr


def test_a_run_that_waits_and_that_nobody_watches_pauses_itself(some: Shelf) -> None:
    run = some.add(TINY)
    with FileLock(some.folder / ".locks" / "place-0.lock"):
        (run.folder / "watched").touch()
        done = subprocess.run(
            [sys.executable, "-c", PHASES, str(run.folder)], cwd=ROOT, timeout=300, text=True, capture_output=True,
            env={**os.environ, "TEXTDIFF_PATIENCE_MINUTES": "0.01"},
        )  # fmt: skip
    assert done.stdout.startswith("paused paused by itself, because nobody looked"), done.stderr
    assert some.run(run.id).state.phase == "paused"


def test_what_ends_a_run_is_said(some: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTDIFF_TRAININGS", "4")
    over = {"steps": 5, "warmup": 1, "every": 5}
    runs = {
        phase: some.start(some.add(type(TINY)(**{**vars(TINY), **changes}), **more).id)
        for phase, changes, more in (
            ("done", over, {}),
            ("paused", {}, {"minutes": 1e-6}),
            ("diverged", {"rate": 10.0, "rate_rest": 10.0}, {}),
            ("failed", {"corpus": "file:none.txt"}, {}),
        )
    }
    for phase, run in runs.items():
        assert reaches(some, run.id, lambda run: not run.active).state.phase == phase
    said = {phase: some.run(run.id).state.message for phase, run in runs.items()}
    assert said["done"] == "all 5 steps are done" and said["paused"] == "time is up"
    assert "lower the rate" in said["diverged"] and some.run(runs["diverged"].id).state.step <= 60
    assert some.log(runs["diverged"].id) and "none.txt" in said["failed"]


def test_own_text_is_learnt_and_goes_on_where_its_folder_is_moved(some: Shelf, tmp_path: Path) -> None:
    """The whole shelf is moved between two sessions; the text is found in the run's own folder."""
    config = dataclasses.replace(TINY, corpus="", vocabulary="word", length=8)
    text = "".join(
        f"Der {animal} mag den {food}.\n" for animal in ("Fuchs", "Hase") for food in ("Apfel", "Klee")
    )
    run = some.start(some.add(config, text=40 * text).id)
    reaches(some, run.id, trains(25))
    assert some.pause(run.id).config.corpus == "file:text.txt"
    some.folder.rename(tmp_path / "moved")
    moved = Shelf(tmp_path / "moved")
    moved.start(run.id)
    again = reaches(moved, run.id, trains(30))
    moved.stop(run.id)
    assert again.state.step >= 30 and moved.curve(run.id)[0].sample
    moved.folder.rename(some.folder)


def test_asked_to_end_from_outside_a_worker_says_so(some: Shelf) -> None:
    run = some.start(some.add(TINY).id)
    reaches(some, run.id, trains(25))
    os.kill(worker_of(run.folder), signal.SIGTERM)
    ended = reaches(some, run.id, lambda run: not run.alive)
    assert ended.state.phase == "paused" and "from outside" in ended.state.message
    assert kept_step(run.folder) == ended.state.step


def full_disk() -> None:
    """Files of this process may have 40 kB, less than a state; `write` then fails as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def test_a_full_disk_keeps_the_last_good_checkpoint(some: Shelf) -> None:
    run = some.start(some.add(TINY).id)
    reaches(some, run.id, trains(25))
    some.pause(run.id)
    before = {name: (run.folder / name).read_bytes() for name in ("model.safetensors", "state.safetensors")}
    assert len(before["state.safetensors"]) > 40_000
    done = subprocess.run(
        [sys.executable, "-m", "textdiff_core.worker", str(run.folder)], cwd=ROOT, timeout=300, text=True,
        capture_output=True, preexec_fn=full_disk, env={**os.environ, "TEXTDIFF_PATIENCE_MINUTES": "1"},
    ) if not (run.folder / "ending").unlink() else None  # fmt: skip
    failed = some.run(run.id)
    assert (done.returncode, failed.state.phase) == (1, "failed"), done.stderr
    assert "could not be saved" in failed.state.message and "too large" in failed.state.message.lower()
    assert before == {name: (run.folder / name).read_bytes() for name in before}
    assert not [entry for entry in run.folder.iterdir() if entry.name.startswith(".")]
    assert load(run.folder).history and ending(run.folder) == ""


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of 2 MB, where the machine lets a test have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield disk
    deadline = time.monotonic() + 300
    while subprocess.run(["umount", str(disk)], capture_output=True).returncode:  # a worker is on its way out
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_disk_that_is_really_full_is_said_and_the_run_goes_on_later(small_disk: Path) -> None:
    some = Shelf(small_disk / "runs")
    run = some.start(some.add(TINY).id)
    reaches(some, run.id, trains(25))
    step = some.pause(run.id).state.step
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while ballast.write(b"x" * 4096):
            pass
    with (small_disk / "ballast").open("rb+") as ballast:
        ballast.truncate((small_disk / "ballast").stat().st_size - 30_000)
    some.start(run.id)
    failed = reaches(some, run.id, lambda run: not run.active)
    assert failed.state.phase == "failed" and "No space left on device" in failed.state.message
    assert kept_step(run.folder) >= step and load(run.folder).history
    (small_disk / "ballast").unlink()
    some.start(run.id)
    reaches(some, run.id, trains(failed.state.step + 1))
    some.delete(run.id)
