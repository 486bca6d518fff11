"""The shelf: what lies on it, and edits from several processes."""

import contextlib
import dataclasses
import errno
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.core.shelf_run import POINT, TINY, checkpoint
from textdiff_core import lab
from textdiff_core.shelf import Journal, Shelf, shelf
from textdiff_core.shelf.journal import Lines, read_lines
from textdiff_core.training_records import Progress, begun_at

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def some(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "runs")


def contents(folder: Path) -> set[str]:
    """Names of everything on a shelf, hidden or not, but for its locks."""
    return {entry.name for entry in folder.iterdir()} - {".locks"}


def test_a_run_lies_on_the_shelf_until_it_is_deleted(some: Shelf) -> None:
    first = some.add(TINY, name="  My own\nrun ", owner="me", minutes=2.5)
    second = some.add(TINY)
    assert [run.id for run in some.runs()] == [second.id, first.id]
    assert (first.name, first.owner, first.minutes, first.config) == ("My own run", "me", 2.5, TINY)
    assert first.id.startswith("my-own-run-") and first.folder == some.folder / first.id
    assert (first.state.phase, first.state.step, first.active, first.alive) == ("paused", 0, False, False)
    assert second.name == "toy" and math.isinf(second.minutes) and not second.has_model and second.size > 0
    assert some.rename(first.id, "Another").name == "Another" and some.run(first.id).id == first.id
    assert (some.log(first.id), some.curve(first.id), some.traces(first.id)) == ([], (), [])
    some.delete(first.id)
    assert [run.id for run in some.runs()] == [second.id] and contents(some.folder) == {second.id}
    for wrong in (first.id, "", "..", ".locks", "../runs", "x" * 500):
        with pytest.raises(ValueError, match="there is no run"):
            some.run(wrong)
    with pytest.raises(ValueError, match="must not be empty"):
        some.rename(second.id, " \n")


def test_one_setting_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTDIFF_RUNS", raising=False)
    assert shelf().folder == tmp_path / "runs" and shelf().runs() == []
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path / "other"))
    assert shelf().folder == tmp_path / "other"


def test_own_text_moves_with_its_folder(some: Shelf, tmp_path: Path) -> None:
    run = some.add(TINY, text="Ein Satz.\n" * 3)
    assert run.config.corpus == "file:text.txt" and run.name == "own text"
    moved = Shelf(tmp_path / "moved")
    some.folder.rename(moved.folder)
    assert (moved.run(run.id).folder / "text.txt").read_text("utf-8") == "Ein Satz.\n" * 3


def test_a_folder_that_the_command_line_made_is_a_run(some: Shelf) -> None:
    checkpoint(some.folder / "by-hand")
    run = some.run("by-hand")
    assert (run.name, run.state.phase, run.state.step, run.has_model) == ("by-hand", "done", 20, True)
    assert some.curve("by-hand")[0].validation_nelbo == 2.25
    checkpoint(some.folder / "half", steps=50)
    (some.folder / "half" / "state.safetensors").write_bytes(b"")
    assert some.run("half").state.phase == "paused"
    assert some.rename("half", "Half done").name == "Half done"


def test_what_is_no_run_is_left_out(some: Shelf) -> None:
    good = some.add(TINY)
    for name, files in {
        "empty": {}, "foreign": {"photo.jpg": "x"}, "torn": {"run.json": '{"name": "a"'},
        "wrong": {"run.json": '{"name": "a", "owner": "", "created": 0, "config": {"widht": 3}, "minutes": null}'},
        "list": {"run.json": "[]"}, "binary": {"run.json": "\0\1\2"}, "half": {"config.json": "{}"},
    }.items():  # fmt: skip
        (some.folder / name).mkdir()
        for file, text in files.items():
            (some.folder / name / file).write_text(text, "latin-1")
    damaged = some.add(TINY)
    (damaged.folder / "status.json").write_text('{"phase": "dreaming"}')
    (some.folder / "a file").write_text("x")
    assert [run.id for run in some.runs()] == [good.id]


EDITS = """
import sys
from tests.core.shelf_run import TINY
from textdiff_core.shelf import Shelf
shelf, me = Shelf(sys.argv[1]), sys.argv[2]
for i in range(12):
    run = shelf.add(TINY, name=f"{me} {i}")
    shelf.rename(sys.argv[3], f"named by {me} {i}")
    if i % 3 == 0:
        shelf.delete(run.id)
    [run.name for run in shelf.runs()]
"""


def test_edits_of_several_processes_lose_nothing(some: Shelf) -> None:
    """Three processes add twelve runs each, delete four of them, and rename one run that all share."""
    shared = some.add(TINY, name="shared")
    command = [sys.executable, "-c", EDITS, str(some.folder)]
    workers = [
        subprocess.Popen([*command, me, shared.id], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for me in "abc"
    ]
    for worker in workers:
        assert worker.communicate(timeout=300)[1] == "" and worker.returncode == 0
    names = {run.name for run in some.runs()} - {some.run(shared.id).name}
    assert names == {f"{me} {i}" for me in "abc" for i in range(12) if i % 3}
    assert some.run(shared.id).name in {f"named by {me} 11" for me in "abc"}
    assert len(contents(some.folder)) == 25


def progress(step: int, **changes) -> Progress:
    return dataclasses.replace(Progress(step, 10 * step, 0.1 * step, 2.0, 0.5, 0.02), **changes)


def test_the_log_has_every_report_and_forgets_what_was_done_again(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "log.jsonl")
    report = dataclasses.replace(POINT, step=3)
    assert [lines.add(progress(step)) for step in (1, 2)] == [True, False]
    assert lines.add(progress(3, report=report)) and lines.add(progress(4, ended="all 4 steps are done"))
    with (tmp_path / "log.jsonl").open("ab") as stream:
        stream.write(b'{"step": 5, "tok')  # killed while it wrote
    again = Lines(tmp_path / "log.jsonl")
    again.add(progress(3, report=report, nelbo=1.0))
    told = read_lines(tmp_path / "log.jsonl")
    assert [(line["step"], line["nelbo"]) for line in told] == [(1, 2.0), (3, 1.0)]
    assert told[1]["report"]["levels"][0] is None and told[1]["time"] > 1e9
    assert [line["step"] for line in read_lines(tmp_path / "log.jsonl", after=1)] == [3]
    assert read_lines(tmp_path / "none.jsonl") == []


def test_the_curve_has_reports_that_no_checkpoint_has(some: Shelf) -> None:
    """Those of weights that were not worth keeping, say."""
    run = some.add(TINY)
    checkpoint(run.folder)
    journal = Journal(run.folder)
    journal.progress(progress(40, report=dataclasses.replace(POINT, step=40, validation_nelbo=9.0)))
    assert [(point.step, point.validation_nelbo) for point in some.curve(run.id)] == [(20, 2.25), (40, 9.0)]


def test_only_models_that_can_be_opened_under_their_names_are_offered(some: Shelf, monkeypatch) -> None:
    monkeypatch.setenv("TEXTDIFF_RUNS", str(some.folder))
    for name in ("mine", "tales", "older", "alien", "long"):
        checkpoint(some.folder / name)
    for name, part, changes in (
        ("older", "model", {}),
        ("alien", "train", {"process": ["x"]}),
        ("long", "model", {"length": "9"}),
    ):
        file = some.folder / name / "config.json"
        record = json.loads(file.read_text("utf-8"))
        record[part] = record[part] | changes if changes else {}
        file.write_text(json.dumps(record), "utf-8")
    assert lab.shelf_models() == ["mine"]
    assert lab.model_folder("tales") != some.folder / "tales"


def test_the_marks_of_a_curve_outlive_the_text(some: Shelf) -> None:
    text = "Der Fuchs mag den Klee.\n" * 20
    run = some.add(dataclasses.replace(TINY, length=8, steps=1, every=1), text=text)
    computed = some.marks(run.id)
    for _ in lab.train(run.config, run.folder):
        pass
    (run.folder / "text.txt").unlink()
    assert some.marks(run.id) == computed and len(computed) == 2
    (run.folder / "marks.json").write_text('{"word frequencies only": "2"}', "utf-8")
    assert some.marks(run.id) == {}
    assert len(some.marks(some.add(TINY).id)) == 3


def test_a_run_keeps_a_color_that_those_beside_it_do_not_have(some: Shelf) -> None:
    alone = [some.add(TINY) for _ in range(7)]
    assert [run.color for run in alone] == [0, 1, 2, 3, 4, 5, 0]
    race = [some.add(TINY, group="race") for _ in range(3)]
    other = some.add(TINY, group="other race")
    assert [run.color for run in race] == [0, 1, 2] and other.color == 0
    some.delete(race[1].id)
    assert some.rename(race[2].id, "Renamed").color == 2
    assert some.add(TINY, group="race").color == 1
    checkpoint(some.folder / "by-hand")
    assert some.run("by-hand").color == 0


def test_a_shelf_that_cannot_be_written_is_told_in_one_sentence(
    some: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = some.add(TINY)
    packed = some.pack(checkpoint(some.folder / "by-hand").name)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")

    acts = [lambda: some.add(TINY), lambda: some.rename(run.id, "Other"), lambda: some.start(run.id),
            lambda: some.unpack(packed), lambda: some.delete(run.id)]  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr("textdiff_core.shelf.store.write_json", full)
        patch.setattr("os.rename", full)
        for act in acts:
            with pytest.raises(ValueError, match="cannot be changed: No space left on device") as told:
                act()
            assert str(some.folder) in str(told.value) and "\n" not in str(told.value)
    assert contents(some.folder) == {run.id, "by-hand"}
    monkeypatch.setattr("textdiff_core.shelf.store.LOCK_SECONDS", 0.05)
    with FileLock(some.folder / ".locks" / "shelf.lock"), pytest.raises(ValueError, match="another process"):
        some.rename(run.id, "Other")
    (tmp_path / "a file").write_text("x")
    with pytest.raises(ValueError, match="Not a directory"):
        Shelf(tmp_path / "a file").add(TINY)


def test_a_worker_that_cannot_be_started_leaves_the_run_as_it_was(some: Shelf, monkeypatch) -> None:
    run = some.add(TINY)

    def none(*_, **__):
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr("subprocess.Popen", none)
    with pytest.raises(ValueError, match="temporarily unavailable"):
        some.start(run.id)
    assert some.run(run.id).state.phase == "paused"


@pytest.mark.parametrize("act", ["pause", "stop", "delete"])
def test_a_training_of_the_command_line_without_a_state_is_ended(some: Shelf, act: str) -> None:
    folder = checkpoint(some.folder / "by-hand", steps=50)
    (folder / "state.safetensors").write_bytes(b"")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], cwd=ROOT, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None and worker.stdout.readline() == b"held\n"
        assert some.run("by-hand").state.phase == "training"
        ended = getattr(some, act)("by-hand")
        worker.wait(20)
    if act == "delete":
        assert contents(some.folder) == set()
    else:
        assert (ended.state.phase, ended.state.step, ended.alive) == ("paused", 20, False)


HOLDS = """
import pathlib, sys, time
from textdiff_core.shelf import own_life
with own_life(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_that_goes_on_from_a_checkpoint_counts_its_own_steps(some: Shelf) -> None:
    base = checkpoint(some.folder / "base")  # 20 steps, 1.5 seconds
    config = dataclasses.replace(TINY, start=str(base), steps=6, every=2)
    by_hand, shelved = some.folder / "by-hand", some.add(config)
    with contextlib.closing(lab.train(config, by_hand)) as steps:
        for progress in steps:
            if progress.step == 22:
                break
    run = some.run("by-hand")
    assert (run.state.phase, run.state.step) == ("paused", 2) and 0 <= run.state.seconds < 1.5
    for _ in lab.train(config, by_hand):
        pass
    assert (some.run("by-hand").state.phase, some.run("by-hand").state.step) == ("done", 6)
    journal = Journal(shelved.folder, begun_at(config))
    journal.progress(progress)
    assert some.run(shelved.id).state.step == 2
    assert some.log(shelved.id)[0]["step"] == 22  # as the curve counts
    assert some.unpack(some.pack("by-hand")).state.step == 6
    shutil.rmtree(base)
    assert some.run("by-hand").state.step >= 6


def test_a_damaged_folder_is_not_fatal_to_the_others(some: Shelf) -> None:
    good, alien, torn = some.add(TINY), some.add(TINY), some.add(TINY)
    record = json.loads((alien.folder / "run.json").read_text("utf-8"))
    record["config"]["process"] = "alien"
    (alien.folder / "run.json").write_text(json.dumps(record), "utf-8")
    checkpoint(torn.folder)
    (torn.folder / "history.json").write_text('[{"step": "5"}]', "utf-8")
    (torn.folder / "log.jsonl").write_text('{"step": "5"}\n{"step": 5, "report": {"step": []}}\n', "utf-8")
    assert {run.id for run in some.runs()} == {good.id, torn.id}
    assert some.curve(torn.id) == ()
