"""Several words at once on listed languages: against enumeration that shares no code, and against numbers by hand."""

import math

import numpy as np
import pytest

from tests.core import exact
from tests.core.exact import LONGER, TABLE
from tests.core.propagation import propagate
from textdiff_core.joint import RULES, TOYS, Language, divergence, listed, predicted, reached, times


def language(p: np.ndarray) -> Language:
    return Language.of({"".join("abc"[i] for i in x): float(p[x]) for x in exact.texts(p)})


FOUR = (
    np.random.default_rng(4).dirichlet(np.full(16, 0.5)).reshape(2, 2, 2, 2)
)  # so that two words a step are even


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("table", [TABLE, LONGER, FOUR], ids=["two cells", "three cells", "four cells"])
def test_so_many_words_a_step_end_where_enumeration_says(rule: str, table: np.ndarray) -> None:
    for words in [n for n in range(1, table.ndim + 1) if table.ndim % n == 0]:
        stated = propagate(table, rule, table.ndim // words).flatten()
        np.testing.assert_allclose(reached(language(table), rule, words), stated, atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_all_at_once_is_the_product_of_the_marginals(rule: str) -> None:
    ours = language(LONGER)
    np.testing.assert_allclose(ours.product, exact.product(LONGER).flatten(), atol=1e-14)
    np.testing.assert_allclose(reached(ours, rule, 3), ours.product, atol=1e-14)


def test_total_correlation_is_what_the_entropies_of_the_cells_have_too_much() -> None:
    ours = language(LONGER)
    too_much = sum(exact.entropy(marginal) for marginal in exact.marginals(LONGER)) - exact.entropy(LONGER)
    assert divergence(ours.joint, ours.product) == pytest.approx(too_much, abs=1e-12)
    assert ours.entropies.sum() - ours.entropy == pytest.approx(too_much, abs=1e-12)


def test_abab_or_baba_by_hand() -> None:
    """One letter is drawn freely and the step's others agree with it by chance: 1 / 2 for each of them."""
    for one in predicted(listed("ABAB or BABA", 0.5), "random"):
        assert one.impossible == pytest.approx(1 - 0.5 ** (one.words - 1), abs=1e-12)
        assert one.distance == pytest.approx(one.impossible, abs=1e-12)
        assert one.ignored == pytest.approx((one.words - 1) * math.log(2), abs=1e-12)


def test_which_words_are_written_together_counts_and_not_how_many() -> None:
    """Three of the four letters are independent, so three a step are exact and two are not: the last two depend."""
    impossible = [one.impossible for one in predicted(listed("an even number of B", 0.5), "random")]
    assert impossible == pytest.approx([0, 0.5, 0, 0.5], abs=1e-12)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_ignored_bounds_what_breaks(toy: str, rule: str, share: float) -> None:
    """The share that stays possible is at least exp(-KL), whatever the language and the rule."""
    ours = listed(toy, share)
    for one in predicted(ours, rule):
        assert one.reached.sum() == pytest.approx(1, abs=1e-12)
        assert 1 - one.impossible >= math.exp(-one.ignored) - 1e-12
        assert one.ignored >= -1e-12 and 0 <= one.distance <= 1 + 1e-12


def test_times_write_so_many_words_and_then_the_rest() -> None:
    np.testing.assert_allclose(times(4, 3), [1, 0.25, 0])
    np.testing.assert_allclose(times(4, 2), [1, 0.5, 0])
