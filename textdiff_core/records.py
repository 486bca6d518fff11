"""What the parts hand to each other: frozen, JSON-able, without torch.

A `RunConfig` is at once the cache key, the page's URL, the name of a shipped trace, the header of an
export and a test fixture. Positions in it are counted from 1, as people count words.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from textdiff_core.bounds import real, text, whole

MAX_STEPS = 1024
MAX_LENGTH = 512
MAX_SEED = 2**31 - 1
MAX_GUIDANCE = 10.0
MAX_DRAFT = 4000  # characters
RESERVED = r"[%;\s]"  # in a kept word, which stands between ";" and is stripped


@dataclasses.dataclass(frozen=True)
class Edit:
    """A reader's change to a run: at frame `step` these cells go back to noise, then the run resumes.

    Written "26:6,23" (frame 26, positions 6 and 23), or "26:6,23@5" when the steps after it take their
    random numbers from seed 5 instead of the run's own.
    """

    step: int
    positions: tuple[int, ...]
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.step < 0 or not self.positions or min(self.positions) < 1:
            raise ValueError(f"an edit needs a step from 0 and positions from 1, got {self}")
        object.__setattr__(self, "positions", tuple(sorted(set(self.positions))))

    def __str__(self) -> str:
        seed = "" if self.seed is None else f"@{self.seed}"
        return f"{self.step}:{','.join(map(str, self.positions))}{seed}"

    @classmethod
    def parse(cls, text: str) -> Edit:
        """The edit that `text` writes. Raises ValueError when it is not of the form above."""
        match = re.fullmatch(r"(\d{1,6}):(\d{1,6}(?:,\d{1,6})*)(?:@(\d{1,10}))?", text.strip())
        if not match:
            raise ValueError(
                f"an edit is written 'step:position,position' as in '26:6,23', got {text[:80]!r}"
            )
        seed = None if match[3] is None else int(match[3])
        return cls(int(match[1]), tuple(int(item) for item in match[2].split(",")), seed)


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Everything that decides one run of the denoising loop.

    Attributes:
        model: name of a shipped model, or a checkpoint folder.
        sampler, grid, schedule: specs (see `registry`): the reverse step rule, where its times lie, and
            the *sampling* noise schedule. The schedule a model was trained with is the model's own.
        steps: number of reverse steps N; there are N + 1 frames.
        temperature: logits are divided by it; 0 is greedy.   top_p: nucleus kept, share in (0, 1].
        seed: of all random draws.   length: cells on the canvas; None is the model's own.
        keep: (position, word) pairs that are given and never change; in text "3:fox;7:%20", where %20 is a space,
            %0A a line's end, %3B ";" and %25 "%".   edits: the reader's changes.
        draft: a text to begin from instead of noise, "" for none; it is noised first, and written anew from there.
        level: share of the draft's words that noise takes, in [0, 1].
        register: kind of text, where the model knows several; "" leaves it open.   guidance: w of classifier-free
            guidance towards the register, see `Guided`; 1 is the model itself.

    Raises:   ValueError: a value outside its bounds, with the value and what is allowed.
    """

    model: str = "tales"
    sampler: str = "first-hitting"
    steps: int = 48
    grid: str = "uniform"
    schedule: str = "linear"
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    length: int | None = None
    keep: tuple[tuple[int, str], ...] = ()
    draft: str = ""
    level: float = 0.5
    register: str = ""
    guidance: float = 1.0
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        whole("steps", self.steps, 1, MAX_STEPS)
        whole("seed", self.seed, 0, MAX_SEED)
        if self.length is not None:
            whole("length", self.length, 1, MAX_LENGTH)
        real("temperature", self.temperature, 0.0, 10.0)
        real("top_p", self.top_p, 0.0, 1.0)
        real("level", self.level, 0.0, 1.0)
        real("guidance", self.guidance, 0.0, MAX_GUIDANCE)
        text("register", self.register)
        if not isinstance(self.draft, str) or len(self.draft) > MAX_DRAFT:
            raise ValueError(f"draft must be a text of at most {MAX_DRAFT} characters, got {len(self.draft)}")
        if self.top_p == 0:
            raise ValueError("top_p must be above 0 and at most 1, got 0")
        seen: set[int] = set()
        for position, word in self.keep:
            if not isinstance(position, int) or position < 1 or not isinstance(word, str):
                raise ValueError(
                    f"keep must be pairs of a position from 1 and a word, got {(position, word)}"
                )
            if position in seen:
                raise ValueError(f"keep names position {position} twice")
            seen.add(position)
        object.__setattr__(self, "keep", tuple(sorted((p, w) for p, w in self.keep)))
        if any(a.step >= b.step for a, b in zip(self.edits, self.edits[1:], strict=False)):
            raise ValueError("edits must stand in the order of their steps, one a step")

    def replace(self, **changes: Any) -> RunConfig:
        """A copy with these fields changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self, default: RunConfig | None = None) -> dict[str, str]:
        """The fields that differ from those of `default` (None: the class's own), as URL parameters."""
        query, usual = {}, default or type(self)()
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != getattr(usual, field.name):
                query[field.name] = _CODECS.get(field.name, _PLAIN)[0](value)
        return query

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], default: RunConfig | None = None
    ) -> tuple[RunConfig, list[str]]:
        """The config that URL parameters describe on top of `default`, and one sentence for each that was ignored.

        Broken or unknown parameters never raise: the page opens with defaults and says what it left out.
        """
        config, ignored = default or cls(), []
        known = {field.name: field for field in dataclasses.fields(cls)}
        for name, written in query.items():
            if name not in known:
                ignored.append(f"unknown parameter {name[:40]!r}")
                continue
            try:
                parse: Any = _CODECS[name][1] if name in _CODECS else type(known[name].default)
                config = config.replace(**{name: parse(written)})
            except (ValueError, TypeError) as error:
                ignored.append(f"{name} = {written[:60]!r} ({error})")
        return config, ignored

    def to_json(self) -> dict[str, Any]:
        """The config as plain JSON values."""
        record = dataclasses.asdict(self)
        record["keep"] = [list(pair) for pair in self.keep]
        record["edits"] = [str(edit) for edit in self.edits]
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> RunConfig:
        """The config that `to_json` wrote. Raises ValueError for unknown fields or bad values."""
        values = dict(record)
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown run settings: {', '.join(unknown)}")
        values["keep"] = tuple((p, w) for p, w in values.get("keep", ()))
        values["edits"] = tuple(Edit.parse(text) for text in values.get("edits", ()))
        return cls(**values)

    @property
    def key(self) -> str:
        """Twelve hex digits that name this configuration, the same on every machine, also when later
        versions know more settings: only those that differ from their defaults count."""
        text = json.dumps(self.to_query(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def format_keep(keep: tuple[tuple[int, str], ...]) -> str:
    """Kept words as `parse_keep` reads them: "%", ";" and white space in a word are written as in a URL.

    >>> format_keep(((3, "fox"), (7, " "), (8, ";")))
    '3:fox;7:%20;8:%3B'
    """
    return ";".join(f"{p}:{re.sub(RESERVED, lambda match: quote(match[0], safe=''), w)}" for p, w in keep)


def parse_keep(text: str) -> tuple[tuple[int, str], ...]:
    """Kept words from "3:fox;7:den;8:%20". Raises ValueError when an item is not 'position:word'."""
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(";"))):
        position, colon, word = item.partition(":")
        if not colon or not re.fullmatch(r"\d{1,6}", position.strip()) or not word.strip():
            raise ValueError(
                f"a kept word is written 'position:word' as in '3:fox', or '3:%20' for a space, got {item[:80]!r}"
            )
        pairs.append((int(position), unquote(word.strip())))
    return tuple(pairs)


def _number_text(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


_PLAIN = (str, str)
_CODECS: dict[str, tuple[Any, Any]] = {
    "temperature": (_number_text, float),
    "top_p": (_number_text, float),
    "level": (_number_text, float),
    "guidance": (_number_text, float),
    "length": (str, int),
    "keep": (format_keep, parse_keep),
    "edits": (
        lambda edits: ";".join(map(str, edits)),
        lambda text: tuple(Edit.parse(item) for item in text.split(";") if item.strip()),
    ),
}
