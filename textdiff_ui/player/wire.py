"""What the player in the browser is sent: one or more runs as compact, gzipped columns.

The bytes are gzip([uint32 LE header length][header, JSON in UTF-8][padding][arrays, 8-byte aligned]).
`assets/player/codec.mjs` reads them; `VERSION` grows with every change that an older reader would misread.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from textdiff_core.ledger import EVENTS, Answer, Ledger
from textdiff_core.noising import Noised
from textdiff_core.trace import Trace

VERSION = 1
PACES = ("steps", "noise", "calls", "seconds", "run")
RULES = ("expected", "one", "count", "adaptive", "none")
NOT_A_WORD = 0xFFFF
_ALIGNMENT = 8


@dataclasses.dataclass(frozen=True)
class LossCurve:
    """A checkpoint's validation loss by noise level, and how training got there.

    Attributes:
        noise: (B,) noise levels 1 - alpha in [0, 1], ascending (the middles of the bins measured).
        cross_entropy: (B,) nats of a hidden word at each noise level; NaN where nothing was measured.
        step: (T,) training steps of the history, ascending; empty where there is none.
        train, validation: (T,) negative evidence bounds in nats per token; NaN where not measured.
        caution: what to say beside these bounds; "" where they can be compared with other models'.
    """

    noise: Sequence[float]
    cross_entropy: Sequence[float]
    step: Sequence[int] = ()
    train: Sequence[float] = ()
    validation: Sequence[float] = ()
    caution: str = ""

    def __post_init__(self) -> None:
        if len(self.noise) != len(self.cross_entropy):
            raise ValueError(
                f"a loss curve needs one value a noise level, got {len(self.cross_entropy)} values "
                f"for {len(self.noise)} levels"
            )
        if not len(self.step) == len(self.train) == len(self.validation):
            raise ValueError(
                f"a training history needs equal lengths, got {len(self.step)} steps, "
                f"{len(self.train)} train and {len(self.validation)} validation values"
            )
        if len(self.noise) and not 0 <= min(self.noise) <= max(self.noise) <= 1:
            raise ValueError(f"noise levels must lie in [0, 1], got {min(self.noise)}..{max(self.noise)}")


@dataclasses.dataclass(frozen=True)
class Noising:
    """What is shown of the schedule by which all lanes go into noise.

    Attributes:
        curves: as `noising.curves` gives them, each by even t from 0 to 1.
        points: (t, alpha) of each point of a drawn schedule, as the reader set them; () where none is drawn.
        problem: why these points are none, in one sentence; the curves are then those of the last good ones.
    """

    curves: Mapping[str, np.ndarray]
    points: Sequence[tuple[float, float]] = ()
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class Step:
    """One step of the reverse process as a formula with its numbers.

    Attributes:
        formula: `Sampler.in_numbers`, or where it has none `Process.in_numbers`.
        numbers: (F,) each, of the step that led to a frame; NaN for the first.
        revises, grows: of the process.   length: cells that the canvas has room for.   own: the formula is the
            sampler's.   judges: words that stand are judged again at each step: their probability is of now.
    """

    formula: str
    numbers: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    revises: bool = False
    grows: bool = False
    length: int = 0
    own: bool = False
    judges: bool = False


@dataclasses.dataclass(frozen=True)
class Lane:
    """One run on the player's clock.

    Attributes:
        trace: the run. While it is live, the frames so far.
        title: what stands above it when there are several.   note: what stands beside the title.
        loss_curve: of the run's checkpoint, for the panel "Where on the loss is this step?".
        rule: how the sampler decides how many words a step writes, for the formula panel:
            "expected" each noisy cell on its own with probability (alpha_s - alpha_t) / (1 - alpha_t);
            "one" exactly one word a step, at random times; "count" a number set by the schedule, the
            cells picked by confidence; "adaptive" as many as the model's answer allows; "none" for samplers
            without such a rule (no panel).
        step: what the panel says where the rule is the process's own.
        noised: where the lane goes into noise instead of out of it: the way back in numbers; all lanes or none.
        ledger: what happened to each cell at each step, for the ledger below the lanes; all lanes or none.
    """

    trace: Trace
    title: str = ""
    loss_curve: LossCurve | None = None
    rule: str = "expected"
    step: Step | None = None
    ledger: Ledger | None = None
    noised: Noised | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"rule must be one of {', '.join(RULES)}, got {self.rule!r}")


def encode(
    lanes: Sequence[Lane],
    *,
    live: bool = False,
    run: str = "",
    start: int = 0,
    autoplay: bool = True,
    compact: bool = False,
    comparing: bool = False,
    pace: str = "steps",
    questions: Sequence[Answer] = (),
    noising: Noising | None = None,
    rewriting: bool = False,
) -> bytes:
    """The payload of `player` and `replay_html`; equal arguments give equal bytes.

    Args:
        lanes: the runs, first the one whose panels are shown.
        live: the run is still going on: more frames follow under the same `run`.
        run: names the run, so that growing payloads are known as one; default: its configurations' keys.
        start: frame at which a new run opens (after an edit: the step it resumed from).
        autoplay: play when it opens (never where the reader asked for reduced motion).
        compact: show the text and its controls alone, without the panels.
        comparing: each lane on a card, the difference of any two marked in their words, and what was measured
            of all of them in charts along the clock.
        pace: what several lanes share at first: "steps", "calls" of the network or "seconds", their number; "run", the
            share of each run's own steps; "noise", its level: each lane shows its last frame that is no less noisy.
        noising: the lanes go into noise; in place of the panels stand the schedule and the way back.
        rewriting: a click on a word chooses it and its neighbours to be put back to noise, once the run has ended.
        questions: each a switch that brings out in all lanes what it asks about, and shows its answer.

    Raises:   ValueError: a lane has more than 65,534 different words, `start` is below 0, or an unknown pace.
    """
    if pace not in PACES:
        raise ValueError(f"pace must be one of {', '.join(PACES)}, got {pace!r}")
    if start < 0:
        raise ValueError(f"start must be 0 or more, got {start}")
    arrays: list[bytes] = []
    tongues = [(lane.trace.words, lane.trace.spacing) for lane in lanes]
    records = [
        _record(lane, arrays) | {"vocabulary": tongues.index(own)}
        for lane, own in zip(lanes, tongues, strict=True)
    ]
    header = {
        "format": "textdiff-player",
        "version": VERSION,
        "run": run or "+".join(lane.trace.config.key for lane in lanes),
        "live": live,
        "start": start,
        "autoplay": autoplay,
        "compact": compact,
        "comparing": comparing,
        "pace": pace,
        "rewriting": rewriting,
        "questions": [
            {"mark": int(one.event), "question": one.question, "answer": one.text} for one in questions
        ],
        "noising": None if noising is None else _noising(noising),
        "lanes": records,
    }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    return gzip.compress(struct.pack("<I", len(text)) + text + b"".join(arrays), 6, mtime=0)


def _record(lane: Lane, arrays: list[bytes]) -> dict[str, Any]:
    """One lane's part of the header; appends its columns to `arrays`."""
    trace = lane.trace
    words, tokens, top_ids = _occurring(trace)
    columns = {
        "alpha": trace.alpha.astype("<f8"),
        "t": trace.t.astype("<f8"),
        "calls": trace.calls.astype("<u4"),
        "seconds": trace.seconds.astype("<f8"),
        "tokens": tokens,
        "status": trace.status.astype("u1"),
        # Half precision keeps three digits at every size and has its own NaN: "not measured" stays apart
        # from 0. Half of the bytes are the probabilities' low digits, which no compression gets rid of.
        "prob": trace.prob.astype("<f2"),
        "entropy": trace.entropy.astype("<f2"),
        "topIds": top_ids,
        "topProbs": trace.top_probs.astype("<f2"),
    }
    if lane.step is not None:
        columns |= {f"number {name}": values.astype("<f8") for name, values in lane.step.numbers.items()}
    if lane.ledger is not None:
        columns["marks"] = lane.ledger.marks
    if lane.noised is not None:
        columns["wayBack"] = lane.noised.way_back.astype("<f8")
    if trace.distance is not None:
        columns["distance"] = trace.distance.astype("<f2")
    if trace.points is not None and trace.word_points is not None:
        columns["points"] = trace.points.astype("<f2")
        columns["wordPoints"] = trace.word_points.astype("<f2")
    offset = sum(map(len, arrays))
    places = {}
    for name, column in columns.items():
        raw = np.ascontiguousarray(column).tobytes()
        raw += bytes(-len(raw) % _ALIGNMENT)
        places[name] = [offset, column.dtype.str.lstrip("<|"), *column.shape]
        arrays.append(raw)
        offset += len(raw)
    config = trace.config
    return {
        "title": lane.title,
        "note": lane.note,
        "rule": lane.rule,
        "step": None if lane.step is None else _step(lane.step),
        "steps": config.steps,
        "settings": {
            name: getattr(config, name) for name in ("model", "sampler", "schedule", "grid", "seed")
        },
        "process": lane.noised.process if lane.noised else "",
        "numWords": len(trace.words),
        "spacing": trace.spacing,
        "words": words,
        "verdict": None if trace.verdict is None else dataclasses.asdict(trace.verdict),
        "loss": None if lane.loss_curve is None else _loss(lane.loss_curve),
        "ledger": None if lane.ledger is None else _totals(lane.ledger),
        "arrays": places,
    }


def _occurring(trace: Trace) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The words that occur in the run, and its tokens and alternatives as places in that list; all words where
    there is a map of them.

    Noise is the place after the last word, an alternative that was not measured is `NOT_A_WORD`.
    """
    seen = np.union1d(trace.tokens, trace.top_ids)
    if trace.word_points is not None:
        seen = np.arange(len(trace.words))
    seen = seen[(seen >= 0) & (seen < len(trace.words))]
    if len(seen) >= NOT_A_WORD:
        raise ValueError(f"a lane may show at most {NOT_A_WORD - 1} different words, got {len(seen)}")
    place = np.full(len(trace.words) + 2, NOT_A_WORD, dtype="<u2")  # last: id -1
    place[seen] = np.arange(len(seen))
    place[len(trace.words)] = len(seen)
    return [trace.words[i] for i in seen], place[trace.tokens], place[trace.top_ids]


def _totals(ledger: Ledger) -> dict[str, Any]:
    """The row of the table, and the sentence."""
    return {
        "sentence": ledger.sentence,
        "guesses": ledger.guesses,
        "times": {event.name.lower(): ledger.times(event) for event in EVENTS},
    }


def _step(step: Step) -> dict[str, Any]:
    facts = {name: getattr(step, name) for name in ("formula", "revises", "grows", "length", "own", "judges")}
    return facts | {"numbers": list(step.numbers)}


def _loss(curve: LossCurve) -> dict[str, Any]:
    columns = {name: values for name, values in dataclasses.asdict(curve).items() if name != "caution"}
    return {"caution": curve.caution} | {name: [_number(v) for v in columns[name]] for name in columns}


def _noising(shown: Noising) -> dict[str, Any]:
    return {
        "curves": {name: [_number(v) for v in values] for name, values in shown.curves.items()},
        "points": list(shown.points) or None,
        "problem": shown.problem,
    }


def _number(value: float) -> float | None:
    """Five digits are more than a curve on a screen can show; JSON knows no NaN."""
    return float(f"{value:.5g}") if np.isfinite(value) else None
