"""A tag names the register and is no part of a text: not told, not noised, not scored."""

import numpy as np
import pytest
import torch

from textdiff_core import by_hand, lab, scoring
from textdiff_core.denoisers.tagged import Tagged
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.records import RunConfig
from textdiff_core.registers import registers, untagged
from textdiff_core.scoring import ScoreConfig
from textdiff_core.trace import told
from textdiff_core.vocab import Vocabulary

WORDS = ("", "□", "[any]", "[odes]", "\n", " a", "b", " c")


def test_a_text_is_told_without_its_tag_and_without_the_space_before_each_line() -> None:
    vocabulary = Vocabulary(WORDS, "char", folded=True)
    assert registers(WORDS) == ("any", "odes") and registers(WORDS[:2]) == ()
    assert untagged(["[odes]", " a", "b"], WORDS) == [" a", "b"]
    cells = ["[odes]", " a", "b", "\n", " c", " a", ""]
    assert (
        told(cells, WORDS, "char")
        == "ab\nc a"
        == vocabulary.decode(np.array([vocabulary.id(c) for c in cells]))
    )
    assert told(["[odes]", " a"], WORDS[:2], "char") == "[odes] a"  # without tags it is a word like others


def test_folded_text_is_read_with_one_space_between_words_and_none_around() -> None:
    vocabulary = Vocabulary(WORDS, "char", folded=True)
    assert vocabulary.split(" A  c \n\n c\n") == [" a", " c", "\n", "\n", " c", "\n"]


def test_it_answers_as_the_whole_canvas_does_behind_the_tag() -> None:
    torch.manual_seed(0)
    network = TransformerDenoiser(
        TransformerConfig(num_words=len(WORDS), length=6, width=16, depth=1, heads=2)
    )
    tagged, state = Tagged(network, 3), torch.tensor([[5, 8, 6, 8, 0], [8, 8, 4, 7, 0]])
    whole = torch.cat([torch.full((2, 1), 3), state], 1)
    with torch.no_grad():
        assert torch.equal(tagged(state), network(whole)[:, 1:])
        asked = network(whole, None, where=whole == 8)
        assert torch.allclose(tagged(state, None, where=state == 8), asked)


def test_scoring_and_the_loss_by_hand_see_the_text_alone() -> None:
    config = ScoreConfig(model="english", draft="In the days.", register="verses", subsets=2)
    denoiser, info = lab.reader(config)
    assert info.length == lab.model_info("english").length - 1
    reading = scoring.read(config.draft, info)
    assert len(reading.words) == info.length and reading.text.strip() == "in the days."
    *_, found = scoring.score(denoiser, info, config)
    assert found.hidden.shape[1] == info.length and np.isfinite(found.bound)
    added = by_hand.added_up(
        denoiser, info, RunConfig(model="english", draft="In the days.", register="verses")
    )
    assert len(added.words) == info.length and added.words[0] == " in"
    assert added.sums[0].by_hand == pytest.approx(added.sums[0].computed, rel=1e-4)


def test_the_tag_that_is_read_decides_the_score() -> None:
    text = "Preheat the oven and add the salt."
    bounds = {}
    for register in ("recipes", "verses"):
        config = ScoreConfig(model="english", draft=text, register=register, subsets=2)
        *_, found = scoring.score(*lab.reader(config), config)
        bounds[register] = found.bound
    assert bounds["recipes"] != bounds["verses"]


def test_a_model_of_one_kind_is_read_as_it_is() -> None:
    denoiser, info = lab.reader(RunConfig())
    assert info is lab.model_info("tales").of_text and denoiser is lab.load("tales").denoiser


def test_a_register_that_the_new_model_lacks_is_left_behind() -> None:
    config = RunConfig(model="english", register="chat", guidance=2.0)
    assert lab.moved(config) == config
    assert lab.moved(config.replace(model="tales")) == RunConfig()
