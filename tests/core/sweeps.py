"""A small sweep for tests, as a file, and what of its table does not depend on the clock."""

from __future__ import annotations

from pathlib import Path

from pandas import DataFrame

from textdiff_core import sweep

PLAN = """
sampler = ["ancestral", "threshold"]
steps = [2, 3]
seed = [0, 1]
threshold.tau = [0.1, 0.2]
num = 2
out = {out}
"""
ROWS = 8  # ancestral at two numbers of steps, threshold at two thresholds, with two seeds each


def write_file(folder: Path, source: str = PLAN, name: str = "rows.parquet") -> Path:
    """The TOML file of a sweep into `folder`."""
    file = folder / "sweep.toml"
    file.write_text(source.format(out=f'"{(folder / name).as_posix()}"'), "utf-8")
    return file


def rows(folder: Path, name: str = "rows.parquet") -> DataFrame:
    """The table without its column of seconds, which no two runs agree in."""
    return sweep.read(folder / name).frame().drop(columns="seconds_per_sample")
