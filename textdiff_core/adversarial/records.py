"""What a game of two networks is told and tells: its settings and its reports. No torch."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textdiff_core.bounds import one_of, real, text, whole, yes_or_no
from textdiff_core.records import MAX_SEED


@dataclasses.dataclass(frozen=True)
class GanConfig:
    """Everything that decides one training of a text GAN.

    Attributes:
        corpus: a generated world.   width, depth, heads: of the generator.   noise: numbers in a noise vector.
        hidden: width of the critic.
        steps: of both players.   batch: texts a step, true and made.   seed: of weights, texts and noise.
        rate, rate_critic: Adam's, of the generator and of the critic.   warmup: steps of linear rise.
        hot, cold: temperature of the Gumbel-softmax, falling geometrically from one to the other.
        penalty: weight of the critic's squared slope, towards other words, at true and at made texts.
        penalised: at every so many steps.
        ema: decay of the averaged generator.   every: steps between reports.   told: texts made at a report.
        compile: compile the generator's blocks with torch.compile (needs a C++ compiler; the same to rounding).
    """

    corpus: str = "tales"
    width: int = 192
    depth: int = 4
    heads: int = 3
    noise: int = 32
    hidden: int = 128
    steps: int = 3400
    batch: int = 64
    seed: int = 0
    rate: float = 1e-3
    rate_critic: float = 3e-4
    warmup: int = 100
    hot: float = 1.0
    cold: float = 0.5
    penalty: float = 1.0
    penalised: int = 1
    ema: float = 0.995
    every: int = 136
    told: int = 200
    compile: bool = False

    def __post_init__(self) -> None:
        text("corpus", self.corpus)
        one_of("corpus", self.corpus, "tales", "toy")
        yes_or_no("compile", self.compile)
        for name in (
            "width",
            "depth",
            "heads",
            "noise",
            "hidden",
            "steps",
            "batch",
            "penalised",
            "every",
            "told",
        ):
            whole(name, getattr(self, name), 1, 10_000_000)
        whole("seed", self.seed, 0, MAX_SEED)
        whole("warmup", self.warmup, 0, self.steps)
        for name, low, high in (
            ("rate", 0.0, 1.0), ("rate_critic", 0.0, 1.0), ("hot", 0.01, 100.0), ("cold", 0.01, 100.0),
            ("penalty", 0.0, 1e6), ("ema", 0.0, 1.0),
        ):  # fmt: skip
            real(name, getattr(self, name), low, high)

    def temperature(self, step: int) -> float:
        """Of the Gumbel-softmax at a step from 0."""
        return self.hot * (self.cold / self.hot) ** (step / max(1, self.steps - 1))


@dataclasses.dataclass(frozen=True)
class Round:
    """What one report of the game says.

    Attributes:
        step: steps of both players so far.   seconds: of one core, trained so far, reports not counted.
        generator, critic: their losses in nats, means since the last report; ln 2 each where neither wins.
        lead: by how much the critic prefers true texts, mean difference of its scores.
        num: texts made by the averaged generator.   valid: of them break no rule.   distinct: of them differ.
        combinations: that valid ones reach, of all that the world has.   relative_coverage: that number over what as
            many valid texts of the corpus reach.   distinct_2: distinct pairs of words among all.
        known_pairs, reached_pairs: see `pairs`.
        samples: the first of the texts, from the same noise at every report.
    """

    step: int
    seconds: float
    generator: float
    critic: float
    lead: float
    num: int
    valid: int
    distinct: int
    combinations: int
    relative_coverage: float
    distinct_2: float
    known_pairs: float
    reached_pairs: float
    samples: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; None for what is no number."""
        record = dataclasses.asdict(self)
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Round:
        """What `to_json` wrote. Raises ValueError where fields are missing or unknown."""
        fields = {field.name for field in dataclasses.fields(cls)}
        if set(record) != fields:
            raise ValueError(
                f"a report of a GAN has {', '.join(sorted(fields))}, got {', '.join(sorted(record))}"
            )
        values: dict[str, Any] = {k: math.nan if v is None else v for k, v in record.items()}
        return cls(**{**values, "samples": tuple(values["samples"])})


def read_rounds(file: Path) -> tuple[Round, ...]:
    """The reports kept in a file; empty where there is none. Raises ValueError where it is damaged."""
    if not file.is_file():
        return ()
    try:
        return tuple(map(Round.from_json, json.loads(file.read_text("utf-8"))))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"the history of {file.parent.name!r} is damaged: {error}") from None
