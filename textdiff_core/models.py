"""Which models there are, and what is known of each: shipped ones, those of the shelf, and folders.

Importing it does not import torch (see `lab`).
"""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textdiff_core.bounds import text, whole
from textdiff_core.corpora import tasks
from textdiff_core.processes import processes
from textdiff_core.records import MAX_LENGTH, RunConfig
from textdiff_core.registers import ANY, registers, tag
from textdiff_core.shelf import shelf
from textdiff_core.trace import Trace
from textdiff_core.training_records import TrainPoint, read_history
from textdiff_core.vocab import Vocabulary

if TYPE_CHECKING:
    from textdiff_core.checkpoints import Checkpoint

ASSETS = Path(__file__).resolve().parent.parent / "assets"


@dataclasses.dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without loading it.

    Attributes:
        name: as given in RunConfig.   corpus, process: it was trained on and with.
        vocabulary: its words.   length: cells of its canvas.   registers: kinds of text it writes, the first is
            open; a tag in the first cell of its canvas names one. Most models write only one kind.
    """

    name: str
    corpus: str
    process: str
    vocabulary: Vocabulary
    length: int

    @functools.cached_property
    def registers(self) -> tuple[str, ...]:
        return registers(self.vocabulary.words)

    @functools.cached_property
    def of_text(self) -> ModelInfo:
        """The model as one of texts alone, without the cell of the tag; itself where it has none. See `lab.reader`."""
        return dataclasses.replace(self, length=self.length - 1) if self.registers else self

    def cells(self, config: RunConfig) -> int:
        """Cells of a run's canvas. Raises ValueError: more than the model has."""
        if config.length is not None and config.length > self.length:
            raise ValueError(f"length must be 1..{self.length} for model {self.name!r}, got {config.length}")
        return config.length or self.length

    def keep(self, config: RunConfig) -> np.ndarray:
        """(L,) int64 ids that are given, -1 where a cell is free: the register's tag and the kept words.

        Raises:   ValueError: a word or register that the model does not know, a position that its canvas does not have
                  or that two things are to stand at, or guidance without a register.
        """
        keep = np.full(self.cells(config), -1)
        if self.registers:
            keep[0] = self.tag_id(config)
        elif config.register or config.guidance != 1:
            raise ValueError(
                f"model {self.name!r} writes one kind of text: it takes no register and no guidance"
            )
        for position, word in config.keep:
            if position > len(keep):
                raise ValueError(
                    f"a word is kept at position {position}, but the canvas has {len(keep)} positions"
                )
            if position == 1 and self.registers and word != tag(self._register(config)):
                raise ValueError(
                    f"position 1 holds the register's tag, so {word[:40]!r} cannot be kept there"
                )
            keep[position - 1] = self.vocabulary.id(word)
        return keep

    def tag_id(self, config: RunConfig) -> int:
        """The word of the first cell. Raises ValueError: no such register, or guidance to none."""
        return self.vocabulary.id(tag(self._register(config)))

    def _register(self, config: RunConfig) -> str:
        register = config.register or ANY
        if register not in self.registers:
            raise ValueError(
                f"unknown register {register[:40]!r}; model {self.name!r} has: {', '.join(self.registers)}"
            )
        if config.guidance != 1 and register == ANY:
            named = ", ".join(self.registers[1:])
            raise ValueError(f"guidance {config.guidance:g} needs a register to guide to: {named}")
        return register

    def draft(self, config: RunConfig) -> np.ndarray | None:
        """(L,) int64 ids of the run's draft on its canvas, after the register's tag; None where it has none.

        Raises:   ValueError: an unknown word, or more words than the canvas has cells for.
        """
        if not config.draft.strip():
            return None
        try:
            words = self.vocabulary.encode(config.draft, self.cells(config) - bool(self.registers))
        except ValueError as error:
            raise ValueError(f"draft: {error}") from None
        return np.concatenate([self.keep(config)[:1], words]) if self.registers else words


def shipped() -> list[str]:
    """Names of all shipped models, the default one first."""
    names = sorted(file.parent.name for file in (ASSETS / "checkpoints").glob("*/config.json"))
    return sorted(names, key=lambda name: name != RunConfig.model)


def models() -> list[str]:
    """Names of the shipped models that write from nothing, the default one first."""
    return [name for name in shipped() if not answers(name)]


def answers(name: str) -> bool:
    """Whether a model knows only how to answer what is asked on its canvas, and so has nothing to say from noise."""
    try:
        return model_info(name).corpus in tasks
    except ValueError:
        return False


def shelf_models() -> list[str]:
    """Ids of the runs on the shelf whose model can be read, the newest first; they are names of models as well.

    A run that is called as a shipped model is left out: that name opens the shipped one.
    """
    ours = shipped()
    ids = [run.id for run in shelf().runs() if run.has_model and run.id not in ours and _readable(run.id)]
    return [run for run in ids if not answers(run)]


def _readable(name: str) -> bool:
    try:
        model_info(name)
    except ValueError:
        return False
    return True


def offered(name: str) -> bool:
    """Whether a link may name a model that is to write from nothing."""
    return known(name) and not answers(name)


def known(name: str) -> bool:
    """Whether a model is shipped or on the shelf: those may be named from outside, by a link for example."""
    if name in shipped():
        return True
    lies = shelf().folder / name
    return Path(name).name == name and not name.startswith(".") and (lies / "model.safetensors").is_file()


def rival(info: ModelInfo) -> str:
    """The shipped autoregressive model that knows the same words on the same canvas, to read what this one reads; ""
    where there is none, and for such a model itself."""
    if processes[info.process].ordered:
        return ""
    for name in shipped():
        other = model_info(name)
        same = (other.vocabulary, other.length) == (info.vocabulary, info.length)
        if processes[other.process].ordered and same:
            return name
    return ""


def model_folder(name: str) -> Path:
    """Where a model lies: a shipped one's name, a run's id on the shelf, or else a folder.

    Raises:   ValueError: there is none.
    """
    if name in shipped():
        return ASSETS / "checkpoints" / name
    places = [Path(name)]
    if name not in ("", ".", "..") and Path(name).name == name:
        places.insert(0, shelf().folder / name)
    for folder in places:
        if folder.is_dir():
            return folder
    raise ValueError(
        f"there is no model {name[:80]!r}; shipped: {', '.join(shipped()) or 'none'}; or name a run or a folder"
    )


def model_info(name: str) -> ModelInfo:
    """What a model is, from its config.json alone. Raises ValueError when it cannot be read."""
    folder = model_folder(name)
    return _model_info(name, folder, _stamp(folder / "config.json"))


def _stamp(file: Path) -> tuple[int, int]:
    """What changes when a file does; a run that trains writes its model anew again and again."""
    try:
        told = file.stat()
    except OSError:
        return 0, 0
    return told.st_mtime_ns, told.st_size


@functools.lru_cache(maxsize=256)
def _model_info(name: str, folder: Path, stamp: tuple[int, int]) -> ModelInfo:
    try:
        record = json.loads((folder / "config.json").read_text("utf-8"))
        vocabulary, train, length = Vocabulary.from_json(record), record["train"], record["model"]["length"]
        text("corpus", train["corpus"])
        if train["process"] not in processes:
            raise ValueError(f"unknown process {str(train['process'])[:40]!r}")
        whole("length", length, 1, MAX_LENGTH)
        return ModelInfo(name, train["corpus"], train["process"], vocabulary, length)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"model {name!r} has no readable config.json: {error}") from None


def history(name: str) -> tuple[TrainPoint, ...]:
    """A model's training curve; empty where none was kept."""
    return read_history(model_folder(name))


def load(name: str) -> Checkpoint:
    """A model with its weights, read once until it changes. Raises ValueError as `checkpoints.load` does."""
    folder = model_folder(name)
    return _load(folder, _stamp(folder / "model.safetensors"))


@functools.lru_cache(maxsize=4)
def _load(folder: Path, stamp: tuple[int, int]) -> Checkpoint:
    from textdiff_core import checkpoints

    return checkpoints.load(folder)


def shipped_trace(config: RunConfig) -> Trace | None:
    """The trace that was shipped for exactly this config, or None."""
    file = ASSETS / "traces" / f"{config.key}.npz"
    return Trace.load(file) if file.is_file() else None
