"""The training loop, on real tiny runs."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.tiny_world import TINY
from tests.core.training_run import CONFIG, process, untrained
from textdiff_core.checkpoints import load_state
from textdiff_core.losses import losses
from textdiff_core.optimizers import optimizers
from textdiff_core.processes import processes
from textdiff_core.records import TrainConfig
from textdiff_core.training import check_same_run, rate_factor, train

# Under autocast torch remarks once that RMSNorm's gains are wider than its input; the result is the same.
pytestmark = pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight:UserWarning")

ROOT = Path(__file__).resolve().parents[2]
SHORT = dataclasses.replace(CONFIG, steps=12, every=4)


def trained(config: TrainConfig, loss: str = "count", **options):
    part = process(losses[loss].serves[0])
    denoiser = untrained(part)
    steps = train(config, TINY, part, denoiser, losses.build(loss), **options)
    return denoiser, [progress.report for progress in steps if progress.report]


def started(folder: Path) -> subprocess.Popen:
    """The tiny run of training_run.py in a process of its own, answering with a line a report."""
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.core.training_run", str(folder)], cwd=ROOT, stdout=subprocess.PIPE,
        text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_a_run_killed_in_the_middle_and_resumed_ends_with_the_same_bytes(tmp_path) -> None:
    """kill -9 after the third of eight reports, then the same command again."""
    with started(tmp_path / "whole") as whole, started(tmp_path / "killed") as killed:
        reports = [int(killed.stdout.readline()) for _ in range(3)]
        killed.send_signal(signal.SIGKILL)
        assert len(whole.stdout.read().split()) == 8
    assert (reports, killed.returncode, whole.returncode) == ([10, 20, 30], -signal.SIGKILL, 0)
    assert not (tmp_path / "killed" / "model.safetensors").exists()
    with started(tmp_path / "killed") as resumed:
        steps = [int(line) for line in resumed.stdout.read().split()]
    assert resumed.returncode == 0 and 30 <= steps[0] <= 70 and steps[-1] == CONFIG.steps
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "killed")]
    assert files[0] == files[1]
    (ours, notes), (due, _) = (
        load_state(tmp_path / name / "state.safetensors") for name in ("killed", "whole")
    )
    assert ours.keys() == due.keys() and all(torch.equal(ours[name], due[name]) for name in due)
    assert [point["step"] for point in notes["history"]] == list(range(10, 81, 10))


@pytest.mark.parametrize(
    ("loss", "optimizer"), [*((name, "muon") for name in losses), *(("count", name) for name in optimizers)]
)
def test_the_loss_falls(loss, optimizer) -> None:
    """From ln V nats a cell (all words alike) by at least 5 % in 60 steps; every number is finite."""
    rate = optimizers[optimizer].rate
    rest = 0.03 if optimizer == "muon" else rate
    config = dataclasses.replace(
        CONFIG, steps=60, every=20, optimizer=optimizer, rate=rate, rate_rest=rest, ema=0.9
    )
    _, points = trained(config, loss)
    assert [point.step for point in points] == [20, 40, 60]
    if not processes[losses[loss].serves[0]].grows:  # whose bound pays for the order of words as well
        assert points[-1].validation_nelbo < 0.95 * math.log(len(TINY.words))
    assert points[-1].validation_nelbo < points[0].validation_nelbo
    for point in points:
        assert np.isfinite([point.train_nelbo, point.gradient_norm, point.rate, *point.levels]).all()
        assert point.tokens == point.step * config.batch * TINY.length and len(point.levels) == 10


def test_an_untrained_denoiser_says_that_all_words_are_alike() -> None:
    """Its head starts at zero, so a first report with rate 0 is ln V nats a cell, within 1e-5."""
    config = dataclasses.replace(CONFIG, steps=1, every=1, rate=0.0, rate_rest=0.0, warmup=0)
    _, (point,) = trained(config)
    assert abs(point.validation_nelbo - math.log(len(TINY.words))) < 1e-5
    assert abs(point.train_nelbo - math.log(len(TINY.words))) < 1e-5


def test_training_is_a_function_of_its_seed() -> None:
    first, again = trained(SHORT)[0].state_dict(), trained(SHORT)[0].state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    other, _ = trained(dataclasses.replace(SHORT, seed=4))
    assert any(not torch.equal(first[name], value) for name, value in other.state_dict().items())


def test_time_runs_out_and_the_run_is_taken_up_again(tmp_path) -> None:
    state = tmp_path / "state.safetensors"
    _, points = trained(SHORT, state_file=state, minutes=0.0)
    assert points == [] and load_state(state)[1]["step"] == 0
    assert [point.step for point in trained(SHORT, state_file=state)[1]] == [4, 8, 12]
    assert trained(SHORT, state_file=state)[1] == []


def test_another_configuration_is_refused(tmp_path) -> None:
    state = tmp_path / "state.safetensors"
    trained(SHORT, state_file=state)
    for change in ({"batch": 9}, {"rate": 0.5}, {"seed": 8}, {"steps": 40}):
        with pytest.raises(ValueError, match=f"holds another run: {next(iter(change))} differ"):
            trained(dataclasses.replace(SHORT, **change), state_file=state)


def test_steps_may_change_while_the_rate_is_constant() -> None:
    record = dataclasses.asdict(SHORT)  # falls from step 6 of 12 on
    longer = dataclasses.replace(SHORT, steps=100, every=7)
    check_same_run(longer, record, 6)
    with pytest.raises(ValueError, match="steps differ"):
        check_same_run(longer, record, 7)


def test_the_rate_rises_stays_and_falls_to_zero() -> None:
    config = TrainConfig(steps=100, warmup=10, decay=0.5)
    factors = [rate_factor(config, step) for step in range(101)]
    assert factors[0] == 0.1 and factors[9:51] == [1.0] * 42 and factors[75] == 0.5 and factors[100] == 0.0


def test_a_diverging_run_says_so() -> None:
    config = dataclasses.replace(SHORT, optimizer="adamw", rate=100.0, rate_rest=1e2, warmup=0, clip=1e9)
    broken = untrained(process())
    with torch.no_grad():
        broken.head.weight.fill_(torch.inf)
    with pytest.raises(
        ValueError, match="training diverged at step 0: the loss is not finite; lower the rate"
    ):
        list(train(config, TINY, process(), broken, losses.build("count")))


def test_reports_hold_the_averaged_weights() -> None:
    """At a report the denoiser answers with the average; with ema = 0 that is the last weights themselves."""
    seen = []
    denoiser, _ = trained(
        dataclasses.replace(SHORT, ema=0.5), sample=lambda model: seen.append(model.training) or "text"
    )
    assert seen == [False] * 3
    plain, _ = trained(dataclasses.replace(SHORT, ema=0.0))
    assert any(
        not torch.equal(value, plain.state_dict()[name]) for name, value in denoiser.state_dict().items()
    )
