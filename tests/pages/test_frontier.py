"""Quality against cost on the Compare page: what is there at once, what is measured, and what is said of the rest."""

import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opening import fine, open_page, said
from textdiff_core import sweep
from textdiff_core.models import ASSETS
from textdiff_core.records import RunConfig
from textdiff_core.sweep import jobs
from textdiff_ui import lanes

SECONDS = 300.0
SHORT = [RunConfig(sampler=sampler, steps=2) for sampler in ("ancestral", "random")]


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTDIFF_RUNS", str(tmp_path))


def opened(*runs: RunConfig) -> AppTest:
    return open_page("compare", lane=[urlencode({"model": run.model, **run.to_query()}) for run in runs])


def small(page: AppTest, seeds: int = 2) -> AppTest:
    """The page with little to measure: two lanes at 2 steps, ten texts a seed."""
    page.multiselect("frontier_steps").set_value([2])
    page.number_input("frontier_num").set_value(10)
    page.number_input("frontier_seeds").set_value(seeds)
    return fine(page.run())


def figures(page: AppTest) -> list[str]:
    return [
        chart.proto.id.rpartition("frontier_")[2]
        for chart in page.get("plotly_chart")
        if "frontier_" in chart.proto.id
    ]


def test_it_is_measured_while_one_looks_and_can_be_taken_along() -> None:
    page = small(opened(*SHORT))
    assert figures(page) == []
    page.button("frontier_Run").click()
    fine(page.run())
    deadline = time.monotonic() + SECONDS
    while not any("All 4 rows of 10 texts are measured" in one.value for one in page.caption):
        assert time.monotonic() < deadline and said(page) == [], said(page)
        time.sleep(0.1)
        fine(page.run())
    assert figures(page) == ["quality", "diversity"]
    buttons = [button.proto.label for button in page.get("download_button")]
    assert buttons[-4:] == ["Rows (.csv)", "Rows (.parquet)", "Figure (.svg)", "Figure (.png)"]
    code = next(block.value for block in page.code if "sweep.parse_plan" in block.value)
    assert "1 Ancestral" in code and "2 Random" in code
    page.selectbox("frontier_look_quality").set_value("rule_names")
    page.selectbox("frontier_look_diversity").set_value("self_bleu")
    assert figures(fine(page.run())) == ["quality", "diversity"]


def test_a_running_sweep_is_stopped_and_a_second_one_is_told_to_wait() -> None:
    page = opened(*SHORT)
    page.number_input("frontier_num").set_value(200)  # of 100 texts some rows were shipped
    fine(page.run())
    page.button("frontier_Run").click()
    fine(page.run())
    other = small(opened(*SHORT))
    other.button("frontier_Run").click()
    fine(other.run())
    assert any("1 other sweep is running on this server" in sentence for sentence in said(other))
    page.button("frontier_Stop").click()
    fine(page.run())
    assert [button.label for button in page.button if button.key in ("frontier_Run", "frontier_Go on")]
    other.button("frontier_Run").click()
    fine(other.run())
    assert said(other) == [] and other.button("frontier_Stop")
    other.button("frontier_Stop").click()
    fine(other.run())


def test_a_table_that_was_cut_is_told_of() -> None:
    plan = sweep.lanes_plan(SHORT, steps=[2], seeds=2, num=10, out="x.parquet")
    folder = jobs.folder_of(plan)
    folder.mkdir(parents=True)
    (folder / jobs.ROWS).write_bytes(b"PAR1 and no more")
    page = small(opened(*SHORT))
    assert any("rows.parquet is cut or damaged" in sentence for sentence in said(page))
    assert page.button("frontier_Run")


def test_too_much_is_one_sentence_and_the_rest_of_the_page_stays() -> None:
    page = opened(*SHORT)
    page.number_input("frontier_num").set_value(1000)
    page.number_input("frontier_seeds").set_value(20)
    fine(page.run())
    assert any("this would be 200,000 texts" in sentence for sentence in said(page))
    assert any(part.value == "Try" for part in page.subheader)


def test_lanes_with_the_same_curve_are_measured_once() -> None:
    page = small(opened(*(RunConfig(sampler="ancestral", steps=steps) for steps in (2, 3))))
    assert any("0 of 2 rows of 10 texts" in one.value for one in page.caption)


def test_the_page_opens_with_what_was_shipped() -> None:
    page = open_page("compare")
    assert figures(page) == ["quality", "diversity"] and said(page) == []
    assert any(one.value.startswith("All ") and "are measured" in one.value for one in page.caption)


def test_what_is_shipped_is_what_its_plan_measures(tmp_path: Path) -> None:
    """Whole, of the shipped weights, and one row of it measured again; a text in a hundred may differ by rounding."""
    (file,) = (ASSETS / "sweeps").glob("*.parquet")
    plan = sweep.parse_plan(sweep.notes(file)["plan"])
    wanted = sweep.lanes_plan(lanes.FOUR, steps=(4, 8, 16, 32, 48), seeds=3, num=100, out="x.parquet")
    assert {cell.key for cell in wanted.cells()} <= {cell.key for cell in plan.cells()}
    standing = jobs.look(wanted)
    assert standing.done == standing.total and not standing.running
    again = sweep.Plan(
        num=100, out=str(tmp_path / "x.parquet"), lane=(RunConfig(sampler="ancestral"),), steps=(16,)
    )
    *_, last = sweep.run(again, workers=1)
    kept = next(row for row in standing.found.rows if row["cell"] == last.row["cell"])
    assert last.row["network_calls_per_sample"] == kept["network_calls_per_sample"]
    for name in ("valid_rate", "self_bleu", "distinct_2", "sample_entropy"):
        assert last.row[name] == pytest.approx(kept[name], abs=0.02), name
