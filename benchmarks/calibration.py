"""Records what the calibration page opens with: `python -m benchmarks.calibration [model ...]` writes
assets/calibration/<model>.json.

One look at held-out texts, at every level of noise and every temperature; and, for masking, words written one by one
or several at a time by a few samplers, at every level.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from textdiff_core import lab
from textdiff_core.calibration import LEVELS, CalibrationConfig, Found, check_way, fill, look

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "calibration"
MODELS = ("tales", "tales-uniform", "tales-gaussian")
LOOKED, FILLED, BATCH = 1000, 300, 100  # texts
WAYS = (("first-hitting", 47), ("confidence", 47), ("ancestral", 8), ("confidence", 8))  # sampler, steps


def studies(model: str) -> Iterator[tuple[str, Iterator[Found]]]:
    """What is measured of one model, and its name."""
    denoiser, info = lab.load(model).denoiser, lab.model_info(model)
    yield "one look", look(denoiser, info, CalibrationConfig(model=model), LOOKED, BATCH)
    try:
        check_way(info, CalibrationConfig(model=model))
    except ValueError:
        return  # nothing is written once and for all here
    for sampler, steps in WAYS:
        for level in LEVELS:
            config = CalibrationConfig(model=model, sampler=sampler, steps=steps, level=level)
            yield f"{sampler} {level}", fill(denoiser, info, config, FILLED, BATCH)


def record(model: str) -> dict[str, object]:
    """The tables of one model as plain values."""
    tables = []
    for name, study in studies(model):
        for found in study:
            print(f"{model:<15} {name:<20} {found.done:6.1%}", end="\r", flush=True)
        tables += [[*vars(key).values(), found.texts, table.to_json()] for key, table in found.tables.items()]
    return {
        "command": f"python -m benchmarks.calibration {model}",
        "date": datetime.date.today().isoformat(),
        "seed": CalibrationConfig.seed,
        "tables": tables,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for model in sys.argv[1:] or MODELS:
        (FOLDER / f"{model}.json").write_text(
            json.dumps(record(model), separators=(",", ":")) + "\n", "utf-8"
        )
