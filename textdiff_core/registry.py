"""Registries of interchangeable parts, their knobs, and the one-line specs that name them.

A part (schedule, grid, sampler, ...) is a frozen dataclass that derives from `Part`; a knob is a field
made with `knob(...)`. A *spec* is the part's name with the knobs that differ from their defaults,
"polynomial:k=3" for example: hashable, JSON-able, and fit for a URL and a command line alike.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar


def knob(
    default: Any,
    *,
    label: str,
    help: str,
    min: float | None = None,
    max: float | None = None,
    step: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A dataclass field that a person may set; bounds are checked when the part is made.

    Args:     default: value when nothing is said; its type (bool, int, float, str, tuple) is the knob's type.
              min, max, step: bounds (inclusive) and slider step, in the knob's own unit.
              choices: the allowed strings, for a knob that is one of a few words.
    """
    return dataclasses.field(
        default=default,
        metadata={"label": label, "help": help, "min": min, "max": max, "step": step, "choices": choices},
    )


@dataclasses.dataclass(frozen=True)
class Part:
    """Base of everything a Registry holds: checks its knobs when it is made.

    Raises:   ValueError: a knob outside its bounds, not finite, or not among its choices.
    """

    def __post_init__(self) -> None:
        for field in knobs(type(self)):
            value, meta = getattr(self, field.name), field.metadata
            name = f"{type(self).__name__.lower()} knob {field.name!r}"
            if meta["choices"] is not None and value not in meta["choices"]:
                raise ValueError(f"{name} must be one of {', '.join(meta['choices'])}, got {value!r}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            low = -math.inf if meta["min"] is None else meta["min"]
            high = math.inf if meta["max"] is None else meta["max"]
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} must be {low:g}..{high:g}, got {value:g}")


def knobs(part: type[Part]) -> list[dataclasses.Field[Any]]:
    """The fields of `part` that a person may set, in the order of their definition."""
    return [field for field in dataclasses.fields(part) if "label" in field.metadata]


P = TypeVar("P", bound=Part)


class Registry(Mapping[str, type[P]], Generic[P]):
    """A mapping from name to class; an unknown name is answered with the names there are.

    Example:
    >>> shapes: Registry[Part] = Registry("shape")
    >>> @shapes.register("round")
    ... @dataclasses.dataclass(frozen=True)
    ... class Round(Part):
    ...     size: float = knob(1.0, label="Size", help="How big.", min=0.0, max=9.0)
    >>> shapes.build("round:size=2").size
    2.0
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type[P]] = {}

    def register(self, name: str) -> Any:
        """Class decorator that files the class under `name` and sets its `name` attribute."""

        def add(cls: type[P]) -> type[P]:
            if name in self._classes:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            cls.name = name  # type: ignore[attr-defined]
            self._classes[name] = cls
            return cls

        return add

    def __getitem__(self, name: str) -> type[P]:
        try:
            return self._classes[name]
        except KeyError:
            near = difflib.get_close_matches(name, self._classes, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise ValueError(
                f"unknown {self.kind} {name!r}{hint}; there are: {', '.join(self._classes)}"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def build(self, spec: str) -> P:
        """The part that `spec` describes.

        Args:     spec: "name" or "name:knob=value,knob=value"; a tuple's items are joined by "/".
        Raises:   ValueError: unknown name or knob, or a value that the knob does not take.
        """
        name, _, rest = spec.partition(":")
        cls = self[name]
        known = {field.name: field for field in knobs(cls)}
        values: dict[str, Any] = {}
        for item in filter(None, rest.split(",")):
            key, equals, text = item.partition("=")
            if key not in known or not equals:
                allowed = ", ".join(known) or "none"
                raise ValueError(f"{self.kind} {name!r} has no knob {key!r}; its knobs: {allowed}")
            values[key] = _parse(text, known[key].default, f"{self.kind} {name!r} knob {key!r}")
        return cls(**values)


def spec(part: Part) -> str:
    """The spec that builds `part` again: its name and the knobs that differ from their defaults."""
    changed = [
        f"{field.name}={_format(getattr(part, field.name))}"
        for field in knobs(type(part))
        if getattr(part, field.name) != field.default
    ]
    return part.name + (":" + ",".join(changed) if changed else "")  # type: ignore[attr-defined]


def _parse(text: str, default: Any, where: str) -> Any:
    if isinstance(default, bool):
        if text not in ("true", "false"):
            raise ValueError(f"{where} must be true or false, got {text!r}")
        return text == "true"
    try:
        if isinstance(default, tuple):
            return tuple(float(item) for item in text.split("/"))
        return type(default)(text)
    except ValueError:
        kind = {int: "a whole number", float: "a number", tuple: "numbers joined by '/'"}[type(default)]
        raise ValueError(f"{where} must be {kind}, got {text!r}") from None


def _format(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "/".join(_format(float(item)) for item in value)
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
