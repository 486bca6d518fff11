"""What is said of both models where no truth is known: who wins, as far as the numbers tell, and no more."""

import dataclasses

import pytest

from textdiff_core import against
from textdiff_core.against import BLIND, CAUSAL, MASKED, ONE, REAL, WORD_BY_WORD, Found, Mean, Middle, Nats
from textdiff_ui import autoregressive_plots, autoregressive_verdicts


def row(perplexity: float | None, half: float = 5.0) -> dict[str, float]:
    read = {} if perplexity is None else {
        "perplexity": perplexity, "perplexity_low": perplexity - half, "perplexity_high": perplexity + half
    }  # fmt: skip
    return {
        "distinct_rate": 1.0,
        "distinct_2": 0.5,
        "sample_entropy": 3.25,
        "texts": 9,
        "calls": 64.0,
        **read,
    }


@pytest.mark.parametrize(
    ("apart", "says"),
    [
        (12.0, "autoregression wins, as far as a bound can tell"),
        (-12.0, "diffusion wins, and by that or more"),
        (3.0, "no difference that so few texts could show"),
        (-3.0, "no difference that so few texts could show"),
    ],
)
def test_a_bound_never_says_more_than_it_can(apart, says) -> None:
    nats = {CAUSAL: Nats(9, 200.0, 20.0, False), MASKED: Nats(9, 200.0 + apart, 20.0, True)}
    (sentence,) = autoregressive_verdicts.of_text(Found(None, nats=nats, apart=Mean(9, apart, 4.0)), "piece")
    assert says in sentence and "at most" in sentence and f"{apart:.1f} ± 4.0" in sentence


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [(80, 60, "autoregression wins"), (60, 80, "diffusion wins"), (62, 66, "no difference")],
)
def test_a_third_model_is_quoted_only_beyond_its_intervals_and_beside_diversity(ours, theirs, says) -> None:
    found = Found(None, {REAL: row(40), ONE: row(theirs), WORD_BY_WORD: row(ours)})
    (sentence,) = autoregressive_verdicts.of_text(found, "piece")
    assert says in sentence and "one piece a call" in sentence and "diversity" in sentence
    table = autoregressive_plots.written_table(found)
    assert "perplexity" in table and "distinct-2" in table and "every rule holds" not in table
    unread = Found(None, {REAL: row(None), ONE: row(None), WORD_BY_WORD: row(None)})
    (sentence,) = autoregressive_verdicts.of_text(unread, "piece")
    assert "nothing here reads them" in sentence and "wins" not in sentence
    assert "perplexity" not in autoregressive_plots.written_table(unread)


def test_what_the_end_is_worth_is_the_same_model_with_and_without_it() -> None:
    nats = {CAUSAL: 5.0, BLIND: 5.4, MASKED: 4.1}
    middle = Middle(Mean(9, 0.125, 0.02), 2.5, 0.75, 55.5)
    found = Found(
        None,
        costs={reader: {n: Mean(9, value, 0.3) for n in (4, 8, 16)} for reader, value in nats.items()},
        middles={way: {8: middle} for way in (REAL, ONE, WORD_BY_WORD)},
    )
    (sentence,) = autoregressive_verdicts.of_text(found, "piece")
    assert "With 8 pieces missing" in sentence and "seeing the end is worth 1.30" in sentence
    assert "12.5% ± 2.0%" in sentence and "right" not in sentence and "diffusion wins" in sentence
    chart = autoregressive_plots.costs(found, "piece")
    assert len(chart.data) == 3 and list(chart.data[0].x) == [4, 8, 16]
    assert "4.10 ± 0.30 at 8" in autoregressive_plots.told_costs(found, "piece")
    table = autoregressive_plots.middles_table(found)
    assert table.count("<tr>") == 4 and table.count("55.5") == 3 and table.count("12.5%") == 2
    unread = dataclasses.replace(middle, perplexity=0.0)
    assert "perplexity" not in autoregressive_plots.middles_table(Found(None, middles={ONE: {8: unread}}))


def test_nothing_measured_is_nothing_said() -> None:
    assert autoregressive_verdicts.of_text(Found(None), "piece") == []
    assert against.to_json(Found(None)) == {"entropy": None}
