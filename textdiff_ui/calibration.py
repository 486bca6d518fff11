"""Confidence on screen: how often it is right at one look, re-shaped by temperature, and as samplers write with it."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from textdiff_core import calibration, lab
from textdiff_core.calibration import (
    EXACT,
    LEVELS,
    LOOK,
    MODEL,
    TEMPERATURES,
    CalibrationConfig,
    Found,
    Key,
)
from textdiff_core.reliability import MASS, WIDTH, Reliability
from textdiff_ui import cache, calibration_plots, plots, recordings, state, studies
from textdiff_ui.calibration_plots import Ways
from textdiff_ui.controls import Filler
from textdiff_ui.frame import escape_markdown

WHO = (MODEL, EXACT)
Tables = Mapping[Key, Reliability]


def check(config: CalibrationConfig) -> None:
    """Raises ValueError, in one sentence, for settings that cannot be shown."""
    info = lab.model_info(config.model)
    calibration.check(info, config)
    if calibration.written_once(info):
        calibration.check_way(info, config)


SCREEN = state.Screen("calibration", CalibrationConfig(), check)


def describe(
    shown: CalibrationConfig, fill: Filler, looked: DeltaGenerator, written: DeltaGenerator
) -> CalibrationConfig:
    """Draws the controls: the model's in the sidebar, each part's own in its place."""
    model = fill.choice(
        "model", _models(), shown.model, "Model", "The network whose confidence is looked at."
    )
    st.caption(
        "Not offered: models of insertion, whose cells have no fixed place that could be right or wrong."
    )
    seed = fill.number("seed", shown.seed, "Seed", "Names the held-out texts and what noise does to them.")
    with looked:
        first, second, third = st.columns(3, gap="large")
        with first:
            level = fill.among(
                "level", LEVELS, shown.level, "Noise level t", "Share of the words that noise took."
            )
        with second:
            temperature = fill.among(
                "temperature", TEMPERATURES, shown.temperature, "Temperature",
                "Re-shapes what was said: below 1 surer, above 1 less sure.",
            )  # fmt: skip
        with third:
            binning = fill.choice(
                "binning",
                [WIDTH, MASS],
                shown.binning,
                "Bins",
                "Ten: equally wide, or with as many words each.",
            )
    sampler, steps = shown.sampler, shown.steps
    process = lab.model_info(shown.model).process
    serving = [
        name
        for name, part in lab.samplers.items()
        if process in part.serves and part.reads == "noise" and not part.judged
    ]
    if calibration.written_once(lab.model_info(shown.model)):
        with written:
            left, right = st.columns([2, 1], gap="large")
            with left:
                sampler = fill.pick(
                    lab.samplers, shown.sampler, "Sampler", "Decides which words a step writes.", serving
                )
            with right:
                steps = fill.number(
                    "steps", shown.steps, "Steps", "From the noise level to none; 47 write one word each at most.",
                    disabled=not lab.samplers.build(sampler).uses_grid(),
                )  # fmt: skip
    wanted = CalibrationConfig(
        model=model,
        seed=seed,
        level=level,
        temperature=temperature,
        binning=binning,
        sampler=sampler,
        steps=steps,
    )
    if model != shown.model:
        state.show(lab.fitting(wanted), SCREEN)  # the samplers offered are those of the new model
        st.rerun()
    return wanted


def _models() -> list[str]:
    infos = map(lab.model_info, (*lab.models(), *lab.shelf_models()))
    return [
        info.name for info in infos if info.corpus in lab.corpora and not lab.processes[info.process].grows
    ]


def _recorded(config: CalibrationConfig) -> recordings.RecordedReliability | None:
    """What was recorded of these very texts and this noise."""
    found = cache.recorded_reliability(config.model)
    return found if found is not None and found.seed == config.seed else None


# ---- one look -------------------------------------------------------------------------------------------


def show_look(config: CalibrationConfig) -> None:
    """Reliability at the chosen level and temperature, and the error over all levels and temperatures."""
    recorded = _recorded(config)

    def show(found: Found | None) -> None:
        if found is None and recorded is None:
            st.info(
                "Nothing was recorded of this model and seed: press the button, and the figures appear here."
            )
        elif found is not None:
            st.caption(f"Measured here on {found.texts} held-out texts a level.")
            _looked(config, found.tables)
        elif recorded is not None:
            texts = recorded.texts[Key(MODEL, config.level, LOOK, 1.0, WIDTH)]
            st.caption(f"{recorded.by}, on {texts} held-out texts a level.")
            _looked(config, recorded.tables)

    studies.follow(studies.LOOK, cache.study(studies.LOOK, config), SCREEN, show)


def _looked(config: CalibrationConfig, tables: Tables) -> None:
    found = {by: tables[Key(by, config.level, LOOK, config.temperature, config.binning)] for by in WHO}
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**The surest word of each cell, t = {config.level:g}, T = {config.temperature:g}**")
        plots.draw(calibration_plots.reliability(found), "look_reliability", calibration_plots.told(found))
        _numbers(config, found[MODEL], found[EXACT])
    with right:
        for across, values, at in (
            ("noise level t", LEVELS, config.level),
            ("temperature T", TEMPERATURES, config.temperature),
        ):
            rows = {
                (by, binning): {value: tables[_at(config, by, binning, across, value)] for value in values}
                for by in WHO
                for binning in (WIDTH, MASS)
            }
            st.markdown(f"**Error over the {across.rpartition(' ')[0]}**")
            plots.draw(
                calibration_plots.errors(rows, across, at), f"errors_{across[:5]}",
                calibration_plots.told_errors(rows, across),
            )  # fmt: skip
        least = min(TEMPERATURES, key=lambda T: tables[_at(config, MODEL, WIDTH, "temperature T", T)].nats)
        st.caption(
            f"The model's mean −ln p of the true word is least at T = {least:g}: that is how a temperature is chosen. "
            "Calibrated words alone are no art; word frequencies are calibrated as well, and know little."
        )
    _rows(config, tables)


def _at(config: CalibrationConfig, by: str, binning: str, across: str, value: float) -> Key:
    level, temperature = (value, config.temperature) if across.startswith("noise") else (config.level, value)
    return Key(by, level, LOOK, temperature, binning)


def _numbers(config: CalibrationConfig, ours: Reliability, best: Reliability) -> None:
    """The error as a formula with its numbers, and the sum bin by bin."""
    largest = max(
        zip(ours.num, ours.confidence, ours.right, strict=True), key=lambda bin: abs(bin[2] - bin[0] * bin[1])
    )
    num, sure, right = largest
    st.latex(
        r"\begin{aligned}\mathrm{ECE} &= \sum_b \frac{n_b}{n}\,\bigl|\mathrm{right}_b - \mathrm{conf}_b\bigr|\\"
        rf"&= \dots + \frac{{{num}}}{{{ours.total}}}\,\bigl|{right / num:.3f} - {sure:.3f}\bigr| + \dots\\"
        rf"&= {ours.ece:.4f}\end{{aligned}}"
    )
    st.caption(
        f"Written out: the bin that adds most. The exact denoiser has {best.ece:.4f} on the same cells, all of it luck "
        "with these texts: with few words no error can be told from that."
    )
    with st.expander("The model's sum, bin by bin"):
        low, high = ours.interval()
        body = "".join(
            f"<tr><td>{n:,}</td><td>{c:.4f}</td><td>{r / n:.4f}</td><td>{lo:.3f} to {hi:.3f}</td>"
            f"<td>{abs(r - n * c) / ours.total:.5f}</td></tr>"
            for n, c, r, lo, hi in zip(ours.num, ours.confidence, ours.right, low, high, strict=True)
        )
        st.html(
            '<div class="by-hand" tabindex="0" role="region" aria-label="The error, bin by bin"><table><thead><tr>'
            "<th>words</th><th>confidence</th><th>right</th><th>95 %</th><th>adds</th></tr></thead>"
            f"<tbody>{body}</tbody><tfoot><tr><td>{ours.total:,}</td><td></td><td></td><td></td><td>{ours.ece:.5f}</td>"
            "</tr></tfoot></table></div>"
        )


COLUMNS = (
    "answered by", "level", "way", "temperature", "bins", "words", "confidence", "right", "low", "high", "allowed"
)  # fmt: skip


def _rows(config: CalibrationConfig, tables: Tables) -> None:
    """Every bin of every table as a row of a CSV."""
    rows = [
        (*vars(key).values(), n, c, r, float(low), float(high), a)
        for key, one in tables.items()
        for n, c, r, low, high, a in zip(
            one.num,
            one.confidence,
            one.right,
            *one.interval(),
            one.allowed or [""] * len(one.num),
            strict=True,
        )
    ]
    what = "Every bin at every level, temperature and binning, with its interval."
    studies.download(f"calibration-{config.key}", COLUMNS, rows, "look_csv", what)


# ---- word by word ---------------------------------------------------------------------------------------


def show_ways(config: CalibrationConfig) -> None:
    """What samplers write, with which confidence, and how often it is right and allowed."""
    try:
        calibration.check_way(lab.model_info(config.model), config)
    except ValueError as error:
        st.info(escape_markdown(f"Here there is nothing to show: {error}."))
        return
    recorded = _recorded(config)
    show = functools.partial(_ways, config, {} if recorded is None else recorded.tables)
    studies.follow(studies.FILL, cache.study(studies.FILL, config), SCREEN, show)


def _ways(config: CalibrationConfig, before: Tables, found: Found | None) -> None:
    tables = dict(before) | ({} if found is None else dict(found.tables))
    chosen, rows = calibration.way(config), _by_way(config, tables)
    if not rows:
        st.info("Nothing was recorded of this model and seed: press the button, and the figures appear here.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Words written by {escape_markdown(chosen)}, from t = {config.level:g}**")
        if chosen in rows:
            chart = calibration_plots.reliability(rows[chosen], allowed=True)
            plots.draw(chart, "ways_reliability", calibration_plots.told(rows[chosen]))
        else:
            st.info("This sampler was not measured from this level yet: the button does it.")
    with right:
        st.markdown(f"**All that was measured from t = {config.level:g}**")
        plots.draw(calibration_plots.ways(rows), "ways_all", calibration_plots.told_ways(rows))
    _table(rows)


def _table(rows: Ways) -> None:
    """The numbers of `calibration_plots.ways`."""
    body = "".join(
        f"<tr><td>{by}</td><th scope='row'>{html.escape(name)}</th><td>{one.total:,}</td><td>{one.mean_confidence:.1%}"
        f"</td><td>{one.right_rate:.1%}</td><td>{one.allowed_rate:.1%}</td><td>{one.ece:.4f}</td></tr>"
        for name, both in rows.items()
        for by, one in both.items()
    )
    st.html(
        '<div class="by-hand" tabindex="0" role="region" aria-label="Words written by each sampler"><table><thead>'
        "<tr><th>answered by</th><th scope='col'>way</th><th>words</th><th>confidence</th><th>right</th>"
        f"<th>allowed</th><th>error (ECE)</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _by_way(config: CalibrationConfig, tables: Tables) -> Ways:
    """Way -> who answered -> its reliability, at the chosen level and binning."""
    found: dict[str, dict[str, Reliability]] = {}
    for key, one in tables.items():
        if key.way != LOOK and key.level == config.level and key.binning == config.binning:
            found.setdefault(key.way, {})[key.by] = one
    return found
