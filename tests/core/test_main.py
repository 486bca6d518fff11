"""The command line: its answers, its files, and one sentence with exit code 2 for whatever is wrong."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from textdiff_core import lab
from textdiff_core.__main__ import main
from textdiff_core.cli import attribute_docs
from textdiff_core.records import RunConfig
from textdiff_core.registry import knobs
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainConfig

# torch says so once when RMSNorm meets bfloat16 under autocast; the result is right.
pytestmark = pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight:UserWarning")

TINY = ["--width", "16", "--depth", "1", "--heads", "1", "--batch", "4", "--warmup", "1", "--validation", "2"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a model that was trained for four steps."""
    folder = tmp_path_factory.mktemp("cli") / "model"
    assert main(["train", *TINY, "--steps", "4", "--every", "2", "--out", str(folder)]) == 0
    return str(folder)


def test_training_keeps_a_checkpoint_and_can_be_taken_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "run")
    tiny = ["train", *TINY, "--steps", "6", "--every", "3", "--out", out]
    assert main([*tiny, "--minutes", "0.000001"]) == 0
    assert "--resume" in capsys.readouterr().err
    assert main([*tiny, "--resume"]) == 0
    assert "nats/token" in capsys.readouterr().err
    assert [point.step for point in lab.history(out)][-1] == 6
    assert main(tiny) == 2
    assert "--resume" in capsys.readouterr().err


def test_ctrl_c_leaves_a_run_that_resumes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ["train", *TINY, "--steps", "100000", "--every", "2", "--out", str(out)]
    # A shell that runs the tests in the background hands down an ignored Ctrl-C; the child takes it up again.
    process = subprocess.Popen(
        [sys.executable, "-m", "textdiff_core", *command], stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    with process:
        deadline = time.monotonic() + 300
        while (
            not (out / "state.safetensors").exists()
            and time.monotonic() < deadline
            and process.poll() is None
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            _, told = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130, told
    assert "--resume" in told and "Traceback" not in told
    assert main([*command, "--resume", "--minutes", "0.0001"]) == 0


def test_samples_are_the_labs_own(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [
        "sample",
        "--model",
        model,
        "--sampler",
        "ancestral",
        "--steps",
        "8",
        "--num",
        "3",
        "--seed",
        "7",
    ]
    assert main([*given, "--keep", "3:fox", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    config = RunConfig(model=model, sampler="ancestral", steps=8, seed=7, keep=((3, "fox"),))
    texts, calls, _ = lab.sample(config, 3)
    assert RunConfig.from_json(record["config"]) == config
    assert [sample["text"] for sample in record["samples"]] == texts
    assert record["samples"][0]["tokens"] == lab.model_info(model).vocabulary.split(texts[0])
    assert record["network_calls"] == round(3 * calls) and record["seconds"] > 0
    assert main([*given[:-4], "--num", "1", "--seed", "7"]) == 0
    assert capsys.readouterr().out.count("\n") == 1


def test_a_link_describes_the_run_and_options_override_it(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    link = "http://127.0.0.1:8501/denoise?sampler=confidence&steps=9&seed=4&keep=2:fox"
    assert (
        main(["sample", "--model", model, "--link", link, "--steps", "5", "--num", "1", "--format", "json"])
        == 0
    )
    config = RunConfig.from_json(json.loads(capsys.readouterr().out)["config"])
    assert config == RunConfig(model=model, sampler="confidence", steps=5, seed=4, keep=((2, "fox"),))


def test_a_trace_is_written_and_exported(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.npz"
    given = [
        "sample",
        "--model",
        model,
        "--sampler",
        "margin",
        "--steps",
        "5",
        "--num",
        "2",
        "--format",
        "json",
    ]
    assert main([*given, "--trace", str(file)]) == 0
    record = json.loads(capsys.readouterr().out)
    trace = Trace.load(file)
    assert trace.text() == record["samples"][0]["text"] and len(record["samples"]) == 2
    assert trace.num_steps == 5
    written = {}
    for kind in ("html", "gif", "csv", "png"):
        written[kind] = tmp_path / f"run.{kind}"
        assert main(["export", "--trace", str(file), "--to", kind, "--out", str(written[kind])]) == 0
    with Image.open(written["gif"]) as animation, Image.open(written["png"]) as picture:
        assert (animation.n_frames, picture.format) == (6, "PNG")
    table = list(csv.DictReader(io.StringIO(written["csv"].read_text("utf-8-sig"))))
    assert len(table) == trace.tokens.size
    page = written["html"].read_text("utf-8")
    assert page.startswith("<!doctype html>") and "default-src 'none'" in page


def test_evaluate_tells_likelihood_and_quality(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["evaluate", "--model", model, "--num", "2", "--sampler", "ancestral", "--steps", "4"]
    assert main([*given, "--format", "json"]) == 0
    record = json.loads(
        capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    assert record["config"]["sampler"] == "ancestral" and record["num"] == 2
    assert record["nelbo_nats_per_story"] > record["entropy_nats_per_story"] > 0
    length = lab.model_info(model).length
    assert record["nelbo_nats_per_token"] == pytest.approx(record["nelbo_nats_per_story"] / length)
    assert record["bits_per_token"] == pytest.approx(record["nelbo_nats_per_token"] / np.log(2))
    assert 0 <= record["valid_rate"] <= 1 and 0 < record["distinct_rate"] <= 1
    assert record["network_calls_per_sample"] <= 4 and record["seconds_per_sample"] > 0
    assert set(record["rules"]) == set(lab.corpora["tales"].check("").rules)
    assert main(given) == 0
    assert "nelbo_nats_per_story" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sample --model {model} --steps 0", "1..1024, got 0"),
        ("sample --model {model} --steps many", "whole number, got 'many'"),
        ("sample --model {model} --steps 100000", "1..1024, got 100000"),
        ("sample --model {model} --temperature nan", "0..10, got nan"),
        ("sample --model {model} --temperature -1", "0..10, got -1"),
        ("sample --model {model} --temperature warm", "must be a number, got 'warm'"),
        ("sample --model {model} --top-p 0", "above 0"),
        ("sample --model {model} --num 0", "got '0'"),
        (
            "sample --model english --register poems",
            "unknown register 'poems'; model 'english' has: any, recipes",
        ),
        ("sample --model english --guidance 2", "guidance 2 needs a register to guide to"),
        ("sample --model {model} --register recipes", "it takes no register and no guidance"),
        ("sample --model {model} --keep 3", "position:word"),
        ("sample --model {model} --keep 999:fox", "position 999"),
        ("sample --model {model} --keep 3:fxo", "near it: fox"),
        ("sample --model {model} --sampler ancestrl", "did you mean 'ancestral'?"),
        ("sample --model {model} --sampler confidence:by=mood", "best, drawn"),
        ("sample --model {model} --grid spiral", "there are: uniform"),
        ("sample --model {model} --schedule polynomial:k=99", "0.25..8"),
        ("sample --model {model} --length 500", "got 500"),
        ("sample --model {model} --link size=3", "unknown parameter 'size'"),
        ("sample --model {model} --trace {out}/none/run.npz", "no folder"),
        ("sample --model {out}/none", "there is no model"),
        ("sample --model {model} --stepz 3", "--stepz"),
        ("train --out {out}/new --corpus tails", "'tails'"),
        ("train --out {out}/new --loss guess", "there are: "),
        ("train --out {out}/new --schedule steep", "there are: linear"),
        ("train --out {out}/new --width 15 --heads 3", "multiple"),
        ("train --out {out}/new --steps -3", "got -3"),
        ("train --out {out}/new --minutes 0", "above 0 minutes"),
        ("train --out {out}/new --optimizer sgdd", "did you mean 'sgd'"),
        ("train --out {out}/new --resume", "no run to resume"),
        ("train --out {model}", "--resume"),
        ("train", "--out"),
        ("evaluate --model {model} --num none", "got 'none'"),
        ("export --trace {out}/none.npz --to gif --out {out}/run.gif", "no trace file"),
        ("export --trace {model}/config.json --to gif --out {out}/run.gif", "not a whole trace"),
        ("export --trace {model}/config.json --to mp4 --out {out}/run.mp4", "mp4"),
        ("", "command"),
        ("paint", "paint"),
    ],
)
def test_a_bad_value_is_one_sentence_and_exit_code_2(
    given: str, said: str, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [part.format(model=model, out=tmp_path) for part in given.split()]
    assert main(argv) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_part_and_every_knob(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sample", "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    for registry in (lab.samplers, lab.schedules, lab.grids):
        for name, part in registry.items():
            assert f"  {name} " in told
            assert all(f"      {field.name}=" in told for field in knobs(part))


@pytest.mark.parametrize("config", [RunConfig, TrainConfig])
def test_every_field_of_a_config_is_explained(config: type) -> None:
    docs = attribute_docs(config)
    assert set(docs) == set(config.__dataclass_fields__)
    assert all(len(told) > 3 and "Raises" not in told for told in docs.values())
