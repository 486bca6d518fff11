"""The door to the core: real small runs through it."""

import dataclasses

import numpy as np
import pytest
import torch

from textdiff_core import checkpoints, lab
from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.losses import losses
from textdiff_core.processes import Absorbing
from textdiff_core.records import RunConfig
from textdiff_core.schedules import Linear
from textdiff_core.training_records import TrainConfig

SMALL = TrainConfig(
    width=16, depth=1, heads=1, steps=4, every=2, batch=4, validation=2, warmup=1, rate=0.001, rate_rest=0.001
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run of four steps."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert [step.report.step for step in lab.train(SMALL, folder) if step.report] == [2, 4]
    return folder


def test_a_run_goes_on_from_a_checkpoint(trained, tmp_path):
    config = dataclasses.replace(SMALL, start=str(trained), targets="exact", seed=1, rate=0.0, rate_rest=0.0)
    steps = list(lab.train(config, tmp_path / "second"))
    assert [step.step for step in steps] == [5, 6, 7, 8]
    assert [step.report.step for step in steps if step.report] == [6, 8]
    assert [point.step for point in lab.history(str(tmp_path / "second"))] == [2, 4, 6, 8]
    first, second = (
        checkpoints.load(folder).denoiser.state_dict() for folder in (trained, tmp_path / "second")
    )
    for name, weights in first.items():  # at rate 0 nothing moves but float16's rounding
        torch.testing.assert_close(second[name], weights, atol=1e-3, rtol=1e-3)


def test_exact_targets_are_the_mean_of_the_told_ones():
    """Averaged over the texts that a canvas allows, the loss by told words is the loss by shares."""
    texts = torch.tensor([[0, 1, 2], [0, 2, 1], [1, 1, 0], [2, 0, 1]])
    weights = torch.tensor([0.4, 0.3, 0.2, 0.1])
    process = Absorbing(3, Linear())
    teacher = OracleDenoiser(texts, process, weights)
    student = torch.nn.Embedding(4, 3, dtype=torch.float64)

    def answer(state, t, where):
        return student(state)[where]

    loss = losses.build("nelbo")
    told = exact = torch.zeros((), dtype=torch.float64)
    for text, weight in zip(texts, weights, strict=True):
        for seed in range(400):
            terms = [
                loss(process, answer, text[None], rng=torch.Generator().manual_seed(seed), teacher=who)
                for who in (None, teacher)
            ]
            told, exact = told + weight * terms[0].objective, exact + weight * terms[1].objective
    # the same masks for every text: hidden words follow the posterior of what is visible, exactly
    torch.testing.assert_close(told, exact, atol=0, rtol=2e-6)  # nats are taken in float32


def test_samples_and_their_traces_are_the_same_words(trained):
    config = RunConfig(model=str(trained), seed=5)
    texts, calls, _ = lab.sample(config, 3)
    assert calls == lab.model_info(str(trained)).length
    for k, text in enumerate(texts):
        assert lab.run(config.replace(seed=5 + k)).text() == text


def test_evaluation_knows_the_truth(trained):
    result = lab.evaluate(RunConfig(model=str(trained)), 4)
    assert result["gap_nats_per_story"] > 10  # four steps teach nothing
    assert result["nelbo_nats_per_story"] == pytest.approx(
        result["entropy_nats_per_story"] + result["gap_nats_per_story"]
    )
    assert result["valid_rate"] == 0 and set(result["rules"]) >= {"grammar", "home", "object"}
    assert np.isfinite(result["nelbo_standard_error"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"model": "nowhere"}, "no model 'nowhere'"),
        ({"sampler": "confidnce"}, "did you mean 'confidence'"),
        ({"keep": ((99, "fox"),)}, "canvas has 47 positions"),
        ({"keep": ((3, "foxx"),)}, "near it: fox"),
        ({"length": 48}, "length must be 1..47"),
        ({"schedule": "polynomial:k=99"}, "must be 0.25..8"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(trained, change, sentence):
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        lab.check(RunConfig(model=str(trained)).replace(**change))
