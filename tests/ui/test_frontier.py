"""Quality against cost: curves of lanes, their frontier, and files that tell where they come from."""

import io
import json
import os
import re
import subprocess
import sys
import tomllib

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from textdiff_core import lab, sweep
from textdiff_core.records import RunConfig
from textdiff_core.sweep.figure import COLOURS
from textdiff_ui import frontier, frontier_plots
from textdiff_ui.frame import ROOT
from textdiff_ui.frontier import Look
from textdiff_ui.plots import LANES as LANE_COLOURS
from textdiff_ui.plots import SERIES

LANES = {
    "1 Ancestral": RunConfig(sampler="ancestral", steps=2, seed=7),
    "2 Threshold": RunConfig(sampler="threshold:tau=0.2", seed=7),
    "3 Ancestral": RunConfig(sampler="ancestral", steps=3, temperature=0.5),
    "4 Ancestral": RunConfig(sampler="ancestral", steps=9),  # the first one's curve
}
LOOK = Look("valid_rate", "distinct_2", "network_calls_per_sample")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The plan of LANES, and its rows."""
    out = tmp_path_factory.mktemp("frontier") / "frontier.parquet"
    plan = sweep.lanes_plan(LANES.values(), steps=[2, 3], seeds=2, num=2, out=str(out))
    *_, last = sweep.run(plan, workers=1)
    assert last.done == last.total
    return plan, sweep.read(out)


def test_lanes_become_configurations_along_steps_or_along_the_trade(measured) -> None:
    plan, _ = measured
    knob, values = lab.samplers["threshold"].trade
    assert knob == "tau"
    by = [(config.sampler, config.steps, config.temperature) for config in plan.configs]
    assert [one for one in by if one[0] == "ancestral"] == [
        ("ancestral", 2, 1.0), ("ancestral", 3, 1.0), ("ancestral", 2, 0.5), ("ancestral", 3, 0.5),
    ]  # fmt: skip
    taus = {lab.samplers.build(sampler).tau for sampler, *_ in by if sampler.startswith("threshold")}
    assert taus == {*values, 0.2} and len(by) == 4 + len(taus)


def test_a_curve_has_the_points_of_its_lane_the_cheapest_first(measured) -> None:
    plan, found = measured
    points = sweep.points(found.frame())
    curves = sweep.curves(points, LANES, LOOK.cost)
    assert list(curves) == ["1 Ancestral", "2 Threshold", "3 Ancestral"]
    assert [len(curve) for curve in curves.values()] == [2, len(plan.configs) - 4, 2]
    for curve in curves.values():
        assert curve[LOOK.cost].is_monotonic_increasing
    assert set(curves["3 Ancestral"]["temperature"]) == {0.5}


def test_the_frontier_is_what_nothing_else_is_better_and_cheaper_than() -> None:
    rng = np.random.default_rng(0)
    points = pd.DataFrame({"cost": rng.integers(1, 9, 40), "quality": rng.integers(0, 9, 40)})
    points.loc[40] = {"cost": 3, "quality": np.nan}
    on = sweep.frontier(points, "cost", "quality")
    pairs = {tuple(pair) for pair in points.dropna().to_numpy()}
    unbeaten = {
        (cost, quality)
        for cost, quality in pairs
        if not any((c <= cost and q > quality) or (c < cost and q >= quality) for c, q in pairs)
    }
    best = [tuple(pair) for pair in points[on].to_numpy()]
    assert set(best) == unbeaten and len(best) == len(unbeaten) and not on[40]


def test_the_figure_has_a_curve_a_lane_with_its_intervals(measured) -> None:
    _, found = measured
    points = sweep.points(found.frame())
    drawn = sweep.curves(points, LANES, LOOK.cost)
    chart = frontier_plots.curves_chart(drawn, list(LANES), "distinct_2", LOOK.cost)
    assert [trace.name for trace in chart.data] == ["1 Ancestral", "2 Threshold", "3 Ancestral"]
    assert len({trace.line.color for trace in chart.data}) == 3
    for trace, curve in zip(chart.data, drawn.values(), strict=True):
        np.testing.assert_allclose(np.array(trace.y) + trace.error_y.array, curve["distinct_2_high"])
        np.testing.assert_allclose(np.array(trace.y) - trace.error_y.arrayminus, curve["distinct_2_low"])
        assert [link for (link,) in trace.customdata] == list(curve["link"])
    told = frontier_plots.in_words(drawn, "distinct_2", LOOK.cost)
    assert all(name in told for name in drawn)


@pytest.mark.parametrize("form", sweep.FORMATS)
def test_a_picture_tells_the_sweep_it_was_made_from(form, measured) -> None:
    plan, found = measured
    picture = sweep.figure(sweep.points(found.frame()), plan, LANES, form)
    if form == "svg":
        text = picture.decode()
        told = re.search(r"<dc:description>(.*?)</dc:description>", text, re.DOTALL)[1]
        told = told.replace("&quot;", '"').replace("&amp;", "&")
        assert (
            "3 Ancestral" in text
            and "http" not in text.partition("<metadata>")[2].partition("</metadata>")[2]
        )
    else:
        with Image.open(io.BytesIO(picture)) as image:
            told = image.text["Description"]
            assert image.width > 1200
    about = json.loads(told)
    assert sweep.parse_plan(about["plan"]) == plan
    assert {name: sweep.config_of(link) for name, link in about["lanes"].items()} == LANES


def test_a_lane_has_the_colour_in_a_picture_that_it_has_on_the_page() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]["light"]
    assert list(COLOURS) == [theme["chartCategoricalColors"][SERIES.index(colour)] for colour in LANE_COLOURS]


def test_another_form_is_refused(measured) -> None:
    plan, found = measured
    with pytest.raises(ValueError, match="svg or png, got 'gif'"):
        sweep.figure(sweep.points(found.frame()), plan, LANES, "gif")


def test_the_tables_hold_the_same_rows(measured) -> None:
    plan, found = measured
    csv = pd.read_csv(io.BytesIO(frontier.to_csv(found.frame())))
    parquet = pq.read_table(io.BytesIO(sweep.to_parquet(found.rows, sweep.origin(plan)))).to_pandas()
    assert len(csv) == len(parquet) == len(plan.cells())
    for name in ("valid_rate", "self_bleu", "seconds_per_sample", "seed", "cell"):
        assert list(csv[name]) == pytest.approx(list(parquet[name])) or list(csv[name]) == list(parquet[name])


def test_a_spreadsheet_runs_nothing() -> None:
    rows = pd.DataFrame({"model": ["=1+1", "tales"], "seed": [0, 1]})
    assert pd.read_csv(io.BytesIO(frontier.to_csv(rows)))["model"].tolist() == ["'=1+1", "tales"]


def test_the_python_lines_make_the_same_table_and_figure(measured, tmp_path) -> None:
    plan, found = measured
    lines = frontier.python_lines(plan, LANES, LOOK).replace(json.dumps(plan.out), '"frontier.parquet"')
    (tmp_path / "again.py").write_text(lines, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "again.py"], cwd=tmp_path, check=True, timeout=300, env=environment)
    again = sweep.read(tmp_path / "frontier.parquet").frame()
    pd.testing.assert_frame_equal(
        again.drop(columns="seconds_per_sample"), found.frame().drop(columns="seconds_per_sample")
    )
    assert b"<dc:description>" in (tmp_path / "frontier.svg").read_bytes()
