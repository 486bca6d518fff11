"""Checkpoint folders as .zip archives: packed for taking away, and unpacked with suspicion.

An archive comes from anywhere. It is read member by member with limits that count what really comes out, nothing in
it names a place outside its folder, and nothing in it can run.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from textdiff_core.baselines import MARKS, read_marks
from textdiff_core.bounds import whole
from textdiff_core.files import write_json
from textdiff_core.records import MAX_LENGTH
from textdiff_core.runs import OWN_TEXT
from textdiff_core.training_records import TrainConfig

CHECKPOINT = ("config.json", "model.safetensors", "history.json")
PACKED = (*CHECKPOINT, MARKS)
KEPT = (*PACKED, OWN_TEXT)
KINDS = (".json", ".safetensors", ".md", ".txt")
PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".npy", ".npz")
MAX_BYTES, MAX_RATIO, MAX_MEMBERS = 200 * 2**20, 200, 64
CHUNK = 2**20
SYMLINK = 0o120000


def pack(folder: Path) -> bytes:
    """The checkpoint in `folder` as a .zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in PACKED:
            if (folder / name).is_file():
                archive.write(folder / name, f"{folder.name}/{name}")
    return stream.getvalue()


def unpack(data: bytes, folder: Path) -> TrainConfig:
    """Writes an archive's checkpoint into the empty `folder`; returns how it was trained.

    Raises:   ValueError: no zip; a path that climbs out, is absolute or a link; a pickle, by name or by content;
              more than 200 MB, or packed more than 200 times; no whole checkpoint, of a newer schema, or with
              weights that are not finite or do not fit its config.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise ValueError(f"the archive has {len(members)} files; a checkpoint has {len(CHECKPOINT)}")
            names = _names(members)
            left = MAX_BYTES
            for info, name in zip(members, names, strict=True):
                left -= _write(archive, info, folder / name, left)
                if name not in KEPT:  # such as notes, or files by which a run and its worker speak
                    (folder / name).unlink()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"this is not a .zip archive that can be read: {error}") from None
    missing = [name for name in CHECKPOINT[:2] if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"the archive has no checkpoint: {' and '.join(missing)} missing")
    return _checked(folder)


def _names(members: list[zipfile.ZipInfo]) -> list[str]:
    """The members' names without the one folder they may all be in."""
    paths = []
    for info in members:
        shown, path = info.filename[:80], PurePosixPath(info.filename)
        if path.is_absolute() or "\\" in info.filename or ":" in info.filename or ".." in path.parts:
            raise ValueError(f"the archive has a path that leads out of its folder: {shown!r}")
        if info.external_attr >> 16 & 0o170000 == SYMLINK:
            raise ValueError(f"the archive has a link, {shown!r}; a checkpoint has only files")
        if path.suffix.lower() in PICKLES:
            raise ValueError(f"the archive holds {shown!r}: pickles can run code, never loaded")
        if path.suffix.lower() not in KINDS or path.name.startswith("."):
            raise ValueError(f"the archive holds {shown!r}, which is no part of a checkpoint")
        paths.append(path)
    tops = {path.parts[0] for path in paths if len(path.parts) == 2}
    deep = [path for path in paths if len(path.parts) > 2 or len(path.parts) + 1 - len(tops) > 2]
    names = [path.name for path in paths]
    if deep or len(tops) > 1 or len(set(names)) < len(names):
        raise ValueError("the archive holds more than one folder; a checkpoint is one")
    return names


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: Path, left: int) -> int:
    """Writes one member; returns its true size. Raises ValueError: more than is left, a bomb, or a pickle."""
    done = 0
    with archive.open(info) as source, file.open("wb") as stream:
        while chunk := source.read(CHUNK):
            if not done and _pickled(chunk):
                raise ValueError(f"the archive holds a pickle named {info.filename[:80]!r}: never loaded")
            done += len(chunk)
            if done > left:
                raise ValueError(f"the archive holds more than {MAX_BYTES // 2**20} MB")
            if done > max(CHUNK, MAX_RATIO * max(1, info.compress_size)):
                raise ValueError("the archive is packed too tightly to be a checkpoint: a zip bomb")
            stream.write(chunk)
    return done


def _pickled(start: bytes) -> bool:
    """Whether a file begins as pickles do (protocol 2 on), or as the archives that torch.save puts them in."""
    return (start[:1] == b"\x80" and start[1:2] <= b"\x05") or start[:4] == b"PK\x03\x04"


def _checked(folder: Path) -> TrainConfig:
    """How the checkpoint was trained; raises ValueError when it is not one."""
    config = _record(folder)
    _check_size(config, (folder / "model.safetensors").stat().st_size)
    from textdiff_core import checkpoints, corpora, runs  # torch, from here on

    checkpoint = checkpoints.load(folder)
    model, train = checkpoint.denoiser.config, checkpoint.train
    kind, _, _ = runs.named(train)
    whole("length", model.length, 1, MAX_LENGTH)
    if any(bool(getattr(model, flag)) != kind.network.get(flag, False) for flag in ("vectors", "gaps")):
        raise ValueError(f"the archive's network is not one for the {kind.name} process")
    world = corpora.corpora.get(train.corpus)
    if world is not None and (checkpoint.words, model.length) != (world.words, world.length):
        raise ValueError(f"the archive's words or canvas are not those of the corpus {train.corpus!r}")
    read_marks(folder)
    return _harmless(folder, train)


def _harmless(folder: Path, train: TrainConfig) -> TrainConfig:
    """The settings, also in config.json, with no way to any other file: what was trained on lies here or nowhere."""
    if train.corpus.partition(":")[0] == "file":
        train = dataclasses.replace(train, corpus=f"file:{OWN_TEXT}")
    train = dataclasses.replace(train, start="")
    record = json.loads((folder / "config.json").read_text("utf-8"))
    write_json(folder / "config.json", {**record, "train": dataclasses.asdict(train)})
    return train


def _record(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        history = folder / "history.json"
        if history.is_file() and not isinstance(json.loads(history.read_text("utf-8")), list):
            raise ValueError("history.json is no list")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the archive's checkpoint is damaged: {error}") from None
    if not isinstance(config, dict) or not isinstance(config.get("model"), dict):
        raise ValueError("the archive's config.json describes no model")
    return config


def _check_size(config: dict[str, Any], size: int) -> None:
    """Refuses a config of a network that is larger than the file of its weights, before it is built."""
    model = config["model"]
    sizes = [model.get(name) for name in ("num_words", "length", "width", "depth")]
    if any(isinstance(value, bool) or not isinstance(value, int) or value < 1 for value in sizes):
        raise ValueError("the archive's config.json has a network without sizes")
    words, length, width, depth = map(int, sizes)
    weights = 2 * words * width + length * width + 12 * depth * width**2
    if not math.isfinite(weights) or 2 * weights > 1.1 * size + CHUNK:
        raise ValueError(
            f"the archive's config.json tells of {weights} weights, more than its {size} bytes can hold"
        )
