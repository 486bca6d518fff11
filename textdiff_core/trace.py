"""`Trace`: everything one run of the denoising loop showed, as frozen numpy arrays, without torch."""

from __future__ import annotations

import dataclasses
import enum
import io
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from textdiff_core.records import RunConfig
from textdiff_core.registers import registers, untagged

SCHEMA = 1
NUM_ALTERNATIVES = 8
MAX_FILE_BYTES = 64 * 2**20
MAX_UNPACKED_BYTES = 512 * 2**20


class Status(enum.IntEnum):
    """What one cell is in one frame."""

    ABSENT = 0  # not there (yet, or any more): only processes that change the length use it
    NOISE = 1
    WRITTEN = 2  # became a word in the step that led to this frame
    SETTLED = 3
    KEPT = 4  # given by the reader, never touched
    RENOISED = 5  # is noise, and was a word one frame ago
    CHANGED = 6  # is a word, and was another word one frame ago


@dataclasses.dataclass(frozen=True)
class Fault:
    """A broken rule of the corpus: its name, the cells at fault (0-based), and one sentence."""

    rule: str
    cells: tuple[int, ...]
    message: str


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the corpus says of a finished text: the rules it checked and those that were broken."""

    rules: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.faults


@dataclasses.dataclass(frozen=True)
class Trace:
    """One run: N transitions, N + 1 frames, C cells. A cell is a column and keeps it for the whole run,
    so an insertion, a deletion or a revision can be followed; a cell not on the canvas is ABSENT.

    Attributes:
        config: what produced it.
        words: (V,) the vocabulary's words; "" is the blank that pads short texts; id V is noise.
        spacing: how words are joined: "word" (spaces, none before punctuation) or "char" (nothing).
        t, alpha: (N+1,) float64, noise level and expected share of surviving words of each frame.
        tokens: (N+1, C) int32.   status: (N+1, C) uint8, see `Status`.
        prob: (N+1, C) float32. Of noise: probability of the model's best guess in this frame. Of a word:
            the probability it had when it was written. NaN where nothing was measured (kept words).
        entropy: (N+1, C) float32 nats, of the distribution that `prob` was read from; NaN likewise.
        top_ids, top_probs: (N+1, C, K) int32 and float32, the K likeliest words, likeliest first, for the
            cells that are noise in the frame; ids are -1 where nothing was measured.
        calls: (N+1,) int32 network calls so far.   seconds: (N+1,) float32 since the start.
        verdict: of the last frame, or None where the corpus has no rules.
        distance: (N+1, C) float32, where cells hold vectors: how far each is from its nearest word, 1 being the
            length of pure noise; else None.   points: (N+1, C, 2) float32, the vectors on a map of the words,
            and word_points: (V, 2) float32, the words on it; None where the model has no such map.
    Files without the last three, as older versions write them, are read with None; older versions read
    files that have them and leave them out. So they do not raise the schema.
    """

    config: RunConfig
    words: tuple[str, ...]
    spacing: str
    t: np.ndarray
    alpha: np.ndarray
    tokens: np.ndarray
    status: np.ndarray
    prob: np.ndarray
    entropy: np.ndarray
    top_ids: np.ndarray
    top_probs: np.ndarray
    calls: np.ndarray
    seconds: np.ndarray
    verdict: Verdict | None = None
    distance: np.ndarray | None = None
    points: np.ndarray | None = None
    word_points: np.ndarray | None = None

    def __post_init__(self) -> None:
        frames, cells = self.tokens.shape
        shapes = {
            "t": (frames,), "alpha": (frames,), "calls": (frames,), "seconds": (frames,),
            "status": (frames, cells), "prob": (frames, cells), "entropy": (frames, cells),
            "distance": (frames, cells), "points": (frames, cells, 2), "word_points": (len(self.words), 2),
        }  # fmt: skip
        for name, shape in shapes.items():
            if name in _OPTIONAL and getattr(self, name) is None:
                continue
            if getattr(self, name).shape != shape:
                raise ValueError(f"trace field {name} has shape {getattr(self, name).shape}, not {shape}")
        if self.top_ids.shape != self.top_probs.shape or self.top_ids.shape[:2] != (frames, cells):
            raise ValueError(f"trace alternatives have shapes {self.top_ids.shape}, {self.top_probs.shape}")
        low, high = (int(self.tokens.min()), int(self.tokens.max())) if self.tokens.size else (0, 0)
        if low < 0 or high > len(self.words) or (self.top_ids.size and self.top_ids.max() >= len(self.words)):
            raise ValueError(f"trace names words outside its vocabulary of {len(self.words)}")
        if self.status.size and self.status.max() > max(Status):
            raise ValueError(f"trace has an unknown cell status {int(self.status.max())}")

    @property
    def num_steps(self) -> int:
        """N, the number of transitions."""
        return len(self.t) - 1

    def text(self, frame: int = -1) -> str:
        """The words of one frame joined as they are read; noise is "▒", blanks and a register's tag are left out."""
        canvas = [(int(i), int(s)) for i, s in zip(self.tokens[frame], self.status[frame], strict=True)]
        shown = ["▒" if i == len(self.words) else self.words[i] for i, s in canvas if s != Status.ABSENT]
        return told(shown, self.words, self.spacing)

    def position(self, frame: int, cell: int) -> int:
        """How an `Edit` at this frame names a cell (0-based column): which of those there it is, from 1.

        Raises:   ValueError: the cell is not there in this frame.
        """
        there = self.status[frame] != Status.ABSENT
        if not there[cell]:
            raise ValueError(f"cell {cell + 1} is not on the canvas at step {frame}")
        return int(there[: cell + 1].sum())

    def save(self, file: str | Path | BinaryIO) -> None:
        """Writes the trace as one .npz: a JSON header and plain arrays, no pickle."""
        header = {
            "schema": SCHEMA,
            "config": self.config.to_json(),
            "words": list(self.words),
            "spacing": self.spacing,
            "verdict": None if self.verdict is None else dataclasses.asdict(self.verdict),
        }
        text = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, *_OPTIONAL)}
        present = {name: array for name, array in arrays.items() if array is not None}
        np.savez_compressed(file, header=text, **present)

    @classmethod
    def load(cls, file: str | Path | bytes) -> Trace:
        """The trace that `save` wrote.

        Raises:   ValueError: too large, damaged, not a trace, or of a newer schema, in one sentence.
        """
        raw = io.BytesIO(file) if isinstance(file, bytes) else Path(file).open("rb")  # noqa: SIM115, closed below
        with raw:
            size = raw.seek(0, io.SEEK_END)
            if size > MAX_FILE_BYTES:
                raise ValueError(
                    f"a trace file may have at most {MAX_FILE_BYTES >> 20} MB, got {size / 2**20:.0f} MB"
                )
            raw.seek(0)
            try:
                with zipfile.ZipFile(raw) as archive:
                    unpacked = sum(entry.file_size for entry in archive.infolist())
                if unpacked > MAX_UNPACKED_BYTES:
                    raise ValueError(f"it would unpack to {unpacked / 2**20:.0f} MB")
                raw.seek(0)
                with np.load(raw, allow_pickle=False) as arrays:
                    header = json.loads(arrays["header"].tobytes())
                    if header["schema"] > SCHEMA:
                        raise ValueError(f"its schema is {header['schema']}, newer than this app's {SCHEMA}")
                    return cls(
                        config=RunConfig.from_json(header["config"]),
                        words=tuple(map(str, header["words"])),
                        spacing=str(header["spacing"]),
                        verdict=_verdict(header["verdict"]),
                        **{name: arrays[name].astype(dtype) for name, dtype in _ARRAYS.items()},
                        **{name: arrays[name].astype(np.float32) for name in _OPTIONAL if name in arrays},
                    )
            # Whatever is wrong inside a foreign file must end as one sentence; these are the kinds that
            # zipfile, numpy and json raise for damaged bytes.
            except (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, zipfile.BadZipFile,
                    zlib.error, MemoryError, NotImplementedError) as error:  # fmt: skip
                raise ValueError(f"this is not a whole trace file: {error}") from None


def join(words: list[str], spacing: str) -> str:
    """Words as running text: "word" puts spaces between, but none before punctuation; "char" none at all."""
    if spacing == "char":
        return "".join(words)
    text = ""
    for word in filter(None, words):
        text += word if not text or word in {".", ",", "!", "?", ";", ":"} else " " + word
    return text


def told(cells: list[str], words: tuple[str, ...], spacing: str) -> str:
    """A canvas as running text: where the vocabulary has tags of registers, without the tag, and without the space that
    each of its lines begins with."""
    if not registers(words):
        return join(cells, spacing)
    return re.sub(r"^ ", "", join(untagged(cells, words), spacing), flags=re.MULTILINE)


def _verdict(record: dict[str, Any] | None) -> Verdict | None:
    if record is None:
        return None
    faults = tuple(Fault(f["rule"], tuple(f["cells"]), f["message"]) for f in record["faults"])
    return Verdict(tuple(record["rules"]), faults)


_ARRAYS = {
    "t": np.float64, "alpha": np.float64, "tokens": np.int32, "status": np.uint8, "prob": np.float32,
    "entropy": np.float32, "top_ids": np.int32, "top_probs": np.float32, "calls": np.int32,
    "seconds": np.float32,
}  # fmt: skip
_OPTIONAL = ("distance", "points", "word_points")  # float32
