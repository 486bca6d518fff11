"""The oracle denoiser beyond Bayes' rule, which test_facts.py holds it to."""

import pytest
import torch

from textdiff_core.denoisers.oracle import OracleDenoiser
from textdiff_core.processes import Absorbing
from textdiff_core.schedules import Linear

TEXTS = torch.tensor([[0, 1], [0, 2], [1, 2]])
MASKS = Absorbing(3, Linear())


def test_it_answers_for_the_cells_asked() -> None:
    oracle, state = OracleDenoiser(TEXTS, MASKS), torch.tensor([[3, 3], [0, 3]])
    where = state == 3
    assert torch.equal(oracle(state, where=where), oracle(state)[where])
    assert oracle(state).dtype == torch.float64
    assert oracle(state).exp()[1, 1].tolist() == [0, 0.5, 0.5]


def test_weights_are_probabilities_up_to_a_factor() -> None:
    state = torch.tensor([[3, 3]])
    once = OracleDenoiser(TEXTS, MASKS, torch.tensor([1.0, 2.0, 5.0]))(state).exp()
    assert torch.allclose(
        once[0, 0], torch.tensor([0.375, 0.625, 0.0], dtype=torch.float64), rtol=0, atol=1e-15
    )


def test_where_no_text_agrees_it_tells_the_corpus_frequencies() -> None:
    oracle = OracleDenoiser(TEXTS, MASKS)
    lost = oracle(torch.tensor([[2, 3]])).exp()[0, 1]
    assert torch.allclose(lost, torch.tensor([0, 1 / 3, 2 / 3], dtype=torch.float64), rtol=0, atol=1e-15)


@pytest.mark.parametrize("texts", [torch.zeros(3, dtype=torch.int64), torch.zeros(0, 2, dtype=torch.int64)])
def test_texts_must_be_a_table(texts) -> None:
    with pytest.raises(ValueError, match=r"texts must have shape \(n, L\)"):
        OracleDenoiser(texts, MASKS)
