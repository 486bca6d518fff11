"""The transformer denoiser where cells hold vectors."""

import pytest
import torch

from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.draws import step_rng
from textdiff_core.processes import Gaussian

V, L = 9, 7
SIZES = {"width": 16, "depth": 2, "heads": 2}


def random_denoiser(**flags) -> TransformerDenoiser:
    """With no weight at its initial zero, in float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        denoiser = TransformerDenoiser(TransformerConfig(V, L, **SIZES, **flags))
        with torch.no_grad():
            for value in denoiser.parameters():
                value.normal_(std=0.5)
    return denoiser.double().requires_grad_(False)


def test_a_denoiser_of_masked_text_is_a_start() -> None:
    """Taken over, it answers for clean words as it did for their ids and for even shares as for noise, within 1e-12;
    the level of noise and an earlier answer have no effect until they are trained."""
    masked = random_denoiser()
    vectors = TransformerDenoiser(TransformerConfig(V, L, **SIZES, **Gaussian.network)).double()
    vectors.requires_grad_(False)
    vectors.take_over(masked)
    words = torch.randint(V, (3, L), generator=step_rng(1, 0))
    words[0, 2:4] = V
    clean = torch.nn.functional.one_hot(words, V + 1)[..., :-1].double()
    clean[0, 2:4] = 1 / V
    noise = torch.full((3,), 0.4, dtype=torch.float64)
    for previous in (None, clean.roll(1, -1)):
        told = vectors(clean * 0.3, noise, belief=clean, previous=previous)
        assert float((told - masked(words)).abs().max()) < 1e-12
    with pytest.raises(ValueError, match="reads vectors"):
        vectors(clean, noise)


def test_all_that_it_is_told_matters() -> None:
    denoiser = random_denoiser(**Gaussian.network)
    state, belief, previous = (torch.rand(3, L, V, generator=step_rng(2, k)).double() for k in range(3))
    noise, where = torch.full((3,), 0.5).double(), torch.rand(3, L, generator=step_rng(2, 3)) < 0.5
    plain = denoiser(state, noise, belief=belief, previous=previous)
    for change in (
        {"belief": belief * 0.5},
        {"previous": None},
        {"noise": noise * 0.5},
        {"state": state * 0.5},
    ):
        told = denoiser(**({"state": state, "noise": noise, "belief": belief, "previous": previous} | change))
        assert float((told - plain).abs().max()) > 1e-6
    cells = denoiser(state, noise, where=torch.ones_like(where), belief=belief, previous=previous)
    assert float((cells - plain.flatten(0, 1)).abs().max()) < 1e-12


def test_a_map_of_the_words() -> None:
    """Centred, its axes at right angles, the longer first, the farthest word at 1; the same when all signs turn."""
    denoiser = random_denoiser(**Gaussian.network)
    points = denoiser.word_points()
    assert points.shape == (V, 2) and abs(float(points.norm(dim=-1).max()) - 1) < 1e-12
    assert float(points.mean(0).abs().max()) < 1e-12 and abs(float(points[:, 0] @ points[:, 1])) < 1e-12
    assert float(points[:, 0].norm()) >= float(points[:, 1].norm())
    denoiser.embedding.weight.neg_()
    turned = denoiser.word_points()
    same = (turned - points).abs().amax(0) < 1e-9
    other = (turned + points).abs().amax(0) < 1e-9
    assert bool((same | other).all()) and bool((turned.gather(0, turned.abs().argmax(0)[None]) > 0).all())
