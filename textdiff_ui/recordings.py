"""What was measured for this app, as files beside it: what its pages open with. Read anew at each call; see `cache`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from textdiff_core import adversarial, against, lab
from textdiff_core.calibration import Key
from textdiff_core.parallel import Stories, Told
from textdiff_core.reliability import Reliability
from textdiff_core.training_records import TrainPoint
from textdiff_core.translating import Matches
from textdiff_ui.frame import ROOT
from textdiff_ui.training_plots import Curve


def _of_model(kind: str, model: str) -> dict[str, Any] | None:
    """The recording of this kind for a shipped model; None where there is none."""
    file = ROOT / "assets" / kind / f"{model}.json"
    if model not in lab.models() or not file.is_file():
        return None
    return dict(json.loads(file.read_text("utf-8")))


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A race that was recorded for this app. Attributes: told: how, in words.   curves: name -> its run."""

    told: str
    corpus: str
    process: str
    curves: Mapping[str, Curve]


def race() -> Recorded:
    """The race of optimizers that the Race page opens with."""
    record = json.loads((ROOT / "assets" / "races" / "optimizers.json").read_text("utf-8"))
    curves = {
        run["name"]: Curve(run["name"], run["log"], tuple(map(TrainPoint.from_json, run["points"])), number)
        for number, run in enumerate(record["runs"])
    }
    return Recorded(record["told"], record["corpus"], record["process"], curves)


@dataclasses.dataclass(frozen=True)
class Recording:
    """Something that was measured for this app. Attributes: command, date, seed: by which it was, and when."""

    command: str
    date: str
    seed: int

    @property
    def by(self) -> str:
        """The same as a sentence without its end."""
        return f"Recorded by `{self.command}`, {self.date}, seed {self.seed}"


@dataclasses.dataclass(frozen=True)
class RecordedStories(Recording):
    """Stories. Attributes: total_correlation: of the corpus, in nats.   told: rule -> its stories."""

    total_correlation: float
    told: Mapping[str, Told]


def stories(model: str) -> RecordedStories | None:
    """What the page on few steps opens with; None where nothing was recorded of this model."""
    record = _of_model("parallel", model)
    if record is None:
        return None
    told = {
        rule: {by: {int(n): Stories(**one) for n, one in rows.items()} for by, rows in found.items()}
        for rule, found in record["rules"].items()
    }
    return RecordedStories(
        record["command"], record["date"], record["seed"], record["total_correlation"], told
    )


@dataclasses.dataclass(frozen=True)
class RecordedReliability(Recording):
    """Confidence. Attributes: texts: held-out ones of each table.   tables: see `calibration.Found`."""

    texts: Mapping[Key, int]
    tables: Mapping[Key, Reliability]


def reliability(model: str) -> RecordedReliability | None:
    """What the calibration page opens with; None where nothing was recorded of this model."""
    record = _of_model("calibration", model)
    if record is None:
        return None
    rows = [(Key(*row[:-2]), row[-2], Reliability.from_json(row[-1])) for row in record["tables"]]
    return RecordedReliability(
        record["command"], record["date"], record["seed"], {key: texts for key, texts, _ in rows},
        {key: one for key, _, one in rows},
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class RecordedMatches(Recording):
    """Translations. Attributes: pairs: held-out ones.   temperature: by which they were drawn.
    rows: sampler -> steps -> matches."""

    pairs: int
    temperature: float
    rows: Mapping[str, Mapping[int, Matches]]


def gan() -> tuple[adversarial.GanConfig, tuple[adversarial.Round, ...]]:
    """The training that the page on GANs opens with."""
    return adversarial.recorded(ROOT / "assets" / "checkpoints" / "tales-gan")


def gan_beside_diffusion() -> tuple[str, tuple[adversarial.Told, ...], tuple[adversarial.Told, ...]]:
    """That GAN's texts beside diffusion's."""
    return adversarial.compared(ROOT / "assets" / "checkpoints" / "tales-gan")


def matches(model: str) -> RecordedMatches | None:
    """What the page on translation opens with; None where nothing was recorded of this model."""
    file = lab.model_folder(model) / "evaluate.json"
    if not file.is_file():
        return None
    record = json.loads(file.read_text("utf-8"))
    rows = {
        order: {int(steps): Matches.from_json(one) for steps, one in found.items()}
        for order, found in record["rows"].items()
    }
    return RecordedMatches(
        record["command"], record["date"], record["seed"], record["pairs"], record["temperature"], rows
    )


@dataclasses.dataclass(frozen=True)
class RecordedAgainst(Recording):
    """Diffusion against autoregression. Attributes: rival: the autoregressive model.   found: see there.   judge: the
    third model that read the texts; "" where none did."""

    rival: str
    found: against.Found
    judge: str = ""


def beside_autoregression(model: str) -> RecordedAgainst | None:
    """What the page against autoregression opens with; None where nothing was recorded of this model."""
    record = _of_model("against", model)
    if record is None:
        return None
    return RecordedAgainst(
        record["command"], record["date"], record["seed"], record["rival"],
        against.from_json(record["found"]), record.get("judge", ""),
    )  # fmt: skip
