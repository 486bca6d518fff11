"""Scoring a text: how long 47 words with 64 noisy versions take, and how often a wrong word is found."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core import lab, scoring
from textdiff_core.scoring import Alone, ScoreConfig

CELLS, ROUNDS, TALES = 47, 7, 100
BAR_SECONDS = 4.0  # what a model of real English may take for as many words and versions


def results() -> Iterator[Result]:
    """Wall-clock seconds on one thread, and the ratio to asking the network about as many canvases."""
    model = ScoreConfig().model
    info, denoiser = lab.model_info(model), lab.load(model).denoiser
    config = ScoreConfig(draft=_tale())
    reading = scoring.read(config.draft, info)
    assert reading.num_words == CELLS
    canvases = torch.full((config.subsets + CELLS, CELLS), len(info.vocabulary))

    def bare() -> None:
        with torch.no_grad():
            for part in canvases.split(8):
                denoiser(part)

    rivals = {"score": lambda: _last(scoring.score(denoiser, info, config)), "bare": bare}
    seconds = in_turns(rivals, ROUNDS, time.perf_counter)
    what = f"{CELLS} words of {model}, {config.subsets} noisy versions"
    yield Result("scoring", f"{what}, each word alone", statistics.median(seconds["score"]), "s", BAR_SECONDS)
    yield Result(
        "scoring", "the same / bare network calls", median_ratio(seconds["score"], seconds["bare"]), "x"
    )
    begun = time.perf_counter()
    next(scoring.score(denoiser, info, config))
    yield Result("scoring", "to the first result", time.perf_counter() - begun, "s")
    begun = time.perf_counter()
    orders = _last(scoring.orders(denoiser, info, config))
    yield Result("scoring", f"{len(orders.names)} whole orders", time.perf_counter() - begun, "s")
    yield from _odd_words(denoiser, info)


def _odd_words(denoiser: Any, info: Any) -> Iterator[Result]:
    """Of right tales, and of the same with one word made another of its kind: is a word called odd, is it that one,
    and does the better word make the tale right again?"""
    world, rng = lab.corpora["tales"], np.random.default_rng(0)
    called = {"of right tales": 0, "of tales with one word wrong": 0}
    there = mended = 0
    for _ in range(TALES):
        tale = world.tell(rng)
        wrong, place = _spoiled(tale.words, rng)
        alone = _oddest(denoiser, info, tale.words)
        called["of right tales"] += alone.ratio >= scoring.ODD
        alone = _oddest(denoiser, info, wrong)
        called["of tales with one word wrong"] += alone.ratio >= scoring.ODD
        there += alone.position == place + 1
        mended += (
            world.parse([*wrong[: alone.position - 1], alone.best, *wrong[alone.position :]]) is not None
        )
    for name, num in called.items():
        yield Result("scoring", f"a word is called odd, {name}", num / TALES, "share")
    yield Result("scoring", "it is the wrong one", there / TALES, "share")
    yield Result("scoring", "the best word there makes the tale right", mended / TALES, "share")


def _spoiled(words: Sequence[str], rng: np.random.Generator) -> tuple[list[str], int]:
    """The tale with one word, at a random place, made another of its kind so that no such tale is told."""
    world = lab.corpora["tales"]
    while True:
        place = int(rng.integers(len(words)))
        others = sorted(
            {one for kind in world.options.values() if words[place] in kind for one in kind} - {words[place]}
        )
        if others:
            wrong = [*words[:place], others[rng.integers(len(others))], *words[place + 1 :]]
            if world.parse(wrong) is None:
                return wrong, place


def _oddest(denoiser: Any, info: Any, words: Sequence[str]) -> Alone:
    config = ScoreConfig(draft=info.vocabulary.decode(info.vocabulary.encode(" ".join(words))), subsets=2)
    return max(_last(scoring.score(denoiser, info, config)).alone, key=lambda one: one.ratio)


def _tale() -> str:
    """A tale that fills the canvas."""
    world = lab.corpora["tales"]
    tales = (world.tell(np.random.default_rng(seed)) for seed in itertools.count())
    return next(tale.text for tale in tales if len(tale.words) == CELLS)


def _last(results: Iterator[Any]) -> Any:
    *_, one = results
    return one
