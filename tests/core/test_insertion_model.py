"""A network that grows texts: its two answers, its training, and its model behind the door."""

import json
import math

import numpy as np
import pytest
import torch

from tests.core.insertions import ABSENT, MASK, PROCESS, V
from tests.core.tiny_world import TINY
from textdiff_core import lab
from textdiff_core.__main__ import main
from textdiff_core.corpora.tales import WORLD
from textdiff_core.denoisers.exact import exact
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.evaluation import likelihood
from textdiff_core.losses import losses
from textdiff_core.metrics import length_p_value
from textdiff_core.processes import Insertion
from textdiff_core.records import RunConfig
from textdiff_core.schedules import schedules
from textdiff_core.training import train
from textdiff_core.training_records import TrainConfig

# ---- the network ----------------------------------------------------------------------------------------


def network(**changes) -> TransformerDenoiser:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sizes = {"num_words": V, "length": 6, "width": 16, "depth": 1, "heads": 2}
        return TransformerDenoiser(TransformerConfig(**(sizes | PROCESS.network | changes)))


def test_the_network_answers_both_questions() -> None:
    denoiser, state = network(), torch.full((2, 7), ABSENT)
    state[1, :2] = torch.tensor([MASK, 1])
    logits, missing = denoiser.insertions(state, torch.ones(2), state == PROCESS.noise_id)
    assert logits.shape == (1, V) and missing.shape == (2, 7)
    assert float((missing.detach() - math.log(2)).abs().max()) < 1e-6  # its head is still zero
    with pytest.raises(ValueError, match="was not made for texts with gaps"):
        network(gaps=False).insertions(state, torch.ones(2), state == PROCESS.noise_id)


def test_a_network_without_gaps_is_a_start() -> None:
    """Its rows are taken over; the rows for the end, and its place, stay as they were; other sizes do not fit."""
    start, denoiser = network(gaps=False, time_conditioning=False), network()
    end, last = denoiser.embedding.weight[-1].clone(), denoiser.place[-1].clone()
    with torch.no_grad():
        for value in start.parameters():
            value.add_(1.0)
    denoiser.take_over(start)
    assert torch.equal(denoiser.embedding.weight[:-1], start.embedding.weight)
    assert torch.equal(denoiser.place[:-1], start.place)
    assert torch.equal(denoiser.embedding.weight[-1], end) and torch.equal(denoiser.place[-1], last)
    with pytest.raises(ValueError, match="another size: place"):
        denoiser.take_over(network(gaps=False, length=5))
    with pytest.raises(ValueError, match="another size"):
        network(gaps=False).take_over(denoiser)


def test_the_loss_falls_in_a_short_training() -> None:
    """100 steps on a tiny world: the bound of held-out texts falls by more than a third."""
    config = TrainConfig(
        process="insertion", width=32, depth=1, heads=2, steps=100, batch=16, every=10, validation=16, warmup=5,
        rate=0.02, seed=3,
    )  # fmt: skip
    process = Insertion(len(TINY.words), schedules.build("linear"))
    denoiser = network(num_words=len(TINY.words), length=TINY.length, width=32)
    steps = train(config, TINY, process, denoiser, losses.build("insertion"))
    points = [progress.report for progress in steps if progress.report]
    assert points[-1].validation_nelbo < 0.66 * points[0].validation_nelbo


# ---- the door -------------------------------------------------------------------------------------------

SMALL = TrainConfig(
    process="insertion", width=16, depth=1, heads=1, steps=4, every=2, batch=4, validation=2, warmup=1
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of four steps."""
    folder = tmp_path_factory.mktemp("runs") / "insertion"
    assert [progress.step for progress in lab.train(SMALL, folder) if progress.report] == [2, 4]
    return str(folder)


def test_a_trained_model_is_read_and_run(trained) -> None:
    """The checkpoint keeps its kind; samples are what traces end with; the verdict is of the words alone."""
    config = lab.fitting(RunConfig(model=trained, seed=5))
    assert config.sampler == "one-event" and lab.model_info(trained).process == "insertion"
    texts, calls, _ = lab.sample(config, 2)
    whole = lab.run(config.replace(seed=6))
    assert calls > 0 and whole.text() == texts[1] and whole.verdict is not None
    assert whole.tokens.shape[1] <= WORLD.length and "▒" not in texts[1]


def test_evaluation_reports_a_bound_and_no_perplexity(trained, capsys) -> None:
    assert main(["evaluate", "--model", trained, "--num", "4", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["bound_nats_per_story"] > result["least_bound_nats_per_story"]
    assert result["least_bound_nats_per_story"] > result["entropy_nats_per_story"] + 45
    excess = result["bound_nats_per_story"] - result["least_bound_nats_per_story"]
    assert result["gap_nats_per_story"] == pytest.approx(excess)
    assert not [name for name in result if "nelbo" in name or "bits" in name]
    assert set(result["p_values"]) == {"names", "animals", "plots", "lengths"}


def test_the_exact_denoiser_has_the_least_bound() -> None:
    """Against itself the gap is 0; against a network it scatters far less than the bound does."""
    process, loss = Insertion(len(WORLD.words), schedules.build("linear")), losses.build("insertion")
    best = likelihood(process, loss, exact(WORLD, process), WORLD, 20, 0)
    assert best["gap_nats_per_story"] == best["bound_standard_error"] == 0
    assert best["bound_nats_per_story"] == best["least_bound_nats_per_story"]
    told = torch.from_numpy(WORLD.batch(400, np.random.default_rng(5)))
    bounds = loss.validation(process, exact(WORLD, process), told, rng=step_rng(5, 0)).nelbo
    error = float(bounds.std()) / math.sqrt(len(bounds))
    assert abs(float(bounds.mean()) - best["least_bound_nats_per_story"]) < 5 * error


def test_a_model_learns_from_exact_targets(tmp_path) -> None:
    """Four steps, and the checkpoint says what taught it."""
    config = TrainConfig(**{**vars(SMALL), "targets": "exact"})
    assert [progress.step for progress in lab.train(config, tmp_path / "run")] == [1, 2, 3, 4]
    told = json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))
    assert told["train"]["targets"] == "exact"


def test_lengths_are_held_against_the_corpus() -> None:
    """Told tales pass (p > 1e-3, 300 of them), tales without their last word do not (p < 1e-12)."""
    rng = np.random.default_rng(0)
    told = [WORLD.tell(rng).text for _ in range(300)]
    assert length_p_value(told, WORLD) > 1e-3
    assert length_p_value([text.rpartition(" ")[0] for text in told], WORLD) < 1e-12
    assert math.isnan(length_p_value([], WORLD))
    assert abs(math.fsum(WORLD.lengths().values()) - 1) < 1e-12
