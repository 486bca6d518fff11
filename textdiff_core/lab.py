"""The door to the core: a config in, a record out. Pages and the command line call only this.

Importing it does not import torch, so that a page draws before torch is there; the functions that compute
import it when they are called.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from textdiff_core.baselines import baselines
from textdiff_core.corpora import check_text, corpora, open_corpus, tasks
from textdiff_core.judges import judge_of, load_judge
from textdiff_core.losses import Conditional, losses
from textdiff_core.metrics import metrics
from textdiff_core.models import (
    ModelInfo,
    history,
    known,
    load,
    model_folder,
    model_info,
    models,
    offered,
    rival,
    shelf_models,
    shipped_trace,
)
from textdiff_core.optimizers import optimizers
from textdiff_core.processes import Process, processes
from textdiff_core.records import RunConfig
from textdiff_core.registers import ANY, tag
from textdiff_core.registry import knobs, spec
from textdiff_core.runs import check as check_training
from textdiff_core.runs import located, train
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.shelf import shelf
from textdiff_core.trace import Trace, Verdict
from textdiff_core.training_records import earlier_history

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from textdiff_core.generate import Frame

LIVE_SECONDS = 0.05  # a running trace is handed out at most this often
BATCH = 32  # texts sampled at a time: a quarter faster than 100, whose numbers leave the cache


def fitting(config: RunConfig) -> RunConfig:
    """The config with the sampler of its model's own process, where the one it has does not serve it."""
    process = processes[model_info(config.model).process]
    fits = process.name in samplers.build(config.sampler).serves
    return config if fits else config.replace(sampler=process.sampler)


def moved(config: RunConfig) -> RunConfig:
    """The config for a model that was chosen anew: as `fitting`, and without a register that this one does not know."""
    info = model_info(config.model)
    if config.register not in ("", *info.registers) or (config.guidance != 1 and not info.registers):
        config = config.replace(register="", guidance=1.0)
    return fitting(config)


def serving(info: ModelInfo) -> list[str]:
    """Names of the samplers that a model can be used with: they serve its process and have the judge they need."""
    judged = bool(judge_of(info))
    return [name for name, part in samplers.items() if info.process in part.serves and part.judged <= judged]


def check(config: RunConfig) -> None:
    """Raises ValueError, in one sentence, when `config` cannot be run; needs no torch."""
    info = model_info(config.model)
    sampler = samplers.build(config.sampler)
    if info.process not in sampler.serves:
        fit = ", ".join(name for name, part in samplers.items() if info.process in part.serves)
        raise ValueError(
            f"sampler {config.sampler!r} does not serve the {info.process} process of {config.model!r}; those do: {fit}"
        )
    if sampler.judged and not judge_of(info):
        raise ValueError(
            f"sampler {config.sampler!r} needs a judge of steps, and none was shipped for {info.corpus!r}, the corpus "
            f"of {config.model!r}"
        )
    schedules.build(config.schedule)
    grids.build(config.grid)
    info.draft(config)
    info.keep(config)
    kept = {position - 1 for position, _ in config.keep}
    if info.corpus in tasks and not kept >= set(tasks[info.corpus].given):
        raise ValueError(
            f"model {config.model!r} only answers what is asked: its first {len(tasks[info.corpus].given)} positions "
            "must be kept words; the Translate page and `translate` see to that"
        )


def stream(config: RunConfig, every: float = LIVE_SECONDS) -> Iterator[Trace]:
    """The trace so far, again and again while it grows: its first frame, then every `every` seconds, and at
    last the whole with its verdict. Closing the generator stops the computation.

    Raises:   ValueError: as `check`.
    """
    import torch

    from textdiff_core import recording

    check(config)
    info = model_info(config.model)
    frames: list[Frame] = []
    keep, process = torch.from_numpy(info.keep(config)), _process(config, info)
    build = functools.partial(
        recording.trace, config=config, words=info.vocabulary.words,
        spacing=info.vocabulary.spacing, keep=keep,
    )  # fmt: skip
    shown = -math.inf
    for frame in _denoise(config, info, process, keep, [config.seed], record=True):
        frames.append(frame)
        if time.monotonic() - shown >= every:
            yield build(frames)
            shown = time.monotonic()
    whole = build(frames)
    yield dataclasses.replace(whole, verdict=judge(info, whole))


def run(config: RunConfig) -> Trace:
    """The whole trace of a run."""
    *_, last = stream(config, every=math.inf)
    return last


def judge(info: ModelInfo, trace: Trace) -> Verdict | None:
    """What the model's corpus says of the trace's last frame; None where the corpus has no rules."""
    corpus = corpora.get(info.corpus) or tasks.get(info.corpus)
    if corpus is None or (trace.tokens[-1] >= len(trace.words)).any():
        return None
    return corpus.check([trace.words[i] for i in trace.tokens[-1]])


def sample(config: RunConfig, num: int) -> tuple[list[str], float, float]:
    """`num` texts with seeds from config.seed on.

    Returns:  the texts, mean network calls a text, mean seconds a text.
    """
    check(config)
    begun, texts, calls = time.perf_counter(), list[str](), 0
    for first in range(0, num, BATCH):
        more, asked, _ = drawn(config, range(config.seed + first, config.seed + min(num, first + BATCH)))
        texts, calls = texts + more, calls + asked
    return texts, calls / num, (time.perf_counter() - begun) / num


def drawn(config: RunConfig, seeds: Sequence[int], judge: Any = None) -> tuple[list[str], int, int]:
    """A text for each seed, computed together.

    Args:     judge: of steps, instead of the shipped one.
    Returns:  the texts, all network calls, and those of a judge among them.
    """
    ids, calls, judged = canvases(config, seeds, judge)
    vocabulary = model_info(config.model).vocabulary
    return [vocabulary.decode(row) for row in ids], calls, judged


def canvases(config: RunConfig, seeds: Sequence[int], judge: Any = None) -> tuple[np.ndarray, int, int]:
    """As `drawn`, with the ids (B, L) of all cells, given ones and blanks too, instead of texts."""
    import torch

    info = model_info(config.model)
    process, keep = _process(config, info), torch.from_numpy(info.keep(config))
    *_, last = _denoise(config, info, process, keep, seeds, record=False, judge=judge)
    return process.read(last.state).numpy(), int(last.calls.sum()), int(last.judged.sum())


def evaluate(config: RunConfig, num: int) -> dict[str, Any]:
    """How good a model's likelihood and samples are, against the corpus's exact truth.

    Returns:  the JSON of the command line's `evaluate`.   Raises ValueError where the corpus has no truth.
    """
    from textdiff_core import evaluation

    info = model_info(config.model)
    corpus = corpora.get(info.corpus)
    if info.corpus in tasks:
        raise ValueError(
            f"model {config.model!r} answers what is asked; python -m {tasks[info.corpus].measured_by} measures it"
        )
    if corpus is None:
        raise ValueError(f"model {config.model!r} was trained on {info.corpus!r}, whose truth is not known")
    texts, calls, seconds = sample(config, num)
    process, checkpoint = _process(config, info), load(config.model)
    loss = losses.build(checkpoint.train.loss or process.loss)
    nats = evaluation.likelihood(process, loss, checkpoint.denoiser, corpus, num, config.seed)
    return {
        "config": config.to_json(),
        **evaluation.report(texts, corpus, nats),
        "network_calls_per_sample": calls,
        "seconds_per_sample": seconds,
    }


def reader(config: RunConfig) -> tuple[Any, ModelInfo]:
    """The network and what is known of it, as one of texts alone: where its canvas begins with the tag of a register,
    the tag stands there unseen, and is neither noised nor scored.

    Raises:   ValueError: no such register.
    """
    from textdiff_core.denoisers.tagged import Tagged

    info, denoiser = model_info(config.model), load(config.model).denoiser
    return (Tagged(denoiser, info.tag_id(config)) if info.registers else denoiser), info.of_text


def denoiser(config: RunConfig, info: ModelInfo) -> Any:
    """The model's network, guided where the run asks for it."""
    from textdiff_core.denoisers.guided import Guided

    network = load(config.model).denoiser
    if config.guidance == 1:
        return network
    return Guided(network, info.vocabulary.id(tag(ANY)), config.guidance)


def _process(config: RunConfig, info: ModelInfo) -> Any:
    return processes[info.process](len(info.vocabulary), schedules.build(config.schedule))


def _denoise(
    config: RunConfig,
    info: ModelInfo,
    process: Any,
    keep: Tensor,
    seeds: Any,
    *,
    record: bool,
    judge: Any = None,
) -> Iterator[Frame]:
    import torch

    from textdiff_core import generate

    draft, sampler = info.draft(config), samplers.build(config.sampler)
    return generate.denoise(
        process,
        denoiser(config, info),
        sampler,
        grids.build(config.grid).times(config.steps),
        seeds=seeds,
        keep=keep,
        draft=None if draft is None else torch.from_numpy(draft),
        level=config.level,
        temperature=config.temperature,
        top_p=config.top_p,
        edits=config.edits,
        record=record,
        judge=judge if judge is not None or not sampler.judged else load_judge(judge_of(info)),
    )


__all__ = [
    "Conditional", "ModelInfo", "Process", "baselines", "canvases", "check", "check_text", "check_training", "corpora",
    "denoiser", "drawn", "earlier_history", "evaluate", "fitting", "grids", "history", "judge", "knobs", "known",
    "load", "located", "losses", "metrics", "model_folder", "model_info", "models", "moved", "offered", "open_corpus",
    "optimizers", "processes", "reader", "rival", "run", "sample", "samplers", "schedules", "serving", "shelf",
    "shelf_models", "shipped_trace", "spec", "stream", "train",
]  # fmt: skip
