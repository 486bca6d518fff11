"""Checkpoint folders: `model.safetensors`, `config.json`, `history.json`. Never a pickle, always whole.

Every file is written beside its place and moved there in one step, so a process killed at any moment
leaves the old file or the new one.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from textdiff_core.denoisers import architectures
from textdiff_core.files import replacing, write_json
from textdiff_core.training_records import TrainConfig, TrainPoint, read_history
from textdiff_core.vocab import Vocabulary

SCHEMA = 1
PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A trained denoiser and how it came to be."""

    denoiser: architectures.Denoiser
    vocabulary: Vocabulary
    train: TrainConfig
    history: tuple[TrainPoint, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return self.vocabulary.words


def save(folder: Path, checkpoint: Checkpoint) -> None:
    """Writes the three files; weights in float16."""
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder / "model.safetensors", checkpoint.denoiser)
    record = {
        "schema": SCHEMA,
        "model": architectures.to_json(checkpoint.denoiser.config),
        **checkpoint.vocabulary.to_json(),
        "train": dataclasses.asdict(checkpoint.train),
    }
    write_json(folder / "config.json", record)
    write_json(folder / "history.json", [point.to_json() for point in checkpoint.history])


def load(folder: Path) -> Checkpoint:
    """The checkpoint in `folder`, in float32 and evaluation mode.

    Raises:   ValueError: missing, half written, of a newer schema, holding a pickle, or with weights that
              are not finite or do not fit its config; in one sentence.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no checkpoint folder {str(folder)!r}")
    pickles = sorted(entry.name for entry in folder.iterdir() if entry.suffix in PICKLES)
    if pickles:
        raise ValueError(
            f"checkpoint {folder.name!r} holds {pickles[0]!r}: pickles can run code, never loaded"
        )
    missing = [name for name in ("config.json", "model.safetensors") if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"checkpoint {folder.name!r} is not whole: {' and '.join(missing)} missing")
    record = _config(folder)
    try:
        denoiser = architectures.build(architectures.from_json(record["model"]))
        read_weights(folder / "model.safetensors", denoiser)
        vocabulary = Vocabulary.from_json(record)
        train, history = TrainConfig(**record["train"]), read_history(folder)
        if len(vocabulary) != denoiser.config.num_words:
            raise ValueError(f"{len(vocabulary)} words for a network of {denoiser.config.num_words}")
    except (SafetensorError, RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ValueError(f"checkpoint {folder.name!r} cannot be read: {reason}") from None
    broken = [name for name, value in denoiser.state_dict().items() if not bool(value.isfinite().all())]
    if broken:
        raise ValueError(f"checkpoint {folder.name!r} has weights that are not finite: {broken[0]}")
    return Checkpoint(denoiser.eval(), vocabulary, train, history)


def write_weights(file: Path, network: nn.Module) -> None:
    """Writes a network's weights in float16."""
    _write_tensors(file, {name: value.half().contiguous() for name, value in network.state_dict().items()})


def read_weights(file: Path, network: nn.Module) -> None:
    """Gives a network the weights that `write_weights` wrote, in float32.

    Raises:   OSError, SafetensorError or RuntimeError: they cannot be read, or are another network's.
    """
    network.load_state_dict({name: value.float() for name, value in load_file(file).items()})


def save_state(file: Path, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
    """Writes the training loop's whole state as one file, so that its parts always fit together."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = {name: value.contiguous() for name, value in tensors.items()}
    _write_tensors(file, whole, {"notes": json.dumps(notes)})


def load_state(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What `save_state` wrote. Raises ValueError when the file is not whole."""
    try:
        with safe_open(file, framework="pt") as state:
            notes = json.loads(state.metadata()["notes"])
            return {name: state.get_tensor(name) for name in state.keys()}, notes  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"training state {file.name!r} cannot be read: {error}") from None


def _config(folder: Path) -> dict[str, Any]:
    try:
        record = json.loads((folder / "config.json").read_text("utf-8"))
        schema = int(record["schema"])
        wanted = ("model", "words", "spacing", "train")
        missing = [name for name in wanted if name not in record]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"checkpoint {folder.name!r} has a damaged config.json: {error}") from None
    if schema > SCHEMA:
        raise ValueError(f"checkpoint {folder.name!r} has schema {schema}, newer than this app's {SCHEMA}")
    if missing:
        raise ValueError(f"checkpoint {folder.name!r} has no {', '.join(missing)} in config.json")
    return dict(record)


def _write_tensors(file: Path, tensors: dict[str, Tensor], notes: dict[str, str] | None = None) -> None:
    """Writes named weights. Raises OSError when the disk does not take it, as every other writer does."""
    with replacing(file) as beside:
        try:
            save_file(tensors, beside, metadata=notes)
        except SafetensorError as error:
            raise OSError(str(error).rpartition("error: ")[2]) from error
