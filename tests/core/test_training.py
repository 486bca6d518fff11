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
from textdiff_core.training import Diverged, check_same_run, rate_factor, train
from textdiff_core.training_records import TrainConfig

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


def test_a_run_stopped_between_two_reports_goes_on_as_if_it_had_not_been(tmp_path) -> None:
    """Closing the generator keeps all of it: weights to the bit, and the means since the last report."""
    part, file = process(), tmp_path / "state.safetensors"
    steps = train(SHORT, TINY, part, untrained(part), losses.build("count"), state_file=file)
    assert [next(steps).step for _ in range(6)] == [1, 2, 3, 4, 5, 6]
    steps.close()
    assert load_state(file)[1]["step"] == 6
    resumed, points = trained(SHORT, state_file=file)
    whole, due = trained(SHORT)
    assert all(torch.equal(value, whole.state_dict()[name]) for name, value in resumed.state_dict().items())
    unlike_seconds = [dataclasses.replace(point, seconds=0.0) for point in points]
    assert unlike_seconds == [dataclasses.replace(point, seconds=0.0) for point in due[1:]]


def test_a_run_killed_while_it_validates_reports_later(tmp_path) -> None:
    """The state is kept before each report, so that only the validation is done again."""
    part, file = process(), tmp_path / "state.safetensors"
    steps = train(SHORT, TINY, part, untrained(part), losses.build("count"), state_file=file)
    while not (progress := next(steps)).report:
        pass
    before = file.read_bytes()
    steps.close()
    file.write_bytes(before)
    first = next(train(SHORT, TINY, part, untrained(part), losses.build("count"), state_file=file))
    assert dataclasses.replace(first, seconds=0, report=None) == dataclasses.replace(
        progress, seconds=0, report=None
    )
    assert first.report.validation_nelbo == progress.report.validation_nelbo
    assert first.report.train_nelbo == progress.report.train_nelbo


def test_every_step_is_told() -> None:
    part = process()
    told = list(train(SHORT, TINY, part, untrained(part), losses.build("count")))
    assert [progress.step for progress in told] == list(range(1, 13))
    assert [progress.step for progress in told if progress.report] == [4, 8, 12]
    assert [progress.ended for progress in told if progress.ended] == ["all 12 steps are done"]
    first = told[:4]
    assert first[-1].report.train_nelbo == pytest.approx(np.mean([progress.nelbo for progress in first]))
    for progress in told:
        assert progress.tokens == progress.step * SHORT.batch * TINY.length and progress.gradient_norm > 0
        assert progress.rate == SHORT.rate * rate_factor(SHORT, progress.step - 1)


@pytest.mark.parametrize(
    ("change", "step", "said"),
    [
        ({"target": 100.0}, 4, "100 was the target"),
        ({"patience": 1, "rate": 0.0, "rate_rest": 0.0}, 8, "the last 1 validations were no better"),
        ({"patience": 2, "rate": 0.0, "rate_rest": 0.0}, 12, "all 12 steps"),
    ],
)
def test_a_run_ends_when_it_is_told_to(change, step, said, tmp_path) -> None:
    """At rate 0 no validation is better than the first. A run that has ended stays so."""
    config, part, file = dataclasses.replace(SHORT, **change), process(), tmp_path / "state.safetensors"
    *_, last = train(config, TINY, part, untrained(part), losses.build("count"), state_file=file)
    assert last.step == step and said in last.ended
    assert list(train(config, TINY, part, untrained(part), losses.build("count"), state_file=file)) == []


def test_one_part_is_the_batch_as_it_always_was_and_more_are_its_mean() -> None:
    """Parts draw texts and noise of their own; their nats are averaged."""
    part, seen = process(), []
    loss = losses.build("count")

    def judge(process, denoiser, x_0, *, rng, teacher=None):
        terms = loss(process, denoiser, x_0, rng=rng, teacher=teacher)
        seen.append((x_0, float(terms.nelbo.mean()) / TINY.length))
        return terms

    judge.serves = loss.serves
    told = {}
    for parts in (1, 2, 4):
        config = dataclasses.replace(SHORT, parts=parts)
        told[parts] = next(train(config, TINY, part, untrained(part), judge))
    whole, halves, quarters = seen[:1], seen[1:3], seen[3:]
    assert torch.equal(
        whole[0][0], torch.from_numpy(TINY.batch(8, np.random.default_rng((SHORT.seed, 0, 0))))
    )
    assert [len(x_0) for x_0, _ in halves + quarters] == [4, 4, 2, 2, 2, 2]
    assert not torch.equal(halves[0][0], halves[1][0])
    assert told[2].nelbo == pytest.approx(np.mean([nats for _, nats in halves]))
    assert 0 < told[4].gradient_norm < 10


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


@pytest.mark.parametrize(
    ("loss", "optimizer"), [*((name, "sgd") for name in losses), *(("count", name) for name in optimizers)]
)
def test_a_rate_of_10_is_recognised_and_the_last_good_weights_stay(loss, optimizer, tmp_path) -> None:
    """Whichever the loss and the optimizer. SGD is the slowest: its clipped steps wander before they are lost."""
    config = dataclasses.replace(
        CONFIG, optimizer=optimizer, rate=10.0, rate_rest=10.0, every=1000, steps=1000
    )
    part, file = process(losses[loss].serves[0]), tmp_path / "state.safetensors"
    steps = []
    with pytest.raises(Diverged, match=r"training diverged at step \d+: .*; lower the rate"):
        for progress in train(config, TINY, part, untrained(part), losses.build(loss), state_file=file):
            steps.append(progress)
    assert len(steps) <= 100 and not steps[-1].sound
    assert not file.exists()  # nothing good was ever there to be kept


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
