"""What a run shows before its first frame is computed: noise, an empty page, given words, or the draft."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.shelf import stock
from textdiff_core import lab, models
from textdiff_core.records import RunConfig
from textdiff_core.trace import Status
from textdiff_ui import runs
from textdiff_ui.player import step_of

DRAFT = "the bold bear lived in the hills."
FIXED = ["tales", "tales-uniform", "tales-gaussian"]


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("assets"))


@pytest.fixture(autouse=True)
def shelf(assets: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "ASSETS", assets)


def statuses(model: str, **settings) -> list[Status]:
    frame = runs.opening(lab.fitting(RunConfig(model=model, **settings)))
    assert frame.num_steps == 0
    return [Status(value) for value in frame.status[0]]


@pytest.mark.parametrize("model", FIXED)
def test_a_canvas_of_fixed_length_is_full_of_noise(model: str) -> None:
    seen = statuses(model, length=12, keep=((3, "fox"),))
    assert seen == [Status.KEPT if position == 2 else Status.NOISE for position in range(12)]


def test_a_page_that_grows_is_empty_but_for_what_is_given() -> None:
    assert statuses("tales-insertion") == []
    frame = runs.opening(
        RunConfig(model="tales-insertion", sampler="one-event", keep=((30, "den"), (3, "fox")))
    )
    assert frame.text() == "fox den" and set(frame.status[0]) == {Status.KEPT}


@pytest.mark.parametrize("model", [*FIXED, "tales-insertion"])
def test_a_draft_stands_there_until_it_is_noised(model: str) -> None:
    frame = runs.opening(lab.fitting(RunConfig(model=model, draft=DRAFT, keep=((3, "fox"),))))
    assert frame.text() == "the bold fox lived in the hills."
    assert frame.status[0, 2] == Status.KEPT and set(np.delete(frame.status[0], 2)) == {Status.SETTLED}
    assert frame.t[0] == 0 and frame.alpha[0] == 1


@pytest.mark.parametrize("model", [*FIXED, "tales-insertion"])
def test_it_has_the_place_of_the_first_frame_that_is_computed(model: str) -> None:
    config = lab.fitting(RunConfig(model=model, length=6, steps=2, keep=((2, "fox"),)))
    first = next(lab.stream(config, every=0.0))
    assert first.num_steps == 0
    np.testing.assert_array_equal(first.status, runs.opening(config).status)


@pytest.mark.parametrize(
    "config",
    [
        *(lab.fitting(RunConfig(model=model, length=5, steps=3)) for model in (*FIXED, "tales-insertion")),
        *(
            RunConfig(length=5, steps=3, sampler=name, schedule="cosine-md4")
            for name, part in lab.samplers.items()
            if part.in_numbers
        ),
    ],
    ids=lambda config: f"{config.model} {config.sampler}",
)
def test_every_step_has_all_numbers_of_its_formula(config: RunConfig) -> None:
    trace = lab.run(config)
    step = step_of(trace)
    assert step.length == 5
    known = {"alpha_t", "alpha_s", "noise_t", "noise_s", "share", "V"} | set(step.numbers)
    named = set(re.findall(r"\{(\w+)\}", step.formula))
    assert named <= known and set(step.numbers) <= named
    for values in step.numbers.values():
        assert values.shape == trace.t.shape and np.isnan(values[0]) and np.isfinite(values[1:]).all()
