"""A text GAN: its networks, its game, its folder."""

import copy
import dataclasses
import json
import math

import pytest
import torch

from textdiff_core import adversarial, lab
from textdiff_core.adversarial import GanConfig, Round, game
from textdiff_core.adversarial.networks import Critic, Generator, straight_through
from textdiff_core.denoisers.transformer import TransformerConfig
from textdiff_core.draws import step_rng

TINY = GanConfig(
    corpus="toy", width=16, depth=1, heads=2, noise=4, hidden=16, steps=4, batch=4, warmup=1, every=2, told=8
)
TOY = lab.corpora["toy"]
SIZES = TransformerConfig(len(TOY.words), TOY.length, 16, 1, 2)


def test_words_are_hard_forwards_and_soft_backwards() -> None:
    """Forwards exactly one word a cell, drawn by softmax(logits): 20,000 draws within 5 standard errors. Backwards the
    gradient of the tempered softmax of the same draw."""
    logits = torch.tensor([1.0, 0.0, -1.0])
    drawn = straight_through(logits.expand(20_000, 1, 3), 0.7, step_rng(0, 0))
    assert (
        torch.allclose(drawn.sum(-1), torch.ones(20_000, 1))
        and float((drawn - drawn.round()).abs().max()) < 1e-6
    )
    p = logits.softmax(-1)
    error = (p * (1 - p) / 20_000).sqrt()
    assert bool(((drawn.mean((0, 1)) - p).abs() < 5 * error).all())
    wish, leaf = torch.tensor([0.3, -1.0, 2.0]), logits.clone().requires_grad_()
    (straight_through(leaf.expand(1, 1, 3), 0.7, step_rng(1, 0)) * wish).sum().backward()
    u = torch.rand(1, 1, 3, generator=step_rng(1, 0)).clamp(1e-6, 1 - 1e-6)
    again = logits.clone().requires_grad_()
    (((again - (-u.log()).log()) / 0.7).softmax(-1) * wish).sum().backward()
    assert torch.allclose(leaf.grad, again.grad, atol=1e-6)


def test_the_generator_reads_every_noise_vector_and_the_shared_one() -> None:
    generator = Generator(SIZES, 4)
    torch.nn.init.normal_(generator.head.weight)
    z = generator.draw(1, step_rng(0, 0)).requires_grad_()
    generator(z).square().sum().backward()
    assert z.shape == (1, TOY.length + 1, 4) and bool((z.grad.abs().sum(-1) > 0).all())


def test_the_generator_computes_in_float32_whatever_the_processor_offers() -> None:
    """In bfloat16 the same game diverges, see decision 21: logits are those of float64 within 1e-4 of their size."""
    generator = Generator(SIZES, 4)
    torch.nn.init.normal_(generator.head.weight)
    z = generator.draw(8, step_rng(0, 0))
    logits, due = generator(z), copy.deepcopy(generator).double()(z.double())
    assert (
        logits.dtype == torch.float32
        and float(((logits - due).abs().max() / due.abs().max()).detach()) < 1e-4
    )


def test_the_critic_reads_which_word_stands_where_and_begins_even() -> None:
    critic = Critic(SIZES, 16)
    shares = torch.nn.functional.one_hot(torch.from_numpy(TOY.texts[:3]), len(TOY.words)).float()
    assert bool((critic(shares) == 0).all())
    torch.nn.init.normal_(critic.score.weight)
    assert not torch.allclose(critic(shares), critic(shares.flip(1)))


def test_a_game_changes_both_players_and_ends_with_a_report() -> None:
    ours = game.players(TINY, TOY)
    before = [p.clone() for p in (*ours.generator.parameters(), *ours.critic.parameters())]
    told = list(game.play(TINY, TOY, ours))
    after = (*ours.generator.parameters(), *ours.critic.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert [one if isinstance(one, int) else one.step for one in told] == [1, 2, 3, 4]
    reports = [one for one in told if isinstance(one, Round)]
    assert [one.step for one in reports] == [2, 4] and reports[-1].num == 8 and len(reports[-1].samples) == 4
    assert reports[0].critic == pytest.approx(math.log(2), abs=0.2)
    assert all(weight.requires_grad for weight in ours.critic.parameters())


def test_the_penalty_holds_down_the_slope_towards_other_words() -> None:
    """Whatever scale the critic gives its own vectors: after 40 steps less than a tenth of what it is without."""

    def slope(penalty: float) -> float:
        config = dataclasses.replace(TINY, steps=40, every=40, penalty=penalty, rate_critic=0.01)
        ours = game.players(config, TOY)
        *_, _ = game.play(config, TOY, ours)
        shares = torch.nn.functional.one_hot(torch.from_numpy(TOY.texts[:20]), len(TOY.words)).float()
        (found,) = torch.autograd.grad(ours.critic(shares.requires_grad_()).sum(), shares)
        return float(found.square().sum((1, 2)).mean())

    assert 0 < slope(100.0) < slope(0.0) / 10


def test_a_game_taken_up_again_ends_with_the_same_weights(tmp_path) -> None:
    """Bit for bit."""
    for _ in adversarial.train(TINY, tmp_path / "whole"):
        pass
    for told in adversarial.train(TINY, tmp_path / "cut"):
        if told == 3:
            break
    for _ in adversarial.train(TINY, tmp_path / "cut"):
        pass
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut"))
    assert one == other
    config, rounds = adversarial.recorded(tmp_path / "cut")
    assert config == TINY and [r.step for r in rounds] == [2, 4]
    assert len(adversarial.texts(tmp_path / "cut", 5, 0)) == 5
    with pytest.raises(ValueError, match="holds a game with other settings"):
        next(adversarial.train(dataclasses.replace(TINY, seed=1), tmp_path / "cut"))


def test_the_temperature_falls_from_hot_to_cold() -> None:
    config = dataclasses.replace(TINY, hot=2.0, cold=0.5)
    assert config.temperature(0) == 2.0 and config.temperature(3) == pytest.approx(0.5)
    assert config.temperature(1) > config.temperature(2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"corpus": "english"}, "corpus must be"),
        ({"batch": 0}, "batch must be"),
        ({"cold": 0.0}, "cold must be"),
    ],
)
def test_bad_settings_are_one_sentence(changes, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        dataclasses.replace(TINY, **changes)


def test_a_damaged_folder_is_one_sentence(tmp_path) -> None:
    (tmp_path / "history.json").write_text(json.dumps([{"step": 1}]))
    with pytest.raises(ValueError, match="is damaged"):
        adversarial.read_rounds(tmp_path / "history.json")
    with pytest.raises(ValueError, match="cannot be read"):
        adversarial.recorded(tmp_path)
    with pytest.raises(ValueError, match=r"no readable evaluate\.json"):
        adversarial.compared(tmp_path)


def test_a_report_is_kept_whole() -> None:
    one = Round(1, 0.5, 0.7, 0.6, 0.1, 8, 0, 8, 0, math.nan, 0.4, 0.9, 0.5, ("a",))
    again = Round.from_json(json.loads(json.dumps(one.to_json())))
    assert math.isnan(again.relative_coverage) and dataclasses.replace(again, relative_coverage=0.0) == (
        dataclasses.replace(one, relative_coverage=0.0)
    )


def test_live_training_tells_how_far_it_is() -> None:
    told = list(adversarial.live(TINY))
    assert [one.step for one in told] == [1, 2, 3, 4] and told[-1].done == 1 and len(told[-1].rounds) == 2


def test_pairs_of_neighbouring_words_tell_quality_and_variety() -> None:
    """Two true texts have true pairs only and few of them; a word before itself is in no text."""
    true = [TOY.vocabulary.decode(row) for row in TOY.texts]
    assert adversarial.known_pairs(true, "toy") == (1.0, 1.0)
    known, reached = adversarial.known_pairs(true[:2], "toy")
    word = true[0].split()[0]
    assert (
        known == 1 and 0 < reached < 0.5 and adversarial.known_pairs([f"{word} {word}"], "toy") == (0.0, 0.0)
    )
    assert adversarial.known_pairs([""], "toy") == (0.0, 0.0)
