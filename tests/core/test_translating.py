"""Translating: runs whose source is kept, many pairs in one batch, exact matches counted, and the command line."""

import json

import numpy as np
import pytest
import torch

from textdiff_core import lab, translating
from textdiff_core.__main__ import main
from textdiff_core.corpora import TRANSLATION
from textdiff_core.corpora.translation import SLOT
from textdiff_core.generate import denoise
from textdiff_core.models import answers, model_folder, models, offered, shipped
from textdiff_core.processes import Absorbing
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.trace import Status, Trace
from textdiff_core.translating import KINDS, ORDERS, STEPS, Matches, TranslateConfig, looks, measure

FREE = slice(len(TRANSLATION.given), None)


def keep_of(*sources: str) -> torch.Tensor:
    ids = torch.stack([torch.from_numpy(TRANSLATION.canvas(text, "fr")) for text in sources])
    ids[:, FREE] = -1
    return ids


def finished(keep: torch.Tensor, seeds: list[int], steps: int = 6) -> torch.Tensor:
    process = Absorbing(len(TRANSLATION.words), schedules.build("linear"))
    *_, last = denoise(
        process, lab.load("translate").denoiser, samplers.build("random"), grids.build("uniform").times(steps),
        seeds=seeds, keep=keep, record=False,
    )  # fmt: skip
    return last.words


def test_a_row_of_a_batch_is_what_its_run_alone_would_be() -> None:
    keep = keep_of("1998", "21 March 1998", "2021-03-05")
    together = finished(keep, [3, 1, 2])
    for row, seed in enumerate([3, 1, 2]):
        assert torch.equal(together[row], finished(keep[row], [seed])[0])
    assert torch.equal(together[:, : FREE.start], keep[:, : FREE.start])


@pytest.mark.parametrize(("rows", "seeds"), [((0, 1), 3), ((0,), 2), ((0, 1, 2), 3)])
def test_rows_that_do_not_fit_are_refused(rows: tuple[int, ...], seeds: int) -> None:
    keep = keep_of("1998", "21 March 1998", "5")
    keep[2, 20] = 0
    with pytest.raises(ValueError, match="the same free cells in each of"):
        finished(keep[list(rows)], list(range(seeds)))


def test_the_source_stands_as_kept_words_and_the_verdict_is_exact() -> None:
    trace = lab.run(TranslateConfig().run())
    first, last = trace.status[0], [trace.words[i] for i in trace.tokens[-1]]
    assert (first[: FREE.start] == Status.KEPT).all() and (first[FREE] == Status.NOISE).all()
    assert TRANSLATION.parts(last) == ("21 March 1998", "fr", "21 mars 1998")
    assert trace.verdict is not None and trace.verdict.valid
    assert RunConfig.from_query(trace.config.to_query()) == (trace.config, [])


def test_the_shipped_model_is_not_among_those_that_write_from_nothing() -> None:
    assert "translate" in shipped() and "translate" not in models()
    assert answers("translate") and not offered("translate") and translating.offered("translate")
    assert not translating.offered("tales") and not translating.offered("nothing")
    with pytest.raises(ValueError, match="its first 14 positions must be kept words"):
        lab.check(RunConfig(model="translate"))


def test_it_is_neither_scored_nor_evaluated_as_a_teller_of_texts(capsys) -> None:
    for argv, sentence in (
        (["evaluate", "--model", "translate"], "benchmarks.translating measures it"),
        (["score", "--model", "translate", "--text", "12"], "only answers what is asked"),
        (["sample", "--model", "translate"], "its first 14 positions must be kept words"),
    ):
        assert main(argv) == 2
        assert sentence in capsys.readouterr().err


def test_the_kept_evaluation_holds_the_bar_and_is_that_of_the_card() -> None:
    """97 % of 1,000 held-out pairs at one token a step; and 60 of them anew (standard error at most 0.022)."""
    folder = model_folder("translate")
    kept, card = (
        json.loads((folder / "evaluate.json").read_text("utf-8")),
        (folder / "README.md").read_text("utf-8"),
    )
    assert {file.name for file in folder.iterdir()} == {
        "README.md", "config.json", "evaluate.json", "history.json", "model.safetensors",
    }  # fmt: skip
    assert (folder / "model.safetensors").stat().st_size <= 4 * 2**20 and len(lab.history("translate")) >= 10
    for order in ORDERS:
        one = Matches.from_json(kept["rows"][order][str(STEPS[-1])])
        right, num = one.of()
        assert num == kept["pairs"] == 1000 and right / num >= 0.97
        assert f"{right / num:.1%}".replace("%", " %") in card
    few, many = (Matches.from_json(kept["rows"]["random"][str(steps)]).of()[0] for steps in (1, STEPS[-1]))
    assert few < many - 50
    pairs = TRANSLATION.held_out(60, np.random.default_rng((kept["seed"], 1)))
    keep = torch.full(pairs.shape, -1)
    keep[:, : FREE.start] = torch.from_numpy(pairs[:, : FREE.start])
    told = [[TRANSLATION.words[i] for i in row] for row in finished(keep, list(range(60)), steps=SLOT)]
    assert sum(TRANSLATION.check(cells).valid for cells in told) >= 60 * (0.97 - 3 * 0.022)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": "it"}, "unknown language 'it'; there are: digits, en, fr, de, es"),
        ({"text": "30 February"}, "there is no such date"),
        ({"text": "seven", "to": "en"}, "is in English already"),
        ({"text": "10000"}, "a number must be 0..9999"),
        ({"model": "tales"}, "'tales' was trained on 'tales'"),
        ({"draft": "7"}, "give neither draft nor length"),
        ({"length": 20}, "give neither draft nor length"),
        ({"sampler": "ddpm"}, "does not serve the absorbing process"),
    ],
)
def test_what_cannot_be_translated_is_refused_in_one_sentence(changes, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        translating.check(TranslateConfig(**changes))
    assert sentence in str(error.value)


class Right:
    """Knows every translation, as a denoiser that is sure of the usual way to write it."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong

    def __call__(self, state, noise=None, where=None):
        logits = torch.zeros(*state.shape, len(TRANSLATION.words))
        for row, ids in enumerate(state):
            cells = [TRANSLATION.words[i] if i < len(TRANSLATION.words) else "" for i in ids]
            source, to, _ = TRANSLATION.parts(cells)
            target = "7" if to == self.wrong else TRANSLATION.truths(source, to)[0]
            due = torch.from_numpy(TRANSLATION.canvas(source, to, target))
            logits[row] += 50.0 * torch.nn.functional.one_hot(due, len(TRANSLATION.words))
        return logits[where]


def test_exact_matches_are_counted_by_kind_and_language() -> None:
    """A denoiser that is always right matches everywhere; one that answers 7 in German everywhere but there."""
    *_, whole = measure(Right(), TranslateConfig(), num=20, batch=10)
    assert whole.done == 1.0
    assert all(whole.rows[order][steps].of() == (20, 20) for order in ORDERS for steps in STEPS)
    parts = [whole.rows["random"][1].of(kind=kind)[1] for kind in KINDS]
    assert sum(parts) == 20 and min(parts) > 0
    *_, mixed = measure(Right(wrong="de"), TranslateConfig(), num=20, batch=20)
    one = mixed.rows["random"][STEPS[-1]]
    right, num = one.of(to="de")
    assert right == 0 < num and one.of() == (20 - num, 20)
    assert Matches.from_json(json.loads(json.dumps(one.to_json()))).of("date", "fr") == one.of("date", "fr")


def test_the_command_line_translates(capsys, tmp_path) -> None:
    assert main(["translate", "--to", "fr", "21 March 1998"]) == 0
    assert capsys.readouterr().out == "21 mars 1998\n"
    file = tmp_path / "run.npz"
    assert (
        main(["translate", "--to", "digits", "mille neuf cents", "--format", "json", "--trace", str(file)])
        == 0
    )
    record = json.loads(capsys.readouterr().out)
    assert (record["source"], record["to"], record["exact"]) == ("mille neuf cents", "digits", ["1900"])
    assert record["right"] == (record["translation"] == "1900") and record["network_calls"] == 12
    assert Trace.load(file).config.model == "translate"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--to", "fr", "30 February"], "there is no such date as '30 February'"),
        (["--to", "it", "7"], "unknown language 'it'"),
        (["--to", "fr", "x" * 100_000], "at most 60 characters"),
        (["--to", "fr", "7", "--steps", "0"], "steps must be a whole number 1..1024, got 0"),
        (["--to", "fr", "7", "--model", "tales"], "this needs a model of translations"),
        (["--to", "fr"], "the following arguments are required: TEXT"),
    ],
)
def test_the_command_line_says_what_is_wrong(argv: list[str], sentence: str, capsys) -> None:
    assert main(["translate", *argv]) == 2
    out, told = capsys.readouterr()
    assert out == "" and sentence in told and told.count("\n") == 1 and len(told) < 400


def test_attention_is_told_from_each_target_word_to_each_source_word() -> None:
    trace = lab.run(TranslateConfig(steps=4, sampler="random").run())
    for step in range(trace.num_steps):
        told = looks(trace, step)
        assert told.sources == ("fr:", "2", "1", "March", "1", "9", "9", "8", "=")
        assert told.shares.shape == (3, len(told.targets), len(told.sources))
        assert (told.shares > 0).all()
        assert (told.shares.sum(-1) < 1).all()
    assert set(looks(trace, 0).targets) == {"▒"}
    with pytest.raises(ValueError, match=r"step must be 0\.\.3, got 4"):
        looks(trace, 4)
