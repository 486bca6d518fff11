"""Pictures of translated verses: what is drawn is what was measured, beside copying, and the same in words."""

import pytest

from textdiff_core.verses import ORDERS, STEPS, Recorded, Score
from textdiff_ui import cache
from textdiff_ui.verse_plots import by_steps, told_steps


def score(chrf: float, bleu: float) -> Score:
    return Score(chrf, 1.5, 0.01, bleu, 2.0, 0.01, copied=0.1, equal=0.02, archaic=0.01, length=1.0)


ONE = Recorded(
    "measure", "2026-11-27", 0, {}, 300, 0.0, copy=score(60, 40), listed=score(65, 50), reference=score(100, 100),
    rows={"left-to-right": {1: score(50, 20), 31: score(66, 48)}, "confidence": {31: score(62, 41)}},
)  # fmt: skip


@pytest.mark.parametrize(("measure", "ends"), [("chrf", (50, 66)), ("bleu", (20, 48))])
def test_each_order_is_a_line_with_its_intervals_and_copying_is_marked(
    measure: str, ends: tuple[int, int]
) -> None:
    chart = by_steps(ONE, measure)
    first, second = chart.data
    assert (first.name, tuple(first.x), tuple(first.y)) == ("left-to-right order", ("1", "31"), ends)
    assert second.name == "confidence order" and len(second.y) == 1
    assert tuple(first.error_y.array) == (getattr(score(0, 0), f"{measure}_half"),) * 2
    copied = getattr(ONE.copy, measure)
    assert chart.layout.shapes[0].y0 == copied and f"{copied:.1f}" in chart.layout.annotations[0].text
    told = told_steps(ONE, measure)
    assert f"{ends[0]:.1f} in 1, {ends[1]:.1f} in 31" in told and f"the source copied: {copied:.1f}" in told


def test_the_record_of_the_shipped_model_is_whole() -> None:
    recorded = cache.recorded_verses("modern")
    assert recorded is not None and tuple(recorded.rows) == ORDERS
    assert all(tuple(found) == STEPS for found in recorded.rows.values())
