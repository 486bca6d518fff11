"""Diffusion against autoregression on running text, whose truth nobody knows: what is asked, and of which texts."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from textdiff_core import against, lab, models
from textdiff_core.against import AgainstConfig
from textdiff_core.training_records import TrainConfig

LINES = "".join(
    f"Take {n} eggs and a little {thing}.\nStir for {n + 3} minutes, then add the {thing}.\n\n"
    for n in range(2, 40)
    for thing in ("salt", "milk", "flour")
)
TINY = {"width": 16, "depth": 1, "heads": 2, "steps": 8, "batch": 8, "every": 8, "validation": 2, "warmup": 1}
PAIR = ("absorbing", "autoregressive")


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Iterator[AgainstConfig]:
    """Two tiny models of one text by subwords."""
    folder = tmp_path_factory.mktemp("pair")
    text = folder / "text.txt"
    text.write_text(LINES, "utf-8")
    for process in PAIR:
        run = TrainConfig(
            corpus=f"file:{text}", vocabulary="subword", most_words=80, length=16, process=process, **TINY
        )
        for _ in lab.train(run, folder / process):
            pass
    yield AgainstConfig(model=str(folder / PAIR[0]), rival=str(folder / PAIR[1]))
    text.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def pair(config) -> list[torch.nn.Module]:
    return [lab.load(name).denoiser for name in (config.model, config.rival)]


@pytest.fixture(scope="module")
def found(config, pair) -> against.Found:
    amount = against.Amount(texts=4, scored=6, filled=3, gaps=(2, 5, 99), lengths=(4,))
    parts = list(against.measure(*pair, config, amount))
    assert parts[0].done < 0.3 and parts[-1].done == 1
    return parts[-1]


def test_nothing_is_said_of_a_truth_that_nobody_knows(config, found) -> None:
    assert not against.is_known(config.model) and found.entropy is None and found.filled == {}
    assert set(found.written) == {against.REAL, *against.WAYS}
    for way, row in found.written.items():
        assert {"distinct_2", "sample_entropy"} < set(row) and not {"valid_rate", "coverage"} & set(row)
        assert ("calls" in row) == (way != against.REAL) and row["texts"] == 4


def test_likelihood_is_told_as_a_whole_and_as_a_difference_on_the_same_texts(config, found, pair) -> None:
    ours, theirs = found.nats[against.MASKED], found.nats[against.CAUSAL]
    assert ours.texts == theirs.texts == found.apart.texts == 6 and ours.bound and not theirs.bound
    assert found.apart.mean == pytest.approx(ours.mean - theirs.mean)
    corpus = against.corpus_of(config.model)
    texts = torch.from_numpy(against.held_out(corpus, 6, 0))
    with torch.no_grad():
        logs = pair[1](texts).log_softmax(-1).gather(-1, texts[..., None])[..., 0].sum(-1)
    assert theirs.mean == pytest.approx(-float(logs.mean()), rel=1e-5)
    told = [corpus.vocabulary.decode(row) for row in texts.numpy()]
    assert found.characters == pytest.approx(np.mean([len(text) for text in told]))


def test_middles_are_read_and_written_where_they_fit(found) -> None:
    for way, rows in found.middles.items():
        assert set(rows) == {2, 5} and all(one.perplexity == 0 for one in rows.values())
        assert all((one.recovered.mean == 1) == (way == against.REAL) for one in rows.values())
    assert {reader: set(rows) for reader, rows in found.costs.items()} == {
        reader: {2, 5} for reader in (against.CAUSAL, against.BLIND, against.MASKED)
    }


def test_only_the_masked_model_that_is_shown_the_end_reads_it(config, pair) -> None:
    """Another end behind the same middle: a causal model, and a masked one without the end, cannot tell."""
    corpus = against.corpus_of(config.model)
    texts = torch.from_numpy(against.held_out(corpus, 4, 1))
    missing = list(against.gap(16, 5))
    other = texts.clone()
    other[:, missing[-1] + 1 :] = texts.roll(1, 0)[:, missing[-1] + 1 :]
    (here, there) = (against.read(*pair, corpus, one, missing, 3) for one in (texts, other))
    for reader in (against.CAUSAL, against.BLIND):
        assert here[reader] == pytest.approx(there[reader], abs=1e-5)
    assert here[against.MASKED] != pytest.approx(there[against.MASKED], abs=1e-3)
    with torch.no_grad():
        logs = pair[1](texts).log_softmax(-1).gather(-1, texts[..., None])[..., 0]
    assert here[against.CAUSAL] == pytest.approx((-logs[:, missing].sum(-1)).tolist(), abs=1e-4)


def test_held_out_texts_are_windows_side_by_side_in_an_order_of_the_seed(config) -> None:
    corpus = against.corpus_of(config.model)
    whole = against.held_out(corpus, 10**6, 0)
    assert len(whole) == len(corpus.validation) // 16
    joined = "".join(map(chr, corpus.validation))
    starts = sorted(joined.index("".join(map(chr, row))) for row in whole)
    assert all(b - a >= 16 for a, b in itertools.pairwise(starts))
    assert (against.held_out(corpus, 3, 0) == whole[:3]).all()
    assert not np.array_equal(against.held_out(corpus, 3, 1), whole[:3])


def test_a_gap_in_running_text_leaves_the_words_around_it(config) -> None:
    gapped = AgainstConfig(model=config.model, rival=config.rival, gap=5, seed=2)
    text = against.held_out(against.corpus_of(config.model), 1, 2)[0]
    told = dict(against.given(gapped))
    assert len(told) == 11 and not {cell + 1 for cell in against.gap(16, 5)} & set(told)
    words = lab.model_info(config.model).vocabulary.words
    assert all(words[text[position - 1]] == word for position, word in told.items())
    for run in gapped.runs():
        lab.check(run)


def test_a_corpus_is_read_again_with_the_words_of_its_model(config) -> None:
    train = lab.load(config.model).train
    built, again = lab.open_corpus(train), against.corpus_of(config.model)
    assert built.vocabulary == again.vocabulary
    assert (built.training == again.training).all() and (built.validation == again.validation).all()


def test_what_was_found_survives_its_file(found) -> None:
    assert against.from_json(json.loads(json.dumps(against.to_json(found)))) == found
    table = against.rows(found)
    assert ("nats", "absorbing", "bound", found.nats["absorbing"].mean, 6) in table
    assert sum(part == "nats a word" for part, *_ in table) == 6


def test_a_text_that_is_gone_is_one_sentence(config, tmp_path) -> None:
    """The file was there when the model learned from it."""
    record = json.loads((Path(config.model) / "config.json").read_text("utf-8"))
    record["train"]["corpus"] = f"file:{tmp_path / 'gone.txt'}"
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text(json.dumps(record), "utf-8")
    lost = AgainstConfig(model=str(tmp_path / "model"), rival=config.rival, gap=3)
    with pytest.raises(ValueError, match="there is no text file"):
        against.check(lost)


def test_texts_with_a_given_part_are_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="'english', whose texts have a part that is given"):
        against.corpus_of("english")
    assert models.rival(lab.model_info("english")) == ""
