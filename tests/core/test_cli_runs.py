"""The command line of training: the shelf, its runs, and the log."""

import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from tests.core.shelf_run import reaches, trains
from textdiff_core import lab
from textdiff_core.__main__ import main
from textdiff_core.checkpoints import load_state
from textdiff_core.records import RunConfig
from textdiff_core.shelf import own_life
from textdiff_core.training_records import TrainPoint

TINY = [
    "train", "--corpus", "toy", "--width", "16", "--depth", "1", "--heads", "1", "--batch", "4", "--warmup", "1",
    "--validation", "2",
]  # fmt: skip
SHORT = [*TINY, "--steps", "4", "--every", "2"]


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path / "shelf"))
    return tmp_path / "shelf"


def answer(capsys: pytest.CaptureFixture[str], *argv: str):
    assert main(["runs", *argv, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_run_on_the_shelf_from_training_to_deletion(tmp_path: Path, capsys) -> None:
    assert main([*SHORT, "--shelf", "--name", "From here", "--log", str(tmp_path / "log.jsonl")]) == 0
    assert "nats/token" in capsys.readouterr().err
    (run,) = answer(capsys, "list")
    assert (run["name"], run["phase"], run["step"], run["message"]) == (
        "From here",
        "done",
        4,
        "all 4 steps are done",
    )
    shown = answer(capsys, "show", run["id"])
    assert [point["step"] for point in shown["curve"]] == [2, 4] and shown["config"]["corpus"] == "toy"
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [TrainPoint.from_json(line["report"]).step for line in lines if line["report"]] == [2, 4]
    assert [step for step, _ in lab.shelf().traces(run["id"])] == [2, 4]
    assert run["id"] in lab.shelf_models() and lab.run(RunConfig(model=run["id"], steps=2)).num_steps >= 1

    file = tmp_path / "away.zip"
    answer(capsys, "export", run["id"], "--out", str(file))
    assert len(zipfile.ZipFile(file).namelist()) == 4
    back = answer(capsys, "import", str(file), "--name", "Back")
    assert len(lab.shelf().marks(back["id"])) == 3
    assert back["name"] == "Back" and back["validation_nelbo"] == run["validation_nelbo"]
    for argv in (["list"], ["show", run["id"]]):
        assert main(["runs", *argv]) == 0
        assert "From here" in capsys.readouterr().out
    for gone in (run["id"], back["id"]):
        answer(capsys, "delete", gone)
    assert answer(capsys, "list") == []


def test_a_training_in_a_folder_of_the_shelf_is_on_it(shelf: Path, capsys) -> None:
    assert main([*SHORT, "--out", str(shelf / "mine")]) == 0
    capsys.readouterr()
    (run,) = answer(capsys, "list")
    assert (run["id"], run["phase"], run["step"]) == ("mine", "done", 4)


def test_a_model_that_is_trained_on_is_read_again(shelf: Path) -> None:
    out = str(shelf / "mine")
    main([*SHORT, "--out", out, "--minutes", "0.000001"])
    before = lab.load("mine").denoiser.state_dict()["head.weight"].clone()
    main([*SHORT, "--out", out, "--resume"])
    assert not (lab.load("mine").denoiser.state_dict()["head.weight"] == before).all()


@pytest.mark.parametrize("by", ["Ctrl-C", "the page"])
def test_a_training_of_the_command_line_is_ended_between_two_steps(by: str, shelf: Path) -> None:
    """From the keyboard and from a page alike: it is asked, ends its step, and keeps all of it."""
    command = [sys.executable, "-m", "textdiff_core", *TINY, "--steps", "100000", "--every", "50", "--shelf"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        guard = threading.Timer(90, process.kill)
        guard.start()
        id = process.stderr.readline().split()[-1]
        reaches(lab.shelf(), id, trains(10))
        if by == "Ctrl-C":
            process.send_signal(signal.SIGINT)
        else:
            lab.shelf().stop(id)
        told = process.stderr.read()
        guard.cancel()
    run = lab.shelf().run(id)
    assert process.returncode == 130 and "--resume" in told and "Traceback" not in told
    assert run.state.phase == ("paused" if by == "Ctrl-C" else "stopped") and run.has_model
    assert load_state(run.folder / "state.safetensors")[1]["step"] == run.state.step >= 10


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([*SHORT], "either --out DIR or --shelf"),
        ([*SHORT, "--shelf", "--out", "x"], "either --out DIR or --shelf"),
        ([*SHORT, "--shelf", "--resume"], "by its folder"),
        ([*SHORT, "--out", "x", "--name", "y"], "--shelf"),
        ([*SHORT, "--shelf", "--log", "none/log.jsonl"], "no folder"),
        ([*SHORT, "--shelf", "--rate", "1000"], "got 1000"),
        ([*SHORT, "--shelf", "--loss", "insertion"], "insertion"),
        ([*SHORT, "--shelf", "--corpus", "file:none.txt"], "none.txt"),
        (["runs"], "what"),
        (["runs", "show", "nothing"], "there is no run 'nothing'"),
        (["runs", "delete", "../x"], "there is no run '../x'"),
        (["runs", "export", "nothing", "--out", "a.zip"], "there is no run"),
        (["runs", "import", "none.zip"], "there is no file"),
        (["runs", "import", "text.txt"], "not a .zip"),
        (["runs", "burn"], "burn"),
    ],
)
def test_a_bad_value_is_one_sentence_and_exit_code_2(
    given, said, tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("text")
    assert main(given) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err
    assert {entry.name for entry in tmp_path.iterdir()} <= {"text.txt", "shelf"}
    assert lab.shelf().runs() == [] and not list((tmp_path / "shelf").glob(".new*"))


def test_two_trainings_do_not_write_into_one_folder(tmp_path: Path, capsys) -> None:
    (tmp_path / "run").mkdir()
    with own_life(tmp_path / "run"):
        assert main([*SHORT, "--out", str(tmp_path / "run")]) == 2
    assert "another training is at work" in capsys.readouterr().err
