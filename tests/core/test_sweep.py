"""Sweeps that run: their table, what is found on the disk, and points with their intervals."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.core.sweeps import ROWS, rows, write_file
from textdiff_core import checkpoints, lab, sweep
from textdiff_core.__main__ import main
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.metrics import metrics, rule_rates
from textdiff_core.records import RunConfig
from textdiff_core.shelf import own_life
from textdiff_core.sweep.points import intervals
from textdiff_core.training_records import TrainConfig


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder with a finished sweep."""
    folder = tmp_path_factory.mktemp("sweep")
    progress = list(sweep.run(sweep.read_plan(write_file(folder)), workers=1))
    assert [one.done for one in progress] == list(range(ROWS + 1))
    assert {one.total for one in progress} == {ROWS} and progress[-1].left == 0
    assert math.isnan(progress[0].left) and all(one.left > 0 for one in progress[1:-1])
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    """The finished sweep again, to be spoilt."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    write_file(tmp_path)
    return tmp_path


def go_on(folder):
    return list(sweep.run(sweep.read_plan(folder / "sweep.toml"), workers=1))


def test_a_row_says_what_the_lab_and_the_metrics_say(whole):
    table = pd.read_parquet(whole / "rows.parquet")
    assert list(table.columns[: len(sweep.columns())]) == list(sweep.columns())
    corpus = lab.corpora["tales"]
    for cell, (_, row) in zip(sweep.read_plan(whole / "sweep.toml").cells(), table.iterrows(), strict=True):
        texts, calls, _ = lab.sample(cell.config, cell.num)
        assert row["cell"] == cell.key and row["seed"] == cell.seed and row["num"] == 2
        assert (row["model"], row["sampler"], row["steps"]) == (
            "tales",
            cell.config.sampler,
            cell.config.steps,
        )
        assert row["network_calls_per_sample"] == calls and row["seconds_per_sample"] > 0
        for name in metrics:
            np.testing.assert_equal(row[name], metrics.build(name)(texts, corpus))
        for rule, share in rule_rates(texts, corpus).items():
            assert row[f"rule_{rule}"] == share


def test_the_file_says_where_it_comes_from(whole):
    notes = sweep.notes(whole / "rows.parquet")
    assert sweep.parse_plan(notes["plan"]) == sweep.read_plan(whole / "sweep.toml")
    assert notes["schema"] == 1 and {"python", "torch"} <= set(notes["versions"])


def test_a_finished_sweep_measures_nothing_again(copy):
    before = (copy / "rows.parquet.sweep" / "rows.jsonl").read_bytes()
    (only,) = go_on(copy)
    assert only.done == only.total == ROWS and only.row is None
    assert (copy / "rows.parquet.sweep" / "rows.jsonl").read_bytes() == before


def test_a_larger_plan_keeps_what_there_is(copy, whole):
    source = (copy / "sweep.toml").read_text("utf-8")
    (copy / "sweep.toml").write_text(source.replace("steps = [2, 3]", "steps = [3, 5]"), "utf-8")
    done = go_on(copy)
    assert [one.row["steps"] for one in done if one.row] == [5, 5]
    table = rows(copy)
    assert len(table) == ROWS + 2 and table["cell"].is_unique
    assert table["steps"].tolist()[:4] == [3, 3, 5, 5]  # the plan's rows first, in its order


def test_rows_of_other_weights_are_measured_again(copy, monkeypatch):
    monkeypatch.setattr("textdiff_core.sweep.work.digest", lambda model: "another")
    assert len(go_on(copy)) == ROWS + 1
    assert rows(copy)["weights"].nunique() == 2


def test_a_journal_cut_in_a_line_costs_that_row_alone(copy, whole):
    journal = copy / "rows.parquet.sweep" / "rows.jsonl"
    journal.write_bytes(journal.read_bytes()[:-100])
    (copy / "rows.parquet").unlink()
    first, *rest = go_on(copy)
    assert first.done == ROWS - 1 and len(rest) == 1
    assert len(first.told) == 1 and "1 line is torn in the journal" in first.told[0]
    pd.testing.assert_frame_equal(rows(copy), rows(whole))


def test_a_cut_table_is_set_aside_and_its_journal_tells_the_rows(copy, whole):
    data = (copy / "rows.parquet").read_bytes()
    (copy / "rows.parquet").write_bytes(data[: len(data) // 2])
    found = sweep.read(copy / "rows.parquet")
    assert len(found.rows) == ROWS and "cut or damaged" in found.told[0]
    (only,) = go_on(copy)
    assert only.done == ROWS and "kept as rows.parquet.damaged-1" in only.told[-1]
    assert (copy / "rows.parquet.damaged-1").read_bytes() == data[: len(data) // 2]
    pd.testing.assert_frame_equal(rows(copy), rows(whole))


def test_a_cut_table_and_a_cut_journal(copy, whole):
    for name in ("rows.parquet", "rows.parquet.sweep/rows.jsonl"):
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data[: len(data) // 2])
    found = sweep.read(copy / "rows.parquet")
    assert 0 < len(found.rows) < ROWS and len(found.told) == 2
    first, *rest = go_on(copy)
    assert first.done == len(found.rows) and len(rest) == ROWS - first.done
    pd.testing.assert_frame_equal(rows(copy), rows(whole))


def test_a_journal_that_is_gone_is_written_again(copy):
    shutil.rmtree(copy / "rows.parquet.sweep")
    assert len(go_on(copy)) == 1
    (copy / "rows.parquet").unlink()
    assert len(sweep.read(copy / "rows.parquet").rows) == ROWS


def newer_table(file):
    table = pq.read_table(file).append_column("charm", pa.array([0.5] * ROWS))
    told = json.loads(table.schema.metadata[b"textdiff_sweep"]) | {"schema": 2}
    pq.write_table(table.replace_schema_metadata({"textdiff_sweep": json.dumps(told)}), file)


def newer_journal(file):
    header, *lines = file.read_text("utf-8").splitlines()
    lines = [json.dumps(json.loads(line) | {"charm": 0.5}) for line in lines]
    file.write_text("\n".join([header.replace("1", "2"), *lines, ""]), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "name"),
    [(newer_table, "rows.parquet"), (newer_journal, "rows.parquet.sweep/rows.jsonl")],
)
def test_a_newer_table_is_read_as_far_as_it_is_known_and_left_alone(copy, whole, spoil, name, capsys):
    spoil(copy / name)
    before = {file.name: file.read_bytes() for file in copy.rglob("*.*") if file.is_file()}
    found = sweep.read(copy / "rows.parquet")
    pd.testing.assert_frame_equal(found.frame(), sweep.read(whole / "rows.parquet").frame())
    assert len(found.told) == 1 and "newer version (schema 2, known: 1); not read: charm" in found.told[0]
    assert main(["sweep", str(copy / "sweep.toml")]) == 2
    assert "name another `out`" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in copy.rglob("*.*") if file.is_file()} == before


@pytest.mark.parametrize("kind", ["text", "another table"])
def test_a_file_that_is_no_table_of_a_sweep_is_left_alone(kind, tmp_path, capsys):
    write_file(tmp_path)
    if kind == "text":
        (tmp_path / "rows.parquet").write_text("my only copy")
    else:
        pd.DataFrame({"model": ["x"]}).to_parquet(tmp_path / "rows.parquet")
    before = (tmp_path / "rows.parquet").read_bytes()
    assert main(["sweep", str(tmp_path / "sweep.toml")]) == 2
    assert "left as it is" in capsys.readouterr().err
    assert (tmp_path / "rows.parquet").read_bytes() == before


def test_of_text_whose_truth_is_not_known_only_what_needs_none_is_measured(tmp_path):
    corpus, train = lab.corpora["tales"], TrainConfig(corpus="file:text.txt", width=16, depth=1, heads=1)
    sizes = TransformerConfig(len(corpus.words), corpus.length, 16, 1, 1)
    model = checkpoints.Checkpoint(TransformerDenoiser(sizes), corpus.vocabulary, train, ())
    checkpoints.save(tmp_path / "own", model)
    lane = RunConfig(model=str(tmp_path / "own"), sampler="ancestral", steps=2)
    plan = sweep.Plan(num=2, out=str(tmp_path / "rows.parquet"), lane=(lane,), seed=(0, 1))
    assert [one.done for one in sweep.run(plan, workers=1)] == [0, 1, 2]
    (point,) = sweep.points(sweep.read(tmp_path / "rows.parquet").frame()).to_dict("records")
    for name, metric in metrics.items():
        assert math.isnan(point[name]) == metric.needs_truth, name
    assert not any(name.startswith("rule_") for name in point)


def test_two_sweeps_do_not_write_one_table(copy, capsys):
    with own_life(copy / "rows.parquet.sweep"):
        assert main(["sweep", str(copy / "sweep.toml")]) == 2
    assert "another sweep is at work" in capsys.readouterr().err


def test_there_is_no_table(tmp_path):
    with pytest.raises(ValueError, match="there is no table"):
        sweep.read(tmp_path / "none.parquet")


def test_points_are_means_over_seeds_with_intervals(whole):
    table = sweep.read(whole / "rows.parquet").frame()
    points = sweep.points(table)
    assert len(points) == 4 and points["seeds"].tolist() == [2] * 4
    for k, (_, point) in enumerate(points.iterrows()):
        own = table.iloc[2 * k : 2 * k + 2]
        for name in ("distinct_2", "self_bleu", "rule_names", "network_calls_per_sample"):
            assert point[name] == pytest.approx(own[name].mean())
            low, high = own[name].min(), own[name].max()
            assert low <= point[f"{name}_low"] <= point[name] <= point[f"{name}_high"] <= high
    numbers = (
        points["relative_coverage"].isna()
        == table["relative_coverage"].isna().groupby(np.arange(ROWS) // 2).all()
    )
    assert numbers.all()


def test_settings_without_a_column_are_points_of_their_own(whole):
    """A lane's register, guidance, kept words or draft stand in no column."""
    table = sweep.read(whole / "rows.parquet").frame().iloc[:2].copy()
    other = table.assign(cell=["other-" + cell.split("-", 1)[1] for cell in table["cell"]])
    assert sweep.points(table)["seeds"].tolist() == [2]
    assert sweep.points(pd.concat([table, other]))["seeds"].tolist() == [2, 2]


def test_one_seed_has_no_interval(whole):
    table = sweep.read(whole / "rows.parquet").frame()
    points = sweep.points(table[table["seed"] == 0])
    assert points["seeds"].tolist() == [1] * 4
    assert points["distinct_2"].notna().all() and points["distinct_2_low"].isna().all()


def test_an_interval_holds_the_mean_about_as_often_as_it_says():
    """The percentile bootstrap of 12 normal values is a little narrow: about 0.91 instead of 0.95; see `points`."""
    ends = intervals(np.random.default_rng(3).normal(size=(200, 12)))
    held = np.mean((ends[:, 0] < 0) & (ends[:, 1] > 0))
    assert 0.84 < held < 0.97  # 0.91 and three standard errors on each side
    some = np.array([[1.0, 1.0, 1.0], [2.0, np.nan, 4.0], [1.0, np.nan, np.nan]])
    np.testing.assert_array_equal(intervals(some), [[1.0, 1.0], [2.0, 4.0], [np.nan, np.nan]])


def test_the_command_prints_means_and_says_where_the_table_is(copy, capsys):
    assert main(["sweep", str(copy / "sweep.toml"), "--workers", "1"]) == 0
    told = capsys.readouterr()
    assert f"{ROWS} rows are in" in told.err
    assert told.out.count("\n") == 4 and "sampler=ancestral&steps=2: valid_rate" in told.out
    assert main(["sweep", str(copy / "sweep.toml"), "--format", "json"]) == 0
    assert [point["seeds"] for point in json.loads(capsys.readouterr().out)] == [2] * 4
