"""Pictures of translations: what is drawn is what was counted, and the same in words."""

from textdiff_core.translating import FORMS, ORDERS, STEPS, Matches
from textdiff_ui import cache
from textdiff_ui.translate_plots import by_form, by_steps, told_forms, told_steps

ONE = Matches(
    {("number", "fr"): 10, ("date", "en"): 8, ("date", "de"): 2},
    {("number", "fr"): 9, ("date", "en"): 2, ("date", "de"): 2},
)


def test_the_curve_has_a_line_for_each_order_and_one_where_forms_compete() -> None:
    rows = {"random": {1: ONE, 12: ONE}, "confidence": {1: ONE}}
    chart = by_steps(rows)
    lines = {line.name: (list(line.x), [round(y, 3) for y in line.y]) for line in chart.data}
    assert lines == {
        "random order": (["1", "12"], [0.65, 0.65]),
        "confidence order": (["1"], [0.65]),
        "random, where two forms are right": (["1", "12"], [0.25, 0.25]),
    }
    assert "65.0% of 20 in 12" in told_steps(rows) and "two forms are right: 25.0% of 8 in 1" in told_steps(
        rows
    )


def test_kinds_and_forms_without_pairs_are_not_drawn() -> None:
    marks = {line.name: dict(zip(line.x, line.y, strict=True)) for line in by_form(ONE).data}
    assert marks == {"numbers": {"French": 0.9}, "dates": {"English": 0.25, "German": 1.0}}
    assert told_forms(ONE).count("into") == 3
    assert by_steps({"random": {}, "confidence": {}}).data == ()


def test_the_recorded_curve_is_whole_and_shows_the_price_of_few_steps() -> None:
    recorded = cache.recorded_matches("translate")
    assert recorded is not None and list(recorded.rows) == list(ORDERS)
    for found in recorded.rows.values():
        assert tuple(found) == STEPS and all(one.of()[1] == recorded.pairs for one in found.values())
        right, num = found[1].of_two_ways
        assert right < num / 10 and all(found[1].of(to=form)[1] > 100 for form in FORMS)
