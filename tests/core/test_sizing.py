"""How large a model is said to be, against the model itself."""

import dataclasses
from pathlib import Path

import pytest

from textdiff_core import lab
from textdiff_core.denoisers.encoder import EncoderConfig, EncoderDenoiser
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.processes import processes
from textdiff_core.sizing import (
    MINILM,
    SIZES,
    check_memory,
    encoder_weights,
    free_megabytes,
    num_weights,
    sizing,
)
from textdiff_core.training_records import TrainConfig


@pytest.mark.parametrize("process", processes)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_number_of_weights_is_exact(size, process) -> None:
    network = processes[process].network
    model = TransformerDenoiser(TransformerConfig(41, 13, *size, **network))
    assert sum(weight.numel() for weight in model.parameters()) == num_weights(size, 41, 13, network)


def test_the_encoders_number_of_weights_is_exact() -> None:
    config = EncoderConfig(41, 13)
    assert sum(weight.numel() for weight in EncoderDenoiser(config).parameters()) == encoder_weights(41, 13)
    assert (config.width, config.depth) == MINILM


def test_the_encoder_is_sized_by_itself_not_by_the_widths_it_ignores() -> None:
    config = TrainConfig(steps=100, batch=64, warmup=0, architecture="minilm", width=8, depth=1)
    assert sizing(config, 10_000, 64, {}) == sizing(dataclasses.replace(config, width=512), 10_000, 64, {})
    assert sizing(config, 10_000, 64, {}).weights == encoder_weights(10_000, 64)


def test_more_of_anything_takes_more() -> None:
    config, network = TrainConfig(steps=100, batch=64, warmup=0), processes["absorbing"].network
    usual = sizing(config, 100, 48, network)
    for change in ({"steps": 200}, {"batch": 128}, {"width": 384}, {"depth": 8}):
        more = sizing(dataclasses.replace(config, **change), 100, 48, network)
        assert more.seconds > usual.seconds and more.megabytes >= usual.megabytes
    in_parts = sizing(dataclasses.replace(config, parts=4), 100, 48, network)
    assert in_parts.megabytes < usual.megabytes and in_parts.seconds == usual.seconds


def test_a_training_that_does_not_fit_is_refused_with_both_numbers(monkeypatch, tmp_path: Path) -> None:
    config, network = TrainConfig(corpus="toy", batch=128), processes["absorbing"].network
    needs = sizing(config, 41, 8, network).megabytes
    monkeypatch.setattr("textdiff_core.sizing.free_megabytes", lambda: needs - 1)
    with pytest.raises(
        ValueError, match=r"needs about 0\.\d GB of memory, and 0\.\d GB are free: make the batch"
    ):
        check_memory(config, 41, 8, network)
    monkeypatch.setattr("textdiff_core.sizing.free_megabytes", lambda: 100.0)
    with pytest.raises(ValueError, match=r"0\.1 GB are free"):
        lab.check_training(config, tmp_path)
    for enough in (needs, None):
        monkeypatch.setattr("textdiff_core.sizing.free_megabytes", lambda enough=enough: enough)
        check_memory(config, 41, 8, network)


def test_the_free_memory_is_some_number_or_not_known() -> None:
    free = free_megabytes()
    assert free is None or 10 < free < 1e8
