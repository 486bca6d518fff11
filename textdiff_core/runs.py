"""A training run in its folder: from a `TrainConfig` to a checkpoint.

Importing it does not import torch (see `lab`).
"""

from __future__ import annotations

import collections
import contextlib
import copy
import dataclasses
import math
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from textdiff_core.baselines import keep_marks
from textdiff_core.corpora import Corpus, corpora, open_corpus
from textdiff_core.files import replacing
from textdiff_core.losses import Loss, losses
from textdiff_core.optimizers import optimizers
from textdiff_core.processes import Process, processes
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import Schedule, grids, schedules
from textdiff_core.sizing import check_memory
from textdiff_core.trace import Trace
from textdiff_core.training_records import Progress, TrainConfig, TrainPoint, earlier_history, read_history
from textdiff_core.vocab import Vocabulary

if TYPE_CHECKING:
    from textdiff_core.denoisers.architectures import Sizes

OWN_TEXT = "text.txt"  # what somebody brought, in the folder of his run
GROWN_CALLS = 64  # of the network, at most, for the text of a report


def train(
    config: TrainConfig, folder: Path, *, minutes: float = math.inf, traces: bool = False, name: str = ""
) -> Generator[Progress, None, None]:
    """Trains a denoiser, or takes up the run that `folder` holds, and keeps a checkpoint there.

    Yields after every step, as `training.train` does. At each report, at the end and when the generator is closed
    the folder holds the averaged model as it is, unless the run diverges: then the last good one stays. A run that
    goes on from another checkpoint counts its steps, cells and seconds on from there.

    Args:     traces: keep the whole way of each report's text in the folder, as traces/<step>.npz, whose config
              names the run as its model.   name: that name; the folder's path if none is given.
    """
    import torch

    from textdiff_core import checkpoints, pretrained, training
    from textdiff_core.denoisers import architectures
    from textdiff_core.denoisers.exact import exact

    corpus, process, loss, sizes = _parts(config, folder)
    team = training.crew()
    device = team.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        denoiser: Any = architectures.build(sizes)
    if config.start:
        denoiser.take_over(checkpoints.load(Path(config.start)).denoiser)
    elif config.architecture == "minilm":
        pretrained.start(denoiser, corpus, config.seed)
    earlier = earlier_history(config)
    base = earlier[-1] if earlier else TrainPoint(0, 0, 0.0, 0.0, 0.0, (), 0.0, 0.0)
    points = list(read_history(folder) or earlier)  # the folder's: of a run taken up again
    growing = grow_config(config, corpus.length, name or str(folder)).replace(keep=_given(config, corpus))
    grown: list[Trace] = []  # at the last report

    def sample(model: Any) -> str:
        text, trace = _grow(model, process, corpus.vocabulary, corpus.length, growing, record=traces)
        grown[:] = trace
        return text

    def keep() -> None:
        checkpoints.save(folder, checkpoints.Checkpoint(denoiser, corpus.vocabulary, config, tuple(points)))

    progress, keeps = None, team.rank == 0
    if keeps:
        keep_marks(folder, config, corpus)
    steps = training.train(
        config, corpus, process, denoiser.to(device), loss,
        state_file=folder / "state.safetensors", minutes=minutes,
        teacher=exact(corpus, process).to(device) if config.targets == "exact" else None,
        sample=sample,
    )  # fmt: skip
    with contextlib.closing(steps):
        for progress in steps:
            progress = _counted_on(progress, base)
            if progress.report is not None:
                points = [other for other in points if other.step < progress.step] + [progress.report]
                for trace in grown:  # before the curve tells of this report
                    _save(trace, folder / "traces" / f"{progress.step:07d}.npz")
                if progress.sound:
                    keep()
            try:
                yield progress
            except GeneratorExit:  # whoever reads has seen enough: what was learnt is kept all the same
                break
    if progress is not None and progress.report is None and progress.sound and keeps:
        keep()


def check(config: TrainConfig, folder: Path) -> None:
    """Raises ValueError, in one sentence, when `config` cannot be trained in `folder`; writes nothing."""
    _parts(config, folder)


def _parts(config: TrainConfig, folder: Path) -> tuple[Corpus, Process, Loss, Sizes]:
    """What a run trains with: its corpus, process and loss, and its network's sizes."""
    from textdiff_core.denoisers import architectures

    if config.targets == "exact" and config.corpus not in corpora:
        raise ValueError(
            f"targets 'exact' need a corpus whose truth is known, {' or '.join(corpora)}; {config.corpus!r} has none"
        )
    kind, schedule, loss = named(config)
    corpus = open_corpus(located(config, folder))
    if corpus.given and (kind.grows or kind.network.get("vectors")):
        raise ValueError(
            f"corpus {config.corpus!r} gives a part of every text, which only noise on words can leave alone; "
            f"the process must be absorbing or uniform, got {kind.name}"
        )
    process = kind(len(corpus.words), schedule)
    sizes = architectures.sizes(config, len(corpus.words), corpus.length, process.network)
    check_memory(config, sizes.num_words, sizes.length, process.network)
    return corpus, process, loss, sizes


def named(config: TrainConfig) -> tuple[type[Process], Schedule, Loss]:
    """What a config names: its process, schedule and loss. Raises ValueError when one, or the optimizer, is unknown."""
    if config.process not in processes:
        raise ValueError(f"unknown process {config.process[:40]!r}; there are: {', '.join(processes)}")
    kind, schedule = processes[config.process], schedules.build(config.schedule)
    loss = losses.build(config.loss or kind.loss)
    optimizers.build(config.optimizer)
    if kind.name not in loss.serves:
        raise ValueError(f"loss {loss.name!r} trains {' or '.join(loss.serves)}, not {kind.name}")
    return kind, schedule, loss


def grow_config(config: TrainConfig, length: int, name: str) -> RunConfig:
    """The run that grows a text at each report, of at most 64 network calls: by the process's own sampler or, where
    that writes a word a step on a longer canvas, by one that writes each cell on its own."""
    process = processes[config.process]
    sampler = process.sampler
    if length > GROWN_CALLS and not samplers[sampler].uses_grid():
        free = [
            name for name, part in samplers.items() if process.name in part.serves and part.rule == "expected"
        ]
        sampler = free[0]
    return RunConfig(model=name, sampler=sampler, steps=min(length, GROWN_CALLS))


def located(config: TrainConfig, folder: Path) -> TrainConfig:
    """The config with the way to a text that lies in the run's own folder, wherever that was moved.

    That is a plain file name; the text of a run on the shelf lies there or nowhere. Other paths are somebody's own.
    """
    kind, _, name = config.corpus.partition(":")
    plain = kind == "file" and name not in ("", ".", "..") and Path(name).name == name
    shelved = name == OWN_TEXT and (folder / "run.json").is_file()
    own = plain and (shelved or (folder / name).is_file())
    return dataclasses.replace(config, corpus=f"file:{folder / name}") if own else config


def _counted_on(progress: Progress, base: TrainPoint) -> Progress:
    """The progress of a run that goes on from another one's last point."""

    def on(one: Any) -> Any:
        counts = {name: getattr(base, name) + getattr(one, name) for name in ("step", "tokens", "seconds")}
        return dataclasses.replace(one, **counts)

    return dataclasses.replace(on(progress), report=progress.report and on(progress.report))


def _grow(
    denoiser: Any, process: Any, vocabulary: Vocabulary, length: int, config: RunConfig, *, record: bool
) -> tuple[str, list[Trace]]:
    """A text from the noise of seed 0, the same for every model of this canvas; and its trace, where recorded."""
    import torch

    from textdiff_core import generate, recording

    keep = torch.full((length,), -1)
    for position, word in config.keep:
        keep[position - 1] = vocabulary.id(word)
    frames = generate.denoise(  # on the CPU, wherever the training runs
        process,
        copy.deepcopy(denoiser).cpu(),
        samplers.build(config.sampler),
        grids.build(config.grid).times(config.steps),
        seeds=[config.seed],
        keep=keep,
        record=record,
    )
    kept = collections.deque(frames, maxlen=None if record else 1)
    text = vocabulary.decode(process.read(kept[-1].state)[0].numpy())
    if not record:
        return text, []
    return text, [recording.trace(kept, config, vocabulary.words, vocabulary.spacing, keep)]


def _given(config: TrainConfig, corpus: Corpus) -> tuple[tuple[int, str], ...]:
    """What stands on the canvas of the text of every report: the given cells of the first text held out."""
    if not corpus.given:
        return ()
    first = corpus.held_out(1, np.random.default_rng((config.seed, 1)))[0]
    return tuple((cell + 1, corpus.words[first[cell]]) for cell in corpus.given)


def _save(trace: Trace, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as beside, open(beside, "wb") as stream:
        trace.save(stream)
