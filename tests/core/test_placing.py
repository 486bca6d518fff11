"""Where a loose word goes: the place that the model gives it the highest probability, asked about by its definition."""

import itertools

import numpy as np
import pytest
import torch

from textdiff_core import lab, placing
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.placing import fits
from textdiff_core.writing import WriteConfig

V, L = 7, 11


def network() -> TransformerDenoiser:
    torch.manual_seed(1)
    return TransformerDenoiser(TransformerConfig(num_words=V, length=L, width=16, depth=1, heads=2)).eval()


def by_definition(
    net: TransformerDenoiser, draft: np.ndarray, places: list[int], ids: list[int], at: int
) -> float:
    """ln p(word at `at` | the rest), all `places` hidden, piece by piece."""
    x = torch.from_numpy(draft).clone()[None]
    for place in places:
        x[0, place : place + len(ids)] = V
    total = 0.0
    for piece, id in enumerate(ids):
        with torch.no_grad():
            total += float(net(x)[0, at + piece].double().log_softmax(-1)[id])
        for place in places:  # what is asked beside it gets the same word
            x[0, place + piece] = id
    return total


@pytest.mark.parametrize("ids", [[3], [2, 5]])
def test_it_is_the_probability_by_its_definition(ids: list[int]) -> None:
    net, k = network(), len(ids)
    draft = np.random.default_rng(0).integers(0, V, L)
    free = np.ones(L, dtype=bool)
    free[[0, 6]] = False
    found = fits(net, draft, free, ids, V)
    starts = [i for i in range(L - k + 1) if free[i : i + k].all()]
    assert set(np.flatnonzero(np.isfinite(found))) == set(starts)
    for at in starts:
        beside = [i for i in starts if i % (2 * k) == at % (2 * k)]
        assert found[at] == pytest.approx(by_definition(net, draft, beside, ids, at), abs=1e-5)


def test_no_two_places_asked_about_at_once_touch() -> None:
    for k in (1, 2, 3):
        rows = [[i for i in range(L - k + 1) if i % (2 * k) == row] for row in range(2 * k)]
        assert all(b - a >= 2 * k for row in rows for a, b in itertools.pairwise(row))


def test_where_nothing_is_free_nothing_is_found() -> None:
    assert np.isneginf(fits(network(), np.zeros(L, dtype=np.int64), np.zeros(L, dtype=bool), [1], V)).all()


def test_loose_words_get_places_of_their_own_beside_what_is_given() -> None:
    config = WriteConfig(
        register="verses", begin="in those days", must="gold, old shepherd, 20:river", seed=3
    )
    info = lab.model_info(config.model)
    plans = list(placing.plan(lab.load(config.model).denoiser, config, num=2))
    done = [plan.done for plan in plans]
    assert done == sorted(done) and done[-1] == 1 and len(plans[-1].runs) == 2
    for run, places in zip(plans[-1].runs, plans[-1].places, strict=True):
        lab.check(run)
        kept = dict(run.keep)
        assert (kept[2], kept[3], kept[4], kept[20]) == (" in", " those", " days", " river")
        assert {place.word for place in places} == {"gold", "old shepherd"}
        for place in places:
            for at, piece in enumerate(info.vocabulary.split(place.word), place.position):
                assert kept[at] == piece
            assert 0 < place.p <= 1
        assert len(kept) == 4 + sum(len(info.vocabulary.split(place.word)) for place in places)
    again = list(placing.plan(lab.load(config.model).denoiser, config, num=2))[-1]
    assert again.runs == plans[-1].runs


def test_without_loose_words_no_network_is_asked() -> None:
    (plan,) = placing.plan(None, WriteConfig(title="soup"))
    assert plan.done == 1 and len(plan.runs) == 3 and plan.places == ((), (), ())


def test_a_word_without_room_is_refused() -> None:
    config = WriteConfig(
        register="verses", length=20, must="4:a, 7:a, 10:a, 13:a, 16:a, 19:a, one two three four five"
    )
    with pytest.raises(ValueError, match="there are no 5 free cells in a row for 'one two three four five'"):
        list(placing.plan(lab.load(config.model).denoiser, config, num=1))
