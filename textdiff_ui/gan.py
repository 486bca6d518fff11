"""GANs on screen: a recorded game and one played here, what each teller reaches, and guidance by a judge of steps."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import streamlit as st

from textdiff_core import guiding, lab
from textdiff_core.adversarial import LIVE, Game, Round, Told
from textdiff_core.guiding import CANDIDATES, STRENGTHS, Measured, Tally
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace
from textdiff_ui import cache, gan_plots, runs, state, studies
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown
from textdiff_ui.plots import draw
from textdiff_ui.studies import GAME, GUIDED

SCREEN = state.Screen(
    "gan", guiding.DEFAULT, guiding.check, fit=lambda config: config, offered=lambda name: name == "tales"
)  # fmt: skip


def describe(shown: RunConfig, fill: Filler) -> RunConfig:
    """Draws the controls of guidance."""
    sampler = fill.pick(lab.samplers, shown.sampler, "Sampler", "The sampler that asks a judge.", ["guided"])
    steps = fill.number(
        "steps", shown.steps, "Steps", "Fewer write more words at once: there the judge has work."
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the noise of the tales, and of the training here.")
    return RunConfig(sampler=sampler, steps=steps, seed=seed)


# ---- the game -------------------------------------------------------------------------------------------


def show_history() -> None:
    """The recorded training: a slider over its reports, both losses, and what it told."""
    config, rounds = cache.recorded_gan()
    steps = [one.step for one in rounds]
    at = st.select_slider(
        "Report after step", steps, value=steps[-1], key=SCREEN.key("report"),
        help="Every report tells tales from the same noise.",
    )  # fmt: skip
    one = rounds[steps.index(at)]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What each player loses**")
        draw(gan_plots.losses(rounds, at), "gan_losses", gan_plots.told_losses(rounds))
    with right:
        st.markdown(f"**What it tells after {at:,} steps, {one.seconds / 60:.0f} minutes**")
        _samples(one, config.corpus)
    st.caption(
        f"Generator: a transformer of width {config.width}, depth {config.depth}, {config.heads} heads. Critic: a set "
        f"network of width {config.hidden}. {config.batch} true and made tales a step, seed {config.seed}."
    )


def _samples(one: Round, corpus: str) -> None:
    """Texts of a report, each with the rules that it breaks, and the counts of all of them."""
    for text in one.samples:
        verdict = lab.corpora[corpus].check(text)
        broken = ", ".join(sorted({fault.rule for fault in verdict.faults}))
        told = "every rule holds" if verdict.valid else f"breaks {broken}"
        st.markdown(f"> {escape_markdown(text) or 'nothing'}  \n> *{told}*")
    st.caption(
        f"Of {one.num} texts {one.valid} hold every rule, {one.distinct} differ, {one.combinations} combinations are "
        "reached."
    )


def show_live(config: RunConfig) -> None:
    """A GAN trained here, on sentences small enough to watch."""

    def show(game: Game | None) -> None:
        if game is None or not game.rounds:
            st.caption(
                f"{LIVE.steps:,} steps on {LIVE.corpus} sentences; the first report comes after {LIVE.every}."
            )
            return
        left, right = st.columns(2, gap="large")
        with left:
            draw(gan_plots.losses(game.rounds), "game_losses", gan_plots.told_losses(game.rounds))
        with right:
            _samples(game.rounds[-1], LIVE.corpus)
        names = ("step", "seconds", "generator", "critic", "lead", "num", "valid", "distinct", "combinations")
        rows = [tuple(getattr(one, name) for name in names) for one in game.rounds]
        studies.download(f"gan-{config.seed}", names, rows, "game_csv", "Every report of this training.")

    studies.follow(GAME, cache.study(GAME, config), SCREEN, show)


# ---- collapse -------------------------------------------------------------------------------------------


def show_collapse() -> None:
    """How many of all combinations each teller reaches, over training and in a thousand texts."""
    told, tellers, training = cache.compared_gan()
    _, rounds = cache.recorded_gan()
    for place, name, field, y in zip(
        st.columns(2, gap="large"), ("Quality", "Variety"), ("known_pairs", "reached_pairs"),
        ("share of its pairs that are right", "share of the world's reached"),
        strict=True,
    ):  # fmt: skip
        points = (
            [(one.seconds / 60, getattr(one, field)) for one in rounds],
            gan_plots.minutes(training, field),
        )
        with place:
            st.markdown(f"**{name} over training, {rounds[-1].num} tales each**")
            draw(
                gan_plots.over_training(*points, y), f"gan_{field}", gan_plots.told_over_training(*points, y)
            )
    st.markdown(f"**Among {tellers[0].num:,} tales each**")
    st.dataframe([_row(one) for one in tellers], hide_index=True, width="stretch")
    st.caption(
        f"{told}; minutes of one core. In brackets are 95 % intervals. Coverage is over what as many valid tales of "
        "the world itself reach: 1 is as varied as the world. Where no tale is valid, pairs of neighbouring words "
        "stand for it: the share of a teller's that some tale has, and the share of all tales' that it reaches."
    )
    header = ("teller", *list(Told.__dataclass_fields__)[1:])
    rows = [tuple(getattr(one, name) for name in Told.__dataclass_fields__) for one in (*tellers, *training)]
    studies.download(
        "gan-and-diffusion", header, rows, "collapse_csv", "These numbers, and those over training."
    )


def _row(one: Told) -> dict[str, Any]:
    coverage = "none is valid" if one.relative_coverage is None else f"{one.relative_coverage:.2f}"
    return {
        "Told by": one.who, "Minutes of training": f"{one.seconds / 60:.1f}" if one.step else "",
        "Network calls": f"{one.calls:.1f}", "Every rule holds": _share(*guiding.share(one.valid, one.num)),
        "Combinations": f"{one.combinations} of {one.possible:,}", "Coverage": coverage,
        "Pairs that tales have": f"{one.known_pairs:.1%}", "Tales' pairs reached": f"{one.reached_pairs:.1%}",
        "Distinct pairs": f"{one.distinct_2:.4f}", "Entropy in a tale (nats)": f"{one.sample_entropy:.2f}",
    }  # fmt: skip


# ---- guidance -------------------------------------------------------------------------------------------


def show_lanes(config: RunConfig) -> None:
    """The same noise without and with the judge, on one clock."""
    names = {guiding.unguided(config): "without a judge", config: "with the judge"}

    def picture(traces: Sequence[Trace]) -> dict[str, Any]:
        lanes = [
            runs.lane(trace, f"{name}, {int(trace.calls[-1])} calls")
            for trace, name in zip(traces, names.values(), strict=True)
        ]
        return {"lanes": lanes, "compact": True}

    runs.watch_lanes(list(names), picture, SCREEN)


def show_strengths(config: RunConfig) -> None:
    """Valid tales over the strength: recorded, or measured here."""
    sampler, known = guiding.guide(config), cache.recorded_guidance()
    before = {
        f"K = {k}": gan_plots.points(
            {w: known.of(_spec(sampler.base, w, k), config.steps) for w in STRENGTHS}
        )
        for k in CANDIDATES
        if k > 1
    }
    before = {name: found for name, found in before.items() if len(found) > 1}

    def show(tally: Tally | None) -> None:
        lines = dict(before)
        if tally is not None:
            own = gan_plots.points({w: (one,) for w, one in tally.rows.items()})
            lines = {f"here, K = {sampler.candidates}": own} if own else {}
        if not lines:
            st.info(
                f"Nothing was recorded of steps of {sampler.base} with {config.steps} steps: press the button."
            )
        else:
            draw(
                gan_plots.strengths(lines, sampler.strength),
                "guided_strengths",
                gan_plots.told_strengths(lines),
            )
        if tally is not None:
            rows = [(w, *one.to_json().values()) for w, one in tally.rows.items()]
            header = ("strength", *Measured.__dataclass_fields__)
            studies.download(f"guided-{config.key}", header, rows, "guided_csv", "What was measured here.")

    plain = guiding.strengthened(config, 1.0)  # every strength is measured
    studies.follow(GUIDED, cache.study(GUIDED, plain), SCREEN, show)
    st.caption(f"Lines: recorded by `{known.command}`, {known.date}; bars are 95 % intervals.")


def show_costs(config: RunConfig) -> None:
    """What guidance costs beside samplers without a judge, at these steps."""
    known = cache.recorded_guidance()
    found = sorted(
        dict.fromkeys((row.sampler, row.steps, row.judge) for row in known.rows),
        key=lambda row: -guiding.valid_rate(known.of(*row))[0],
    )
    shown = [_cost(*row, known.of(*row)) for row in found]
    st.dataframe(shown, hide_index=True, width="stretch")
    st.caption(
        f"Three seeds a row, with 95 % intervals; {known.machine}. Seconds are of one core, in batches of 20. "
        "Distinct pairs fall as tales become more: compare rows of equal numbers. The "
        "exact judge computes the ratio from the world itself: it is what one with all the training there is would "
        "give, and only an invented world has it."
    )
    rows = [(r.sampler, r.steps, r.judge, r.seed, *r.texts.to_json().values()) for r in known.rows]
    header = ("sampler", "steps", "judge", "seed", *Measured.__dataclass_fields__)
    studies.download("guidance", header, rows, "costs_csv", "Every sampler, number of steps and seed.")


def _spec(base: str, strength: float, candidates: int) -> str:
    if strength == 0:
        return lab.spec(guiding.BASES[base])
    return lab.spec(lab.samplers["guided"](base=base, strength=strength, candidates=candidates))


def _mean(seeds: Sequence[Measured], name: str) -> float:
    return sum(getattr(one, name) for one in seeds) / sum(one.num for one in seeds)


def _share(mean: float, low: float, high: float) -> str:
    return f"{mean:.1%} ({low:.1%} to {high:.1%})"


def _cost(sampler: str, steps: int, judge: str, seeds: Sequence[Measured]) -> dict[str, Any]:
    mean = functools.partial(_mean, seeds)
    coverage = [one.relative_coverage for one in seeds if one.relative_coverage is not None]
    return {
        "Sampler": sampler, "Judge": judge or ("trained" if mean("judged") else "none"),
        "Steps": str(steps) if lab.samplers.build(sampler).uses_grid() else "its own",
        "Tales": sum(one.num for one in seeds), "Every rule holds": _share(*guiding.valid_rate(seeds)),
        "Coverage": f"{sum(coverage) / len(coverage):.2f}" if coverage else "none is valid",
        "Distinct pairs": f"{sum(one.distinct_2 for one in seeds) / len(seeds):.3f}",
        "Calls of the denoiser": f"{mean('asked'):.1f}", "Calls of the judge": f"{mean('judged'):.1f}",
        "Seconds a tale": f"{mean('seconds'):.3f}",
    }  # fmt: skip
