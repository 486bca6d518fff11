"""Registries, knobs and specs."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textdiff_core.losses import losses
from textdiff_core.registry import Part, Registry, knob, knobs, spec
from textdiff_core.samplers import samplers
from textdiff_core.schedules import grids, schedules

REGISTRIES = [schedules, grids, samplers, losses]
PARTS = [(registry, name) for registry in REGISTRIES for name in registry]
each_part = pytest.mark.parametrize(("registry", "name"), PARTS, ids=[f"{r.kind}-{n}" for r, n in PARTS])


@dataclasses.dataclass(frozen=True)
class Kettle(Part):
    """A part with a knob of every kind."""

    whistle: bool = knob(False, label="Whistle", help="Aloud.")
    cups: int = knob(4, label="Cups", help="How many.", min=1, max=9)
    heat: float = knob(0.5, label="Heat", help="How hot.", min=0.0, max=1.0)
    kind: str = knob("tea", label="Kind", help="Of drink.", choices=("tea", "water"))
    pours: tuple[float, ...] = knob((1.0, 0.5), label="Pours", help="When.")


KETTLES: Registry[Kettle] = Registry("kettle")
KETTLES.register("kettle")(Kettle)


@each_part
def test_a_part_builds_from_its_name_and_names_itself(registry, name) -> None:
    part = registry.build(name)
    assert spec(part) == name and type(part) is registry[name]


@each_part
def test_a_part_explains_itself(registry, name) -> None:
    """Its class has a docstring; each knob has a label, a help and a default inside its bounds."""
    part = registry[name]
    assert part.__doc__ and not part.__doc__.startswith(part.__name__ + "(")
    for field in knobs(part):
        assert field.metadata["label"] and field.metadata["help"]
        assert field.default is not dataclasses.MISSING


@each_part
def test_each_knob_takes_its_bounds_and_nothing_beyond(registry, name) -> None:
    part = registry[name]
    for field in knobs(part):
        low, high = field.metadata["min"], field.metadata["max"]
        if low is None or high is None:
            continue
        for value in (low, high):
            made = part(**{field.name: type(field.default)(value)})
            assert registry.build(spec(made)) == made
        for value in (low - 1, high + 1, float("nan")):
            with pytest.raises(ValueError, match=f"knob '{field.name}' must be"):
                part(**{field.name: value})


@given(
    whistle=st.booleans(), cups=st.integers(1, 9), heat=st.floats(0, 1),
    kind=st.sampled_from(["tea", "water"]), pours=st.lists(st.floats(-9, 9), min_size=1, max_size=4).map(tuple),
)  # fmt: skip
def test_a_spec_builds_the_same_part_again(**values) -> None:
    kettle = Kettle(**values)
    assert KETTLES.build(spec(kettle)) == kettle


def test_a_spec_tells_only_what_differs_from_the_defaults() -> None:
    assert spec(Kettle()) == "kettle"
    assert spec(Kettle(cups=5, whistle=True, pours=(2.0, 1.5))) == "kettle:whistle=true,cups=5,pours=2/1.5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ketle", r"unknown kettle 'ketle' \(did you mean 'kettle'\?\); there are: kettle"),
        ("", "unknown kettle ''"),
        ("kettle:lid=3", "has no knob 'lid'; its knobs: whistle, cups, heat, kind, pours"),
        ("kettle:cups", "has no knob 'cups'"),
        ("kettle:cups=four", "must be a whole number, got 'four'"),
        ("kettle:cups=4.5", "must be a whole number"),
        ("kettle:cups=10", r"knob 'cups' must be 1\.\.9, got 10"),
        ("kettle:heat=warm", "must be a number, got 'warm'"),
        ("kettle:heat=inf", "must be 0..1, got inf"),
        ("kettle:whistle=1", "must be true or false, got '1'"),
        ("kettle:kind=milk", "must be one of tea, water, got 'milk'"),
        ("kettle:pours=1/x", "must be numbers joined by '/', got '1/x'"),
    ],
)
def test_a_wrong_spec_is_answered_with_what_is_allowed(text, message) -> None:
    with pytest.raises(ValueError, match=message):
        KETTLES.build(text)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="kettle 'kettle' is registered twice"):
        KETTLES.register("kettle")(Kettle)


def test_a_registry_is_a_mapping() -> None:
    assert list(KETTLES) == ["kettle"] and "kettle" in KETTLES and "pan" not in KETTLES and len(KETTLES) == 1
    assert dict(KETTLES) == {"kettle": Kettle}
