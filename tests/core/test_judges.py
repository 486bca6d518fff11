"""How a judge of steps is trained, kept and found."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch

from tests.core import exact
from tests.core.exact import LONGER
from textdiff_core import judges, lab, training
from textdiff_core.apart import DRAWN, KINDS, Apart, answers, steps
from textdiff_core.denoisers.judge import JudgeConfig, SetJudge
from textdiff_core.draws import step_rng
from textdiff_core.models import ASSETS
from textdiff_core.processes.absorbing import Absorbing
from textdiff_core.records import RunConfig
from textdiff_core.schedules import schedules
from textdiff_core.training_records import TrainConfig

PROCESS = Absorbing(3, schedules.build("linear"))
SMALL = JudgeConfig(3, 3, width=16, hidden=16)


def told(num: int) -> torch.Tensor:
    """Texts of the corpus of three cells."""
    chosen = np.random.default_rng(4).choice(LONGER.size, num, p=LONGER.ravel())
    return torch.tensor(np.array(np.unravel_index(chosen, LONGER.shape)).T)


def test_drawn_steps_differ_from_the_state_in_the_cells_written_only() -> None:
    x_0 = told(100)
    state, written, belief, drawn = steps(PROCESS, exact.oracle(LONGER), x_0, step_rng(0, 0))
    assert state.shape == (len(KINDS) * 100, 3) and drawn.shape == (len(state), DRAWN, 3)
    after = torch.where(written[:, None], drawn, 0)
    assert bool((state[written] == 3).all()) and int(after.max()) < 3 and bool(written.any())
    assert torch.equal(drawn, torch.where(written[:, None], drawn, state[:, None]))
    seen = state != 3
    assert torch.equal(state[seen], x_0.repeat(len(KINDS), 1)[seen])
    assert torch.allclose(belief.sum(-1)[~seen], torch.ones(int((~seen).sum())).double())


def test_pure_noise_is_asked_about_once_and_answered_everywhere() -> None:
    asked, oracle = [], exact.oracle(LONGER)

    def teller(state, noise, where):
        asked.append(len(state))
        return oracle(state, noise, where)

    state = torch.tensor([[3, 3, 3], [3, 1, 3], [3, 3, 3]])
    told = answers(teller, state, state == 3, torch.ones(3).double())
    due = oracle(state, torch.ones(3).double(), torch.ones_like(state, dtype=torch.bool)).exp()
    assert (
        asked == [2]
        and torch.allclose(told[[0, 2]], due.view(3, 3, 3)[[0, 2]])
        and bool((told[1, 1] == 0).all())
    )


def test_the_exact_judge_has_the_least_loss() -> None:
    """Beside it: one that knows nothing, which pays ln(1 + DRAWN), and ones that trust it half or twice."""
    x_0, part, judge = told(2000), Apart(teller=exact.oracle(LONGER)), exact.judge(LONGER)

    def loss(strength: float) -> float:
        def trusted(candidates, written, belief):
            return strength * judge(candidates, written)

        return float(part(PROCESS, trusted, x_0, rng=step_rng(1, 0)).nelbo.mean())

    best, none = loss(1.0), loss(0.0)
    assert none == pytest.approx(math.log(1 + DRAWN)) and best < min(none, loss(0.5), loss(2.0)) - 1e-3


class Listed:
    """The corpus of three cells, as training sees one."""

    # More words than there are: to say ln 16 of three would be taken for divergence.
    name, words, spacing, length, given = "listed", tuple("abcdefghijkl"), "char", 3, ()

    def batch(self, num: int, rng: np.random.Generator) -> np.ndarray:
        return np.stack(
            np.unravel_index(rng.choice(LONGER.size, num, p=LONGER.ravel()), LONGER.shape), axis=1
        )

    held_out = batch


def test_a_judge_learns_in_the_training_loop() -> None:
    """150 steps on the corpus of three cells: nearer to the exact judge's loss than ln(1 + DRAWN), and not below it."""
    config = TrainConfig(corpus="toy", steps=150, batch=16, every=150, warmup=10, validation=200, rate=0.01)
    loss, corpus = Apart(teller=exact.oracle(LONGER)), Listed()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        judge = SetJudge(JudgeConfig(3, 3, 32, 32))
    *_, last = training.train(config, corpus, PROCESS, judge, loss)
    held_out = torch.from_numpy(corpus.held_out(200, np.random.default_rng((0, 1))))
    best = loss.validation(
        PROCESS, exact.judge(LONGER), held_out, rng=step_rng(0, training.VALIDATION_STREAM)
    )
    none = math.log(1 + DRAWN) / 3
    assert last.report is not None and float(best.objective) < last.report.validation_nelbo < none - 0.0005


def test_a_judge_begins_with_no_opinion_and_reads_words_places_and_luck() -> None:
    judge, state = SetJudge(SMALL), told(20)[:, None]
    written, none = torch.ones(20, 3, dtype=torch.bool), torch.zeros(20, 3, dtype=torch.bool)
    belief, other = (torch.rand(20, 3, 3, generator=step_rng(k, 0)).double().softmax(-1) for k in (1, 2))
    assert bool((judge(state, written, belief) == 0).all())
    torch.nn.init.normal_(judge.odds.weight)
    assert not torch.allclose(judge(state, written, belief), judge(state.flip(-1), written, belief))
    assert torch.allclose(judge(state, written, belief), judge(state, written, other))
    torch.nn.init.ones_(judge.luck)
    assert not torch.allclose(judge(state, written, belief), judge(state, written, other))
    assert torch.allclose(judge(state, none, belief), judge(state, none, other))


def test_pairs_of_new_words_count_once_for_each_pair_of_cells() -> None:
    """Against the sum over ordered pairs of cells written, within 1e-5; words that stood before do not count."""
    judge, rng = SetJudge(JudgeConfig(5, 7, 16, 16)), step_rng(3, 0)
    torch.nn.init.normal_(judge.pairs)
    candidates = torch.randint(0, 5, (4, 6, 7), generator=rng)
    written = torch.rand(4, 7, generator=rng) < 0.6
    belief = torch.full((4, 7, 5), 0.2).double()
    told = judge(candidates, written, belief).detach()
    for b, k in np.ndindex(4, 6):
        cells = written[b].nonzero()[:, 0].tolist()
        words = candidates[b, k].tolist()
        due = sum(float(judge.pairs.data[words[i], words[j]]) for i in cells for j in cells if i != j)
        assert float(told[b, k]) == pytest.approx(due, abs=1e-5)


def test_a_judge_is_kept_and_read_again(tmp_path) -> None:
    info = lab.model_info("tales")
    judge = SetJudge(JudgeConfig(len(info.vocabulary), info.length, 16, 16))
    torch.nn.init.normal_(judge.odds.weight)
    judges.save(tmp_path / "mine", judge, info, "tales", TrainConfig(), [])
    state = torch.full((2, info.length), 5)
    again = judges.read(tmp_path / "mine")
    new, belief = (
        torch.ones_like(state, dtype=torch.bool),
        torch.full((2, info.length, len(info.vocabulary)), 0.01),
    )
    assert torch.allclose(again(state[:, None], new, belief), judge(state[:, None], new, belief), atol=0.05)
    (tmp_path / "mine" / "judge.json").write_text("{}")
    with pytest.raises(ValueError, match="judge 'mine' cannot be read"):
        judges.read(tmp_path / "mine")


def test_only_a_model_of_masking_has_a_judge() -> None:
    config = TrainConfig(corpus="tales", steps=10, warmup=0)
    with pytest.raises(ValueError, match="a judge needs a model of masking and its corpus"):
        next(judges.train(config, "tales-uniform", ASSETS))


def test_models_without_a_judge_are_refused_in_one_sentence_and_not_offered_the_sampler() -> None:
    with pytest.raises(ValueError, match="needs a judge of steps, and none was shipped for 'translation'"):
        lab.check(RunConfig(model="translate", sampler="guided"))
    assert "guided" not in lab.serving(lab.model_info("translate"))
    assert "posterior" in lab.serving(lab.model_info("tales-uniform"))


def test_the_shipped_judge_is_small_whole_and_has_a_card() -> None:
    folder = ASSETS / "checkpoints" / "tales-judge"
    assert {one.name for one in folder.iterdir()} <= {
        "README.md", "history.json", "judge.json", "model.safetensors", "state.safetensors"
    }  # fmt: skip
    assert (folder / "README.md").is_file() and (folder / "model.safetensors").stat().st_size <= 4 * 2**20
    record = json.loads((folder / "judge.json").read_text("utf-8"))
    assert dataclasses.asdict(judges.read(folder).config) == record["model"]
    assert len(json.loads((folder / "history.json").read_text("utf-8"))) >= 8
    assert "guided" in lab.serving(lab.model_info("tales"))


def test_the_shipped_judge_repairs_few_steps() -> None:
    """Of 100 tales in 8 steps one or two hold without a judge, two dozen with it and 64 candidates; both count."""
    configs = (RunConfig(sampler=one, steps=8) for one in ("ancestral", "guided:candidates=64"))
    (before, calls, none), (after, all_calls, judged) = (lab.drawn(one, range(100)) for one in configs)
    corpus = lab.corpora["tales"]
    valid = [sum(corpus.check(text).valid for text in texts) for texts in (before, after)]
    assert none == 0 and judged % 64 == 0 and 0 < judged <= 100 * 8 * 64
    assert calls <= 800 and 0 < all_calls - judged <= 800 and valid[1] > valid[0] + 10
