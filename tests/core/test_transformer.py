"""The transformer denoiser."""

import pytest
import torch

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser, rotary_tables, rotate
from textdiff_core.draws import step_rng

V, L = 9, 7
STATE = torch.randint(V + 1, (3, L), generator=step_rng(0, 0))


def random_denoiser(**changes) -> TransformerDenoiser:
    """With no weight at its initial zero, in float64."""
    torch.manual_seed(0)
    denoiser = TransformerDenoiser(
        TransformerConfig(V, L, **({"width": 16, "depth": 2, "heads": 2} | changes))
    )
    with torch.no_grad():
        for value in denoiser.parameters():
            value.normal_(std=0.5)
    return denoiser.double().requires_grad_(False)


def test_it_answers_for_every_cell_or_for_the_cells_asked() -> None:
    """(B, L, V), or the same rows for the cells in `where`, within 1e-12."""
    denoiser, where = random_denoiser(), STATE == V
    whole = denoiser(STATE)
    assert whole.shape == (3, L, V)
    assert float((denoiser(STATE, where=where) - whole[where]).abs().max()) < 1e-12


def test_rows_do_not_see_each_other_and_cells_do() -> None:
    denoiser = random_denoiser()
    whole = denoiser(STATE)
    assert float((denoiser(STATE[1:2]) - whole[1:2]).abs().max()) < 1e-12
    changed = STATE.clone()
    changed[0, -1] = (changed[0, -1] + 1) % V
    moved = (denoiser(changed) - whole).abs().amax(-1)
    assert bool((moved[0] > 1e-9).all()) and float(moved[1:].max()) < 1e-12


def test_it_knows_the_order_of_cells() -> None:
    """Turning the text around does not merely turn the answer around."""
    denoiser = random_denoiser()
    assert float((denoiser(STATE.flip(-1)).flip(-1) - denoiser(STATE)).abs().max()) > 1e-3


def test_attention_sees_distances_only() -> None:
    """Products of rotated vectors depend on how far apart their cells are, within 1e-5 (float32)."""
    cos, sin = rotary_tables(20, 8)
    q, k = (torch.randn(8, generator=step_rng(1, i)).expand(20, 8) for i in range(2))
    products = rotate(q, cos, sin) @ rotate(k, cos, sin).T
    for distance in range(-19, 20):
        diagonal = products.diagonal(distance)
        assert float((diagonal - diagonal[0]).abs().max()) < 1e-5
    assert float((rotate(q, cos, sin).norm(dim=-1) - q.norm(dim=-1)).abs().max()) < 1e-5


def test_at_the_start_all_words_are_alike() -> None:
    denoiser = TransformerDenoiser(TransformerConfig(V, L, 16, 2, 2))
    assert bool((denoiser(STATE) == 0).all())


def test_time_is_used_only_when_asked_for() -> None:
    t, s = torch.full((3,), 0.9), torch.full((3,), 0.2)
    plain, timed = random_denoiser(), random_denoiser(time_conditioning=True)
    assert torch.equal(plain(STATE, t), plain(STATE, s))
    assert float((timed(STATE, t) - timed(STATE, s)).abs().max()) > 1e-3
    with pytest.raises(ValueError, match="its share is needed"):
        timed(STATE)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"width": 0}, "at least 1"),
        ({"depth": -1}, "at least 1"),
        ({"width": 18, "heads": 4}, "multiple of 2"),
    ],
)
def test_sizes_must_fit(sizes, message) -> None:
    with pytest.raises(ValueError, match=message):
        TransformerConfig(V, L, **sizes)


def test_attention_is_what_the_blocks_mix_by() -> None:
    denoiser = random_denoiser()
    state = torch.randint(V + 1, (3, L), generator=torch.Generator().manual_seed(2))
    shares = denoiser.attention(state)
    assert shares.shape == (2, 3, 2, L, L)
    torch.testing.assert_close(shares.sum(-1), torch.ones(2, 3, 2, L).double())
    block = denoiser.blocks[0]
    x = denoiser.embedding(state) + denoiser.place
    *_, v = block.looks(x, denoiser.cos, denoiser.sin)
    mixed = (shares[0] @ v).transpose(1, 2).reshape(3, L, -1)
    after = x + block.out(mixed)
    torch.testing.assert_close(
        block(x, denoiser.cos, denoiser.sin),
        after + block.down(block.up(block.norm_feed(after)).relu().square()),
    )
