"""The pretrained encoder as a denoiser: the same blocks as torch's own, its start, its checkpoint; and guidance."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from textdiff_core import checkpoints, pretrained
from textdiff_core.corpora import ENGLISH, TOY
from textdiff_core.corpora.english import word_pieces
from textdiff_core.denoisers import architectures
from textdiff_core.denoisers.encoder import EncoderConfig, EncoderDenoiser
from textdiff_core.denoisers.guided import Guided
from textdiff_core.generate import denoise
from textdiff_core.models import ModelInfo
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules
from textdiff_core.training_records import TrainConfig
from textdiff_core.vocab import Vocabulary

V, L = 7, 5
SIZES = EncoderConfig(V, L, width=16, depth=2, heads=4)
TAGGED = Vocabulary(("", "[any]", "[calm]", "[loud]", " a", " b", " c"), "char", folded=True)


def random_denoiser(sizes: EncoderConfig = SIZES) -> EncoderDenoiser:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        denoiser = EncoderDenoiser(sizes)
        for weight in denoiser.parameters():
            nn.init.normal_(weight, std=0.3)
    return denoiser.eval()


def test_its_blocks_are_torchs_own_encoder_layers() -> None:
    denoiser = random_denoiser()
    x = torch.randn(3, L, SIZES.width, generator=torch.Generator().manual_seed(1))
    for block in denoiser.blocks:
        other = nn.TransformerEncoderLayer(
            SIZES.width, SIZES.heads, 4 * SIZES.width, dropout=0.0, activation="gelu", layer_norm_eps=1e-12,
            batch_first=True,
        ).eval()  # fmt: skip
        other.self_attn.in_proj_weight, other.self_attn.in_proj_bias = block.qkv.weight, block.qkv.bias
        other.self_attn.out_proj, other.linear1, other.linear2 = block.out, block.up, block.down
        other.norm1, other.norm2 = block.norm_attention, block.norm_feed
        torch.testing.assert_close(block(x), other(x), atol=1e-5, rtol=1e-5)


def test_it_answers_for_the_cells_it_is_asked_about() -> None:
    denoiser, state = random_denoiser(), torch.tensor([[2, V, 1, V, 0], [2, 4, V, V, V]])
    where = state == V
    logits = denoiser(state)
    assert logits.shape == (2, L, V)
    torch.testing.assert_close(denoiser(state, where=where), logits[where])


def test_it_starts_as_the_encoder_with_the_words_frequencies() -> None:
    denoiser = EncoderDenoiser(EncoderConfig(len(ENGLISH.words), ENGLISH.length))
    pretrained.start(denoiser, ENGLISH, seed=0)
    rows, ids, embedding = word_pieces(), ENGLISH.vocabulary.ids, denoiser.embedding.weight
    both = (word for word in ids if word in rows and f" {word}" in ids)
    inside = next(word for word in both if rows[word] == rows.get(f" {word}"))
    torch.testing.assert_close(embedding[ids[inside]], embedding[ids[f" {inside}"]])
    assert rows[" the"] != rows["the"], "a word and the end of one are two pieces to the encoder"
    assert not torch.allclose(embedding[ids[" the"]], embedding[ids["the"]])
    share = denoiser.bias.detach().exp()
    assert float(share.sum()) == pytest.approx(1.0, abs=1e-3)
    counts = np.bincount(
        ENGLISH.batch(500, np.random.default_rng(9))[:, 1:].ravel(), minlength=len(ENGLISH.words)
    )
    assert np.corrcoef(counts, share.numpy())[0, 1] > 0.99


def test_its_checkpoint_names_its_architecture(tmp_path) -> None:
    sizes = EncoderConfig(len(TOY.words), TOY.length, width=16, depth=1, heads=2)
    saved = checkpoints.Checkpoint(random_denoiser(sizes), TOY.vocabulary, TrainConfig(corpus="toy"), ())
    checkpoints.save(tmp_path / "run", saved)
    loaded = checkpoints.load(tmp_path / "run").denoiser
    assert isinstance(loaded, EncoderDenoiser)
    assert loaded.config == sizes
    for name, value in saved.denoiser.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value.half().float())
    with pytest.raises(ValueError, match="unknown architecture 'rnn'; there are: transformer, minilm"):
        architectures.from_json({"architecture": "rnn"})
    with pytest.raises(ValueError, match="process must be absorbing"):
        architectures.sizes(TrainConfig(architecture="minilm", process="gaussian"), 3, 4, {"vectors": True})
    with pytest.raises(ValueError, match="the weights to start from have another size"):
        random_denoiser(sizes).take_over(random_denoiser())


def test_guidance_mixes_what_is_said_with_and_without_the_register() -> None:
    denoiser, state = random_denoiser(), torch.tensor([[2, V, 4, V, 0]])
    told, untold = denoiser(state).log_softmax(-1), denoiser(torch.tensor([[1, V, 4, V, 0]])).log_softmax(-1)
    for strength in (0.0, 0.5, 1.0, 3.0):
        mixed = Guided(denoiser, 1, strength)(state).softmax(-1)
        wanted = (told.exp() ** strength * untold.exp() ** (1 - strength)).clone()
        torch.testing.assert_close(mixed, wanted / wanted.sum(-1, keepdim=True), atol=1e-5, rtol=1e-4)
    where = state == V
    guided = Guided(denoiser, 1, 2.0)
    torch.testing.assert_close(guided(state, where=where), guided(state)[where])


@pytest.mark.parametrize(("strength", "calls"), [(None, 4), (2.0, 8)])
def test_both_calls_of_guidance_are_counted(strength: float | None, calls: int) -> None:
    denoiser = random_denoiser()
    *_, last = denoise(
        processes["absorbing"](V, schedules.build("linear")),
        denoiser if strength is None else Guided(denoiser, 1, strength),
        samplers.build("first-hitting"), grids.build("uniform").times(4), seeds=[0, 1],
        keep=torch.tensor([2, -1, -1, -1, -1]),
    )  # fmt: skip
    assert last.calls.tolist() == [calls, calls]
    assert last.words[:, 0].tolist() == [2, 2]


def test_a_register_stands_in_the_first_cell_of_the_canvas() -> None:
    info = ModelInfo("m", "english", "absorbing", TAGGED, 4)
    assert info.registers == ("any", "calm", "loud")
    assert info.keep(RunConfig()).tolist() == [1, -1, -1, -1]
    assert info.keep(RunConfig(register="loud", keep=((3, " b"),), length=3)).tolist() == [3, -1, 5]
    draft = info.draft(RunConfig(register="calm", draft="A b"))
    assert draft is not None
    assert draft.tolist() == [2, 4, 5, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"register": "sad"}, "unknown register 'sad'; model 'm' has: any, calm, loud"),
        ({"guidance": 2.0}, "guidance 2 needs a register to guide to: calm, loud"),
        ({"register": "loud", "keep": ((1, " a"),)}, "position 1 holds the register's tag, so ' a' cannot be"),
        ({"register": "loud", "keep": ((5, " a"),)}, "kept at position 5, but the canvas has 4 positions"),
        ({"draft": "a b c a"}, "draft: a text may have at most 3 pieces here, got 4"),
    ],
)  # fmt: skip
def test_what_a_canvas_cannot_hold_is_explained(changes, message) -> None:
    info, run = ModelInfo("m", "english", "absorbing", TAGGED, 4), RunConfig(**changes)
    with pytest.raises(ValueError, match=message):
        info.keep(run)
        info.draft(run)


def test_a_model_of_one_kind_takes_no_register() -> None:
    info = ModelInfo("tales", "tales", "absorbing", Vocabulary(("", "a")), 4)
    with pytest.raises(ValueError, match="model 'tales' writes one kind of text: it takes no register"):
        info.keep(RunConfig(register="loud"))
    assert dataclasses.replace(info).registers == ()
