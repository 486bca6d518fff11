"""Plans: what they stand for, and one sentence for whatever cannot be run."""

import itertools
import re
from pathlib import Path

import pytest

from tests.core.sweeps import ROWS, write_file
from textdiff_core import lab
from textdiff_core.__main__ import main
from textdiff_core.records import RunConfig
from textdiff_core.sweep import Plan, parse_plan, read_plan, write_plan

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "sweep.toml"


def plan(source: str, tmp_path: Path) -> Plan:
    return parse_plan(f"num = 3\nout = '{tmp_path / 'rows.parquet'}'\n{source}")


def test_a_file_stands_for_every_combination(tmp_path):
    read = read_plan(write_file(tmp_path))
    cells = read.cells()
    assert len(cells) == ROWS and len({cell.key for cell in cells}) == ROWS
    assert {cell.config.sampler for cell in cells} == {"ancestral", "threshold:tau=0.1", "threshold:tau=0.2"}
    assert [cell.config.seed for cell in cells if cell.seed == 1] == [2] * 4
    for cell in cells:
        lab.check(cell.config)


def test_lists_of_all_settings_are_combined_and_single_values_are_lists_of_one(tmp_path):
    read = plan(
        'sampler = "ancestral"\nsteps = [4, 8, 4]\ntemperature = [0.5, 1]\ngrid = ["uniform", "cosine"]\n'
        'schedule = "polynomial:k=2"\nlength = 40\ntop_p = [0.9, 1.0]\nseed = 5',
        tmp_path,
    )
    due = set(itertools.product((4, 8), (0.5, 1.0), ("uniform", "cosine"), (0.9, 1.0)))
    assert {(c.steps, c.temperature, c.grid, c.top_p) for c in read.configs} == due and len(
        read.configs
    ) == 16
    assert {(c.schedule, c.length) for c in read.configs} == {("polynomial:k=2", 40)}
    assert [cell.seed for cell in read.cells()] == [5] * 16


def test_cells_that_differ_only_in_what_a_sampler_does_not_use_are_one(tmp_path):
    read = plan('sampler = ["first-hitting"]\nsteps = [4, 8]\ngrid = ["uniform", "cosine"]', tmp_path)
    other = plan('sampler = ["first-hitting"]\nsteps = [16]', tmp_path)
    assert len(read.cells()) == 1 and read.cells()[0].key == other.cells()[0].key


def test_a_knob_at_its_default_is_no_configuration_of_its_own(tmp_path):
    usual = lab.samplers.build("threshold").tau
    read = plan(f'sampler = ["threshold"]\nthreshold.tau = [{usual}, 0.5]', tmp_path)
    assert [config.sampler for config in read.configs] == ["threshold", "threshold:tau=0.5"]


def test_models_of_several_processes_leave_out_what_does_not_fit(tmp_path):
    read = plan(
        'model = ["tales", "tales-uniform"]\nsampler = ["ancestral", "posterior"]\nsteps = 4', tmp_path
    )
    pairs = [(config.model, config.sampler) for config in read.configs]
    assert pairs == [("tales", "ancestral"), ("tales-uniform", "posterior")] and read.left_out == 2
    own = plan('model = ["tales", "tales-uniform"]', tmp_path)
    assert own.left_out == 0 and [c.sampler for c in own.configs] == [
        lab.processes[lab.model_info(model).process].sampler for model in ("tales", "tales-uniform")
    ]


def test_lanes_are_whole_settings_at_several_steps(tmp_path):
    read = plan(
        'lane = ["http://127.0.0.1:8501/denoise?sampler=ancestral&temperature=0.5&seed=9", "?model=tales-uniform"]\n'
        "steps = [4, 8]\nseed = [0, 2]",
        tmp_path,
    )
    assert [(c.model, c.sampler, c.steps, c.temperature) for c in read.configs] == [
        ("tales", "ancestral", 4, 0.5), ("tales", "ancestral", 8, 0.5),
        ("tales-uniform", "posterior", 4, 1.0), ("tales-uniform", "posterior", 8, 1.0),
    ]  # fmt: skip
    assert [cell.config.seed for cell in read.cells()][:2] == [0, 6]
    same = Plan(num=3, out=read.out, lane=read.lane, steps=(4, 8), seed=(0, 2))
    assert same.cells() == read.cells()


@pytest.mark.parametrize(
    "source",
    [
        "",
        'sampler = ["ancestral"]\nsteps = [4, 8]\nseed = [0, 1]\nlimit = 500',
        'model = ["tales", "tales-uniform"]\nsampler = ["ancestral", "posterior"]\ntemperature = [0.5]\nlength = 40',
        'sampler = ["entropy-bound", "threshold"]\n"entropy-bound".gamma = [0.1, 1]\nthreshold.tau = 0.5',
        'lane = ["?sampler=ancestral&steps=3&keep=3:fox%3B5:%2E", "?steps=7"]\nsteps = [2]',
    ],
)
def test_a_plan_survives_being_written(source, tmp_path):
    read = plan(source, tmp_path)
    assert parse_plan(write_plan(read)) == read


def test_ten_million_runs_are_counted_and_not_listed(tmp_path):
    many = f"sampler = ['ancestral']\nsteps = {list(range(1, 101))}\nseed = {list(range(1000))}\n"
    source = f"num = 100\nout = '{tmp_path / 'x.parquet'}'\n{many}"
    with pytest.raises(ValueError, match=r"10,000,000 runs .* limit = 10000000$"):
        parse_plan(source)
    assert len(parse_plan(source + "limit = 10000000").configs) == 100


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sampler = 'ancestrl'", "unknown sampler 'ancestrl' (did you mean 'ancestral'?)"),
        ("sampler = 'threshold'\nthreshold.tao = 1", "has no knob 'tao'; its knobs: "),
        ("sampler = 'threshold'\nthreshold.tau = [0.5, 2]", "'tau' must be 0..1, got 2"),
        ("sampler = 'threshold'\nthreshold.tau = ['high']", "must be a number, got 'high'"),
        ("sampler = 'threshold'\nthreshold.tau = []", "threshold.tau must list at least one value"),
        ("sampler = 'threshold'\nthreshold.tau.x = 1", "must list values, got a table"),
        ("sampler = 'threshold:tau=0.5'\nthreshold.tau = 0.6", "has knobs already"),
        ("sampler = 'ancestral'\nthreshold.tau = 0.6", "sampler does not list 'threshold'"),
        ("treshold.tau = 0.6", "unknown sampler 'treshold' (did you mean 'threshold'?)"),
        ("sampels = 3", "unknown key 'sampels' (did you mean 'sampler'?)"),
        ("model = 'tails'", "there is no model 'tails'"),
        ("model = 3", "model must be a text"),
        ("model = []", "model must list at least one value"),
        ("sampler = 'posterior'", "no sampler that is listed serves the absorbing process of 'tales'"),
        (
            "model = ['tales', 'tales-uniform']\nsampler = 'ancestral'",
            "process of 'tales-uniform'; those do: ",
        ),
        ("sampler = ['ancestral', 'ddim']", "sampler 'ddim' serves gaussian, and so is no model"),
        ("steps = [8, 0]", "steps must be a whole number 1..1024, got 0"),
        ("steps = [[8]]", "steps must list plain values"),
        ("steps = true", "steps must be a whole number"),
        ("temperature = 'warm'", "temperature must be a number"),
        ("seed = -1", "seed must be a whole number"),
        ("seed = 2147483647", "seed must be a whole number"),
        ("grid = 'spiral'", "unknown grid 'spiral'"),
        ("schedule = 'steep'", "unknown schedule 'steep'"),
        ("length = 500", "500"),
        ("limit = 0", "limit must be a whole number"),
        ("lane = []", "lane must list at least one value"),
        ("lane = ['?model=gone']", "there is no model 'gone'"),
        ("lane = ['?stepz=4']", "unknown parameter 'stepz'"),
        ("lane = ['?edits=2:3']", "take the edits out"),
        ("lane = ['?sampler=ancestral']\ntemperature = 1", "temperature cannot be given with them"),
        ("lane = ['?sampler=posterior']", "does not serve the absorbing process"),
        ("lane = 3", "lane must be a text"),
        ("steps = [", "sweep.toml: "),
    ],
)
def test_whatever_cannot_be_run_is_one_sentence_before_anything_runs(source, said, tmp_path, capsys):
    file = tmp_path / "sweep.toml"
    file.write_text(f"num = 2\nout = '{tmp_path / 'rows.parquet'}'\n{source}\n", "utf-8")
    assert main(["sweep", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said in told.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["sweep.toml"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("num = 2", "'out' is missing"),
        ("out = 'rows.parquet'", "'num' is missing"),
        ("num = 0\nout = 'rows.parquet'", "num must be a whole number"),
        ("num = 2\nout = 'none/rows.parquet'", "in a folder that is there"),
        ("num = 2\nout = '.'", "in a folder that is there"),
        ("num = 2\nout = 5", "out must be a text"),
    ],
)
def test_num_and_out_are_needed(source, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as error:
        parse_plan(source)
    assert said in str(error.value)


def test_a_file_that_is_none(tmp_path, capsys):
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    for name, said in (("none.toml", "there is no sweep file"), ("picture.toml", "picture.toml: ")):
        assert main(["sweep", str(tmp_path / name)]) == 2
        told = capsys.readouterr().err
        assert said in told and told.count("\n") == 1


def test_the_usual_settings_are_those_of_a_run(tmp_path):
    assert plan("", tmp_path).configs == (RunConfig(),)


def test_the_example_of_the_readme_is_a_plan(tmp_path, monkeypatch):
    """Samplers at each number of steps but the adaptive one, at each knob: 3 seeds of everything."""
    monkeypatch.chdir(tmp_path)
    read = read_plan(EXAMPLE)
    assert len(read.configs) == 4 * 4 + 3 and len(read.cells()) == 3 * len(read.configs)


def test_the_example_of_the_readme_runs_when_it_is_made_small(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    small = {r"steps = .*": "steps = 2", r"num = \d+": "num = 2", r"seed = \[.*?\]": "seed = [0, 1]"}
    source = EXAMPLE.read_text("utf-8")
    for key, value in small.items():
        source = re.sub(f"(?m)^{key}", value, source)
    (tmp_path / "sweep.toml").write_text(source, "utf-8")
    assert main(["sweep", "sweep.toml", "--workers", "1"]) == 0
    assert capsys.readouterr().out.count("\n") == 4 + 3 and (tmp_path / "sweep.parquet").is_file()
