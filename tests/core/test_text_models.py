"""Models of running text and of the toy world: trained for a few steps, kept, read back, sampled, evaluated."""

import dataclasses
import json
from pathlib import Path

import pytest

from textdiff_core import lab
from textdiff_core.__main__ import main
from textdiff_core.records import RunConfig
from textdiff_core.training_records import TrainConfig

LINES = "The fox sat in its den.\nRain fell, and the fox slept.\n" * 20
TINY = {"width": 16, "depth": 1, "heads": 2, "steps": 2, "batch": 4, "every": 2, "validation": 2, "warmup": 1}


def trained(folder: Path, **config) -> str:
    text = folder / "text.txt"
    text.write_text(LINES, "utf-8")
    run = TrainConfig(**{"corpus": f"file:{text}", "length": 16, "most_words": 60, **TINY, **config})
    for _ in lab.train(run, folder / "run"):
        pass
    return str(folder / "run")


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    return {
        kind: trained(tmp_path_factory.mktemp(kind), vocabulary=kind) for kind in ("char", "word", "subword")
    }


@pytest.mark.parametrize("kind", ["char", "word", "subword"])
def test_a_model_of_text_comes_back_from_its_folder_and_writes(models, kind) -> None:
    info = lab.model_info(models[kind])
    config = lab.load(models[kind]).train
    assert info.vocabulary == lab.load(models[kind]).vocabulary == lab.open_corpus(config).vocabulary
    assert info.length == 16 and info.corpus.startswith("file:") and not info.vocabulary.pads
    trace = lab.run(RunConfig(model=models[kind], steps=4))
    assert trace.spacing == ("word" if kind == "word" else "char") and trace.verdict is None
    assert trace.text() == info.vocabulary.decode(trace.tokens[-1])
    texts, _, _ = lab.sample(RunConfig(model=models[kind], steps=4), 3)
    assert len(texts) == 3 and all(texts)
    with pytest.raises(ValueError, match=r"was trained on 'file:.*', whose truth is not known"):
        lab.evaluate(RunConfig(model=models[kind]), 2)


@pytest.mark.parametrize("kind", ["char", "word", "subword"])
def test_a_prompt_may_be_shorter_than_the_canvas(models, kind) -> None:
    """The model writes on where it ends; at level 0 it stays as it was typed."""
    trace = lab.run(RunConfig(model=models[kind], steps=4, draft="The fox", level=0.0))
    assert trace.text().startswith("The fox") and "▒" not in trace.text()
    with pytest.raises(
        ValueError, match=r"draft: the model does not know the (word 'zoo'|(character|piece) 'z')"
    ):
        lab.check(RunConfig(model=models[kind], draft="The zoo"))
    with pytest.raises(
        ValueError, match=r"draft: a text may have at most 16 (word|character|piece)s here, got"
    ):
        lab.check(RunConfig(model=models[kind], draft="The fox sat in its den. " * 9))


@pytest.mark.parametrize("process", ["uniform", "gaussian", "insertion"])
def test_every_process_trains_on_text(tmp_path, process) -> None:
    model = trained(tmp_path, process=process)
    config = lab.fitting(RunConfig(model=model, steps=3, draft="The fox"))
    assert len(lab.run(config).text()) <= 16
    lab.check(config)


def test_the_folder_stays_as_readable_as_before(models) -> None:
    record = json.loads((Path(models["subword"]) / "config.json").read_text("utf-8"))
    assert record["schema"] == 1 and record["words"][0] == "" and record["pads"] is False
    assert all("".join(pair) in record["words"] for pair in record["merges"])
    shipped = json.loads((lab.model_folder("tales") / "config.json").read_text("utf-8"))
    assert "merges" not in shipped and lab.model_info("tales").vocabulary.pads


def test_a_toy_model_is_evaluated_against_its_own_world(tmp_path, capsys) -> None:
    model = trained(tmp_path, corpus="toy", length=0, steps=4)
    assert main(["evaluate", "--model", model, "--num", "4", "--steps", "4", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert set(record["rules"]) == {"grammar", "pronouns", "colour", "thing", "deed"}
    assert set(record["p_values"]) == {"names", "colours", "things", "lengths"}
    assert record["entropy_nats_per_story"] == pytest.approx(lab.corpora["toy"].entropy())
    trace = lab.run(RunConfig(model=model, steps=4))
    assert trace.verdict is not None and not trace.verdict.valid


def test_a_toy_model_may_learn_from_the_exact_posterior(tmp_path) -> None:
    assert lab.history(trained(tmp_path, corpus="toy", length=0, targets="exact"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--corpus file:none.txt", "there is no text file 'none.txt'"),
        ("--corpus package:milton", "unknown corpus 'package:milton'; there are: package:shakespeare"),
        ("--corpus toy --vocabulary char", "vocabulary must be word, got 'char'"),
        ("--corpus tales --length 99", "length must be 47, got 99"),
        (
            "--corpus file:{text} --targets exact",
            "targets 'exact' need a corpus whose truth is known, tales or toy",
        ),
        ("--corpus file:{text} --length 512", "the text is too short, 800 characters: a canvas of 512"),
        (
            "--corpus file:{text} --vocabulary letters",
            "vocabulary must be word or char or subword, got 'letters'",
        ),
        ("--corpus file:{picture}", "binary data"),
    ],
)
def test_a_bad_corpus_is_one_sentence_and_nothing_is_written(tmp_path, capsys, options, message) -> None:
    (tmp_path / "text.txt").write_text("The fox sat in its den. Rain fell, fox.\n" * 20, "utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    options = options.format(text=tmp_path / "text.txt", picture=tmp_path / "picture.png")
    assert main(["train", *options.split(), "--steps=1", "--warmup=0", "--out", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_the_command_line_trains_on_a_file(tmp_path, capsys) -> None:
    (tmp_path / "text.txt").write_text(LINES, "utf-8")
    sizes = [f"--{name}={value}" for name, value in TINY.items()]
    out = str(tmp_path / "run")
    corpus = ["--corpus", f"file:{tmp_path / 'text.txt'}", "--vocabulary", "subword", "--length", "16"]
    assert main(["train", *corpus, *sizes, "--most-words", "60", "--out", out]) == 0
    assert main(["sample", "--model", out, "--steps", "4", "--num", "2", "--format", "json"]) == 0
    samples = json.loads(capsys.readouterr().out)["samples"]
    assert all("".join(one["tokens"]) == one["text"] for one in samples)
    assert dataclasses.asdict(lab.load(out).train)["most_words"] == 60
