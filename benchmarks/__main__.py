"""`python -m benchmarks [part ...]`: measures all parts, or those named, and writes RESULTS.md beside this file."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks import (
    app,
    autoregressive,
    denoising,
    guiding,
    modern,
    scaling,
    scoring,
    shakespeare,
    side_by_side,
    sweeping,
    train_loop,
    training_lab,
    translating,
    writing,
)
from benchmarks.measure import Result

HERE = Path(__file__).resolve().parent
PICTURE, SHAKESPEARE = HERE / "scaling.svg", HERE / "shakespeare.svg"
PARTS: dict[str, Callable[[], Iterator[Result]]] = {
    "denoising": denoising.results,
    "training": train_loop.results,
    "scaling": lambda: scaling.results(PICTURE),
    "app": app.results,
    "side-by-side": side_by_side.results,
    "training-lab": training_lab.results,
    "sweeps": sweeping.results,
    "scoring": scoring.results,
    "translation": lambda: itertools.chain(translating.results(), modern.results()),
    "autoregression": autoregressive.results,
    "guidance": guiding.results,
    "english": writing.results,
    "shakespeare": lambda: shakespeare.results(SHAKESPEARE),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints each result as it comes, writes the files; 1 when a bar does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all when none is named")
    named = parser.parse_args(argv).part or list(PARTS)
    if unknown := [name for name in named if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are: {', '.join(PARTS)}")
    # One thread: rivals then differ by their work and not by how threads happened to meet.
    torch.set_num_threads(1)
    results = []
    for result in itertools.chain.from_iterable(PARTS[name]() for name in named):
        print(
            f"{'  ' if result.holds else '! '}{result.group:<40} {result.name:<45} {shown(result)}",
            flush=True,
        )
        results.append(result)
    if set(named) == set(PARTS):
        (HERE / "results.json").write_text(as_json(results), encoding="utf-8")
        (HERE / "RESULTS.md").write_text(as_markdown(results), encoding="utf-8")
    return 0 if all(result.holds for result in results) else 1


def shown(result: Result) -> str:
    """The value with its unit, and the bar."""
    text = (
        f"{result.value:.3g} {result.unit}" if result.value < 1000 else f"{result.value:,.0f} {result.unit}"
    )
    sign = "at least" if result.at_least else "at most"
    return text if result.bar is None else f"{text} ({sign} {result.bar:g})"


def machine() -> str:
    """What was measured on, and how busy it was."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"torch {torch.__version__}; other load at the end: {load} (1-minute average)"
    )


def as_json(results: Sequence[Result]) -> str:
    """Machine and results."""
    rows = [dataclasses.asdict(result) | {"holds": result.holds} for result in results]
    return json.dumps({"machine": machine(), "results": rows}, indent=1) + "\n"


def as_markdown(results: Sequence[Result]) -> str:
    """One table for each group."""
    lines = [
        "# Benchmark results", "", f"Written by `make bench` on {machine()}.", "",
        "Ratios compare rivals that took turns in one process on one thread; each is the median over the rounds.",
        "Times of the app are wall-clock medians in a headless Chromium.",
    ]  # fmt: skip
    for group, members in itertools.groupby(results, key=lambda result: result.group):
        lines += [
            "",
            f"## {group[0].upper()}{group[1:]}",
            "",
            "| what | value | bar | holds |",
            "|---|--:|--:|:-:|",
        ]
        for r in members:
            value, _, bar = shown(r).partition(" (")
            lines.append(
                f"| {r.name} | {value} | {bar.rstrip(')')} | {'' if r.bar is None else 'yes' if r.holds else 'NO'} |"
            )
    lines += ["", "![Computing time over length and steps](scaling.svg)"]
    lines += ["", "![Bits a character on Shakespeare, over minutes of training](shakespeare.svg)", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
