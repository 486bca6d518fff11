"""How large a model is said to be, against the model itself."""

import dataclasses

import pytest

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.processes import processes
from textdiff_core.sizing import SIZES, num_weights, sizing
from textdiff_core.training_records import TrainConfig


@pytest.mark.parametrize("process", processes)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_the_number_of_weights_is_exact(size, process) -> None:
    network = processes[process].network
    model = TransformerDenoiser(TransformerConfig(41, 13, *size, **network))
    assert sum(weight.numel() for weight in model.parameters()) == num_weights(size, 41, 13, network)


def test_more_of_anything_takes_more() -> None:
    config, network = TrainConfig(steps=100, batch=64, warmup=0), processes["absorbing"].network
    usual = sizing(config, 100, 48, network)
    for change in ({"steps": 200}, {"batch": 128}, {"width": 384}, {"depth": 8}):
        more = sizing(dataclasses.replace(config, **change), 100, 48, network)
        assert more.seconds > usual.seconds and more.megabytes >= usual.megabytes
    in_parts = sizing(dataclasses.replace(config, parts=4), 100, 48, network)
    assert in_parts.megabytes < usual.megabytes and in_parts.seconds == usual.seconds
