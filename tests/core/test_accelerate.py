"""Several processes that `accelerate launch` starts on one machine, against one process with the same batch."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from textdiff_core import crew
from textdiff_core.__main__ import main
from textdiff_core.training_records import read_history

pytest.importorskip("accelerate", reason="an optional package: requirements-train.txt")

ROOT = Path(__file__).resolve().parents[2]
TINY = [
    "train", "--corpus", "toy", "--width", "16", "--depth", "1", "--heads", "1", "--batch", "8", "--parts", "2",
    "--warmup", "2", "--validation", "2", "--steps", "12", "--every", "4", "--clip", "0.5",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launched(*argv: str) -> subprocess.CompletedProcess:
    """The command line in two processes. --multi_gpu means several: without GPUs they compute on the CPU, by gloo."""
    launch = [
        "-m",
        "accelerate.commands.launch",
        "--multi_gpu",
        "--num_processes",
        "2",
        "--num_machines",
        "1",
    ]
    where = ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", str(free_port())]
    return subprocess.run(
        [sys.executable, *launch, *where, "-m", "textdiff_core", *argv],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
    )  # fmt: skip


@pytest.mark.parametrize(("process", "optimizer"), [("insertion", "adamw"), ("gaussian", "muon")])
def test_two_processes_train_as_one_does_with_the_doubled_batch(
    process, optimizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each computes one of the batch's two parts. Their mean is added up in another order: a float's error.

    Insertion asks its network by another way than `forward`; the Gaussian one uses some weights in some batches only.
    """
    monkeypatch.setattr(crew, "_cpu_has_bf16", lambda: False)  # as `--mixed_precision no` below
    given = [*TINY, "--process", process, "--optimizer", optimizer, "--rate", "0.003", "--out"]
    assert main([*given, str(tmp_path / "one")]) == 0
    two = launched(*given, str(tmp_path / "two"))
    assert two.returncode == 0, two.stderr
    assert two.stderr.count("step 12 of 12") == 1  # one process reports
    curves = [read_history(tmp_path / name) for name in ("one", "two")]
    assert [point.step for point in curves[1]] == [4, 8, 12]
    for ours, alone in zip(curves[1], curves[0], strict=True):
        for name in ("train_nelbo", "validation_nelbo", "gradient_norm", "rate", "tokens"):
            assert getattr(ours, name) == pytest.approx(getattr(alone, name), rel=1e-5), name
        assert ours.sample == alone.sample
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("one", "two")]
    for name, value in weights[0].items():
        assert np.abs(value.astype(float) - weights[1][name]).max() < 2e-3, name


def test_processes_share_the_parts_evenly(tmp_path: Path) -> None:
    done = launched(*TINY, "--parts", "1", "--out", str(tmp_path / "run"))
    assert done.returncode != 0
    assert "2 processes share 1 parts of a batch: parts must be a multiple" in done.stderr
