"""What a page shows, and how its address tells it: one run, or several lanes. Nothing here remembers anything."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from textdiff_core import lab
from textdiff_core.records import MAX_SEED, Edit, RunConfig

LANE = "lane"  # parameter of the address, once a lane
FEWEST, MOST = 2, 6  # lanes
NAMED = (
    "sampler",
    "register",
    "guidance",
)  # settings that are refused, and not changed, where they do not fit the model
Query = dict[str, list[str]]  # an address: every parameter with all its values


@dataclasses.dataclass(frozen=True)
class Screen:
    """A page on which a run is set up, with a link of its own.

    Attributes:
        name: keeps its settings apart from other pages'; "" for the Denoise page.
        default: what it opens with; the link tells what differs from it.
        check: raises ValueError, in one sentence, for settings that cannot be shown.
        fit: changes a sampler that a newly chosen model cannot use.
        offered: whether a model may be named by the link.
        branches: a run that the reader changed in the player stays on the page; else it goes to Denoise.
    """

    name: str = ""
    default: Any = dataclasses.field(default_factory=RunConfig)
    check: Callable[[Any], None] = lab.check
    fit: Callable[[RunConfig], RunConfig] = lab.moved
    offered: Callable[[str], bool] = lab.offered
    branches: bool = False

    def key(self, what: str) -> str:
        """Where the session keeps `what` of this page."""
        return f"{self.name}_{what}" if self.name else what

    def read(self, query: Mapping[str, Sequence[str]]) -> tuple[Any, list[str]]:
        """What an address describes, and one sentence for everything that was left out of it; never raises.

        A link may name shipped models and runs of the shelf: other folders are nobody's to choose from outside.
        """
        wanted, ignored = type(self.default).from_query(
            {name: texts[-1] for name, texts in query.items()}, self.default
        )
        with contextlib.suppress(ValueError):  # its parts may make sense only together
            if self.offered(wanted.model):
                self.check(wanted)
                return wanted, ignored
        found = self.default
        for name, text in wanted.to_query(self.default).items():
            candidate = found.replace(**{name: getattr(wanted, name)})
            try:
                if not self.offered(candidate.model):
                    raise ValueError(
                        f"shipped models: {', '.join(lab.models()) or 'none'}; no run here has this name"
                    )
                candidate = candidate if name in NAMED else self.fit(candidate)
                self.check(candidate)
                found = candidate
            except ValueError as error:
                ignored.append(f"{name} = {text[:60]!r} ({error})")
        return found, ignored

    def write(self, shown: Any) -> Query:
        """The address that `read` understands."""
        return {name: [text] for name, text in shown.to_query(self.default).items()}

    def renoised(self, shown: Any) -> Any:
        """The same with the next seed, without the reader's edits."""
        return shown.replace(seed=_seed(shown.seed + 1), edits=())

    def changed(self, shown: Any, lane: int, edit: Edit) -> Any:
        """The same with the reader's edit of this lane as its last one."""
        return shown.replace(edits=(*(one for one in shown.edits if one.step < edit.step), edit))

    def without_lost(self, shown: Any) -> tuple[Any, str]:
        """`shown` without models that are gone, and the sentence about them; "" where none is."""
        if self.offered(shown.model) or shown.model == self.default.model:
            return shown, ""
        named = f"The model {shown.model[:80]} is not here any more"
        return self.default, f"{named}; this is the one the page opens with."


@dataclasses.dataclass(frozen=True)
class Lanes:
    """Two to six runs, each with every setting of its own."""

    runs: tuple[RunConfig, ...]

    def replace(self, **changes: Any) -> Lanes:
        """A copy with these fields changed in every lane."""
        return Lanes(tuple(run.replace(**changes) for run in self.runs))

    def put(self, number: int, run: RunConfig) -> Lanes:
        """A copy with `run` as lane `number` (from 0); where all share a seed, all take over its new one."""
        runs = [*self.runs[:number], run, *self.runs[number + 1 :]]
        if self.share_a_seed and run.seed != self.runs[number].seed:
            runs = [one if one.seed == run.seed else one.replace(seed=run.seed, edits=()) for one in runs]
        return Lanes(tuple(runs))

    def without(self, number: int) -> Lanes:
        return Lanes((*self.runs[:number], *self.runs[number + 1 :]))

    def adding(self, runs: Sequence[RunConfig]) -> Lanes:
        """A copy with these lanes behind the others. Raises ValueError where they are too many."""
        if len(self.runs) + len(runs) > MOST:
            raise ValueError(
                f"this page holds at most {MOST} lanes: it has {len(self.runs)}, and {len(runs)} would come"
            )
        return Lanes((*self.runs, *runs))

    def seeded(self, first: int, step: int) -> Lanes:
        """A copy in which lane k has the seed `first` + k `step`."""
        seeds = (_seed(first + number * step) for number in range(len(self.runs)))
        return Lanes(
            tuple(run.replace(seed=seed, edits=()) for run, seed in zip(self.runs, seeds, strict=True))
        )

    @property
    def share_a_seed(self) -> bool:
        return len({run.seed for run in self.runs}) == 1


@dataclasses.dataclass(frozen=True)
class LanesScreen(Screen):
    """A page of several lanes: its address holds each as `lane=` and the query of that run on the Denoise page."""

    def read(self, query: Mapping[str, Sequence[str]]) -> tuple[Lanes, list[str]]:
        found, ignored = self.lanes_in(query)
        return self._filled(found), ignored

    def lanes_in(self, query: Mapping[str, Sequence[str]]) -> tuple[list[RunConfig], list[str]]:
        """The lanes that an address names, those the page opens with where it names none; and as `read`."""
        ignored = [f"unknown parameter {name[:40]!r}" for name in query if name != LANE]
        texts, found = query.get(LANE, ()), []
        for number, text in enumerate(texts[:MOST], start=1):
            run, wrong = lane(text)
            found += [run] if run else []
            ignored += [f"lane {number}: {sentence}" for sentence in wrong]
        if len(texts) > MOST:
            ignored.append(f"{len(texts) - MOST} more lanes, as the page holds {MOST}")
        return found if texts else list(self.default.runs), ignored

    def write(self, shown: Lanes) -> Query:
        if shown == self.default:
            return {}
        return {LANE: [urlencode({"model": run.model, **run.to_query()}) for run in shown.runs]}

    def renoised(self, shown: Lanes) -> Lanes:
        """Every lane with another seed; none gets one that a lane has now."""
        seeds = [run.seed for run in shown.runs]
        by = max(seeds) - min(seeds) + 1
        return Lanes(tuple(run.replace(seed=_seed(run.seed + by), edits=()) for run in shown.runs))

    def without_lost(self, shown: Lanes) -> tuple[Lanes, str]:
        gone = sorted({run.model for run in shown.runs if not lab.offered(run.model)} - {RunConfig.model})
        if not gone:
            return shown, ""
        kept = [run for run in shown.runs if run.model not in gone]
        names = ", ".join(name[:80] for name in gone)
        return self._filled(kept), f"Lanes left out, because their model is not here any more: {names}."

    def _filled(self, runs: Sequence[RunConfig]) -> Lanes:
        """These lanes; where they are too few to compare, with some of those the page opens with."""
        others = [run for run in self.default.runs if run not in runs]
        return Lanes((*runs, *others[: max(0, FEWEST - len(runs))]))


def check_lanes(lanes: Lanes) -> None:
    """Raises ValueError, naming the lane, for lanes that cannot be run."""
    if not FEWEST <= len(lanes.runs) <= MOST:
        raise ValueError(f"this page compares {FEWEST} to {MOST} lanes, got {len(lanes.runs)}")
    for number, run in enumerate(lanes.runs, start=1):
        try:
            lab.check(run)
        except ValueError as error:
            raise ValueError(f"lane {number}: {error}") from None


def lane(text: str) -> tuple[RunConfig | None, list[str]]:
    """The run that a query of the Denoise page describes, as a lane, and what was left out of it.

    None where its model is gone: with the one that page opens with, it would be another lane.
    """
    query = {name: [value] for name, value in parse_qsl(text, keep_blank_values=True)}
    model = query.get("model", [RunConfig.model])[0]
    if not lab.offered(model):
        return None, [f"the whole lane, as no model here is called {model[:60]!r}"]
    return DENOISE.read(query)


def _seed(number: int) -> int:
    return number % (MAX_SEED + 1)


DENOISE = Screen(branches=True)
TRAIN, RACE = Screen("train"), Screen("race")  # their runs are the shelf's, and so are their settings
