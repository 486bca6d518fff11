"""How the cost of a run grows with steps N and canvas length L, and a picture of it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.denoising import run, untrained
from benchmarks.measure import Result, in_turns
from benchmarks.plot import log_log

LENGTHS, STEPS = (16, 32, 64, 128, 256), (8, 16, 32, 64)
ROUNDS = 5
BAR_STEPS, BAR_LENGTH = 1.05, 1.3
SAMPLER = "confidence"  # asks the network once at every step while L >= N


def slope(seconds: Mapping[int, float]) -> float:
    """Exponent a of the best fit seconds = c * size^a (least squares of logarithms)."""
    sizes = np.log(list(seconds))
    return float(np.polyfit(sizes, np.log(list(seconds.values())), 1)[0])


def over_lengths() -> dict[int, float]:
    """Median computing seconds of 16 steps for each length."""
    denoisers = {length: untrained(length=length) for length in LENGTHS}
    rivals = {
        str(n): lambda n=n: run(denoisers[n], SAMPLER, 1, steps=16, length=n, record=True) for n in LENGTHS
    }
    return {int(name): statistics.median(times) for name, times in in_turns(rivals, ROUNDS).items()}


def over_steps() -> dict[int, float]:
    """Median computing seconds on 64 cells for each number of steps."""
    denoiser = untrained(length=64)
    rivals = {str(n): lambda n=n: run(denoiser, SAMPLER, 1, steps=n, length=64, record=True) for n in STEPS}
    return {int(name): statistics.median(times) for name, times in in_turns(rivals, ROUNDS).items()}


def results(picture: Path) -> Iterator[Result]:
    """The two exponents, the seconds behind them, and the picture as SVG."""
    lengths, steps = over_lengths(), over_steps()
    yield Result("scaling", "exponent over steps N, 64 cells", slope(steps), "", BAR_STEPS)
    yield Result("scaling", "exponent over length L, 16 steps", slope(lengths), "", BAR_LENGTH)
    for name, seconds in (("N", steps), ("L", lengths)):
        for size, value in seconds.items():
            yield Result("scaling", f"{name} = {size}", 1000 * value, "ms")
    curves = {f"over length L ({16} steps)": lengths, "over steps N (64 cells)": steps}
    picture.write_text(log_log(curves, "size", "milliseconds of computing, one thread"), encoding="utf-8")
