"""Places for words that may stand anywhere: the model writes freely, is asked how well each word fits at each place of
what it wrote, and writes anew around the best places. Importing this needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textdiff_core import lab
from textdiff_core.records import RunConfig
from textdiff_core.writing import ALTERNATIVES, WriteConfig, form

STEPS = 12  # of the free text in which the places are looked for


@dataclass(frozen=True)
class Place:
    """Where a word was put. Attributes: position: of its first piece, from 1.   p: of the word there, see `fits`."""

    word: str
    position: int
    p: float


@dataclass(frozen=True)
class Plan:
    """What is to be run, once `done` is 1. Attributes: places: of the words that may stand anywhere, for each run."""

    runs: tuple[RunConfig, ...]
    places: tuple[tuple[Place, ...], ...]
    done: float


def plan(network: Any, config: WriteConfig, num: int = ALTERNATIVES) -> Iterator[Plan]:
    """How far the search for places has come, and at last the runs of a config. Args: network: of ids."""
    asked, info = form(config), lab.model_info(config.model)
    words = info.vocabulary.words
    if not asked.loose:
        yield Plan(config.runs([asked.keep] * num, words), ((),) * num, 1.0)
        return
    work, keeps, places = 1 + STEPS + num * len(asked.loose), [], []
    for done, drafts in _drafts(network, config, asked.keep, num):
        yield Plan((), (), done / work)
        last = done, drafts
    done, drafts = last
    for draft in drafts:
        keep, found = asked.keep.copy(), []
        for word, ids in sorted(asked.loose, key=lambda one: -len(one[1])):
            found.append(_put(network, draft, keep, word, ids, len(words)))
            done += 1
            yield Plan((), (), done / work)
        keeps.append(keep)
        places.append(tuple(found))
    yield Plan(config.runs(keeps, words), tuple(places), 1.0)


def _drafts(
    network: Any, config: WriteConfig, keep: np.ndarray, num: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Steps so far, and the (B, L) ids of texts that are written freely, one a seed."""
    import torch

    from textdiff_core.generate import denoise

    info, given = lab.model_info(config.model), torch.from_numpy(keep.copy())
    given[0] = info.tag_id(config)
    process: Any = lab.processes[info.process](len(info.vocabulary), lab.schedules.build(config.schedule))
    seeds = [run.seed for run in config.runs([keep] * num, info.vocabulary.words)]
    frames = denoise(
        process, network, lab.samplers.build(config.sampler), lab.grids.build(config.grid).times(STEPS), seeds=seeds,
        keep=given, temperature=config.temperature, top_p=config.top_p, record=False,
    )  # fmt: skip
    for done, frame in enumerate(frames):
        yield min(done, STEPS), frame.words.numpy().copy()


def _put(
    network: Any, draft: np.ndarray, keep: np.ndarray, word: str, ids: np.ndarray, noise_id: int
) -> Place:
    """Puts a word where it fits best: into the draft (L,), and into what is kept (L,), both changed."""
    free = keep < 0
    free[0] = False  # the tag's
    fit = fits(network, draft, free, ids, noise_id)
    if np.isneginf(fit).all():
        raise ValueError(f"there are no {len(ids)} free cells in a row for {word!r}")
    at = int(fit.argmax())
    keep[at : at + len(ids)] = draft[at : at + len(ids)] = ids
    return Place(word, at + 1, float(np.exp(fit[at])))


def fits(
    network: Any, draft: np.ndarray, free: np.ndarray, ids: Sequence[int] | np.ndarray, noise_id: int
) -> np.ndarray:
    """How well a word fits at each place of a text: ln p(word from this cell on | the rest of the text).

        ln p = sum over its pieces of ln p(piece | the rest, the pieces before it)

    Places that lie 2 k cells apart, k being the word's pieces, are asked about at once, k cells standing between two:
    k calls of the network about 2 k canvases, and not about a canvas for each place.

    Args:     network: of ids.   draft: (L,) ids of the whole text.   free: (L,) bool, cells that the word may take.
              ids: (k,) of its pieces.   noise_id: V.
    Returns:  (L,) float64 nats, by the cell of its first piece; minus infinity where it may not stand.
    """
    import torch

    k, found = len(ids), np.full(len(draft), -np.inf)
    starts = [cell for cell in range(len(draft) - k + 1) if free[cell : cell + k].all()]
    starts.sort(key=lambda cell: (cell % (2 * k), cell))  # row by row, as the network answers
    if not starts:
        return found
    row, cell = torch.tensor([[start % (2 * k), start] for start in starts]).T
    x, total = torch.from_numpy(draft).long().repeat(2 * k, 1), torch.zeros(len(starts), dtype=torch.float64)
    for piece in range(k):
        x[row, cell + piece] = noise_id
    for piece in range(k):
        asked = torch.zeros_like(x, dtype=torch.bool)
        asked[row, cell + piece] = True
        with torch.no_grad():
            logits = network(x, (x == noise_id).double().mean(-1), where=asked)
        total += logits.double().log_softmax(-1)[:, int(ids[piece])]
        x[row, cell + piece] = int(ids[piece])
    found[starts] = total.numpy()
    return found


__all__ = ["Place", "Plan", "fits", "plan"]
