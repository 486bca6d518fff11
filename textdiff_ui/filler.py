"""Widgets that keep what the reader set, made from the registries' parts and knobs."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from textdiff_core import lab
from textdiff_core.registry import Registry
from textdiff_ui import state
from textdiff_ui.frame import escape_markdown
from textdiff_ui.screens import Screen


@dataclasses.dataclass(frozen=True)
class Filler:
    """Widgets of one page that keep what the reader set, and are set anew when `refill`."""

    refill: bool
    on: Screen = state.DENOISE

    def number(
        self, key: str, value: float, label: str, help: str, *, step: float = 1, disabled: bool = False,
        format: str | None = None,
    ) -> Any:  # fmt: skip
        key = self._fill(key, type(step)(value))
        return st.number_input(label, step=step, key=key, help=help, disabled=disabled, format=format)

    def text(self, key: str, value: str, label: str, help: str, *, example: str = "3:fox; 7:den") -> str:
        return st.text_input(label, key=self._fill(key, value), help=help, placeholder=example)

    def area(self, key: str, value: str, label: str, help: str, *, height: int = 100) -> str:
        return st.text_area(label, key=self._fill(key, value), help=help, height=height)

    def slider(self, key: str, value: float, label: str, help: str, *, disabled: bool = False) -> float:
        """A share from 0 to 1."""
        return st.slider(
            label, 0.0, 1.0, step=0.05, key=self._fill(key, value), help=help, disabled=disabled, format="%.2f",
        )  # fmt: skip

    def among(
        self, key: str, options: Sequence[Any], value: Any, label: str, help: str, *, names: Callable[[Any], str] = str
    ) -> Any:  # fmt: skip
        """One of a few values that stand in an order; `value`, or the nearest one there is."""
        value = value if value in options else min(options, key=lambda one: abs(one - value))
        return st.select_slider(label, options, key=self._fill(key, value), help=help, format_func=names)

    def either(self, key: str, options: Sequence[str], value: str, label: str) -> str:
        """One of two or three things that a page can show."""
        key = self._fill(key, value)
        return str(st.segmented_control(label, options, key=key, required=True, label_visibility="collapsed"))

    def choice(
        self, key: str, options: list[str], value: str, label: str, help: str, disabled: bool = False,
        *, names: Callable[[str], str] = str,
    ) -> str:  # fmt: skip
        return st.selectbox(
            label, options, key=self._fill(key, value), help=help, disabled=disabled, format_func=names
        )

    def pick(
        self, registry: Registry[Any], spec: str, label: str, help: str, names: list[str] | None = None,
        *, disabled: bool = False,
    ) -> str:  # fmt: skip
        """A part of the registry with its own knobs, as a spec."""
        part = registry.build(spec)
        name = self.choice(registry.kind, names or list(registry), part.name, label, help, disabled)
        cls = registry[name]
        st.caption(escape_markdown(first_sentence(cls)))
        values = part if type(part) is cls else cls()
        chosen, wrong = {}, []
        for field in lab.knobs(cls):
            key = f"{registry.kind} {name} {field.name}"
            try:
                chosen[field.name] = self.knob(key, field, getattr(values, field.name))
            except ValueError as error:  # told once all knobs are drawn, or those after it would be lost
                wrong.append(error)
        if wrong:
            raise wrong[0]
        return lab.spec(cls(**chosen))

    def knob(self, key: str, field: dataclasses.Field[Any], value: Any) -> Any:
        """One widget for one knob, by the type of its default."""
        meta = field.metadata
        label, help = meta["label"], meta["help"]
        if meta["choices"] is not None:
            return self.choice(key, list(meta["choices"]), value, label, help)
        if isinstance(field.default, bool):
            return st.toggle(label, key=self._fill(key, value), help=help)
        if isinstance(field.default, tuple):
            text = st.text_input(label, key=self._fill(key, "/".join(f"{v:g}" for v in value)), help=help)
            return _numbers(label, text)
        if meta["min"] is None or meta["max"] is None:
            return self.number(key, value, label, help, step=meta["step"] or type(field.default)(1))
        number = type(field.default)
        bounds = {name: number(meta[name]) for name in ("min", "max")}
        step = number(meta["step"] or (bounds["max"] - bounds["min"]) / 100)
        return st.slider(
            label, bounds["min"], bounds["max"], step=step, key=self._fill(key, value), help=help,
            format="%d" if number is int else "%.5g",
        )  # fmt: skip

    def _fill(self, key: str, value: Any) -> str:
        key = self.on.key(key if key.startswith("set_") else f"set_{key}")
        if self.refill or key not in st.session_state:
            st.session_state[key] = value
        return key


def first_sentence(part: type) -> str:
    """The first line of a part's docstring."""
    return inspect.cleandoc(part.__doc__ or "").partition("\n")[0]


def _numbers(label: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(item) for item in text.split("/"))
    except ValueError:
        raise ValueError(f"{label} must be numbers joined by '/', got {text[:60]!r}") from None
