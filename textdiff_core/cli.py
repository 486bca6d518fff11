"""The command line's grammar: options made from dataclass fields and their docstrings, help from registries.

A new field of a config, a new sampler or a new knob appears here by itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from textdiff_core.records import Edit, RunConfig, parse_keep
from textdiff_core.registry import Registry, knobs
from textdiff_core.training_records import TrainConfig


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose complaints are ValueErrors of one sentence, and whose help keeps its lines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def reader(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """`read` for argparse: the sentence of its ValueError reaches the person who typed."""

    def parse(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parse


@reader
def whole(text: str) -> int:
    """A whole number. Raises ArgumentTypeError with what was given."""
    if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text):
        raise ValueError(f"must be a whole number, got {text[:60]!r}")
    return int(text)


@reader
def number(text: str) -> float:
    """A number. Raises ArgumentTypeError with what was given."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"must be a number, got {text[:60]!r}") from None


@reader
def count(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError with what was given."""
    value = int(text) if re.fullmatch(r"\d{1,7}", text) else 0
    if value < 1:
        raise ValueError(f"must be a whole number 1..9999999, got {text[:60]!r}")
    return value


@reader
def minutes(text: str) -> float:
    """A time in minutes above 0. Raises ArgumentTypeError with what was given."""
    value = number(text)
    if not value > 0:
        raise ValueError(f"must be above 0 minutes, got {text[:60]!r}")
    return float(value)


@reader
def edits(text: str) -> tuple[Edit, ...]:
    """Edits joined by ";". Raises ArgumentTypeError with what was given."""
    return tuple(Edit.parse(item) for item in text.split(";") if item.strip())


# How a value is typed: by the field's name where its form is special, else by its type.
READERS: dict[Any, Callable[[str], Any]] = {
    "keep": reader(parse_keep), "edits": edits, "length": whole, int: whole, float: number, str: str,
}  # fmt: skip


SPEC = "NAME[:KNOB=VALUE,..]"
FORMS = {
    "sampler": SPEC, "grid": SPEC, "schedule": SPEC, "loss": SPEC, "optimizer": SPEC, "keep": "'3:fox;7:den'",
    "edits": "'26:6,23;40:2@5'",
}  # fmt: skip


def attribute_docs(cls: type) -> dict[str, str]:
    """What the "Attributes:" part of a dataclass's docstring says of each field; fields may share a sentence."""
    names = "|".join(field.name for field in dataclasses.fields(cls))
    part = (cls.__doc__ or "").partition("Attributes:")[2].split("\n\n")[0]
    text = " ".join(part.split()).replace("(see `registry`)", "(listed below)")
    heads = list(re.finditer(rf"\b((?:{names})(?:, (?:{names}))*): ", text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    docs: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=True):
        docs |= dict.fromkeys(head[1].split(", "), text[head.end() : end].strip(" ;"))
    return docs


def add_fields(
    parser: argparse.ArgumentParser, cls: type, choices: Mapping[str, Sequence[str]] | None = None,
    only: Sequence[str] = (),
) -> None:  # fmt: skip
    """One option for each field of a dataclass; an option that is not given leaves no trace in the result.

    Args:     only: names of the fields that become options; () is all.
    """
    docs, types = attribute_docs(cls), get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if only and field.name not in only:
            continue
        told = docs[field.name].rstrip(".")
        told += f" (default: {field.default})" if field.default not in (None, ()) else ""
        option, given = (
            f"--{field.name.replace('_', '-')}",
            {"default": argparse.SUPPRESS, "help": _plain(told)},
        )
        if types[field.name] is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, **given)  # type: ignore[arg-type]
            continue
        read = READERS.get(field.name) or READERS[types[field.name]]
        allowed = (choices or {}).get(field.name)
        meta = None if allowed else FORMS.get(field.name, field.name.upper())
        parser.add_argument(option, type=read, choices=allowed, metavar=meta, **given)  # type: ignore[arg-type]


def given_fields(args: argparse.Namespace, cls: type) -> dict[str, Any]:
    """The fields of `cls` that were given on the command line."""
    return {
        field.name: getattr(args, field.name)
        for field in dataclasses.fields(cls)
        if hasattr(args, field.name)
    }


def describe(registry: Registry[Any], option: str) -> str:
    """A registry as help text: each part's name and first docstring line, its knobs below."""
    plural = registry.kind + ("es" if registry.kind.endswith("s") else "s")
    lines = [f"{plural} ({option}), a knob is set as in 'name:knob=value':"]
    for name, part in registry.items():
        lines += _hanging(f"  {name:<16}", (part.__doc__ or "").strip().splitlines()[0])
        for field in knobs(part):
            meta, default = field.metadata, field.default
            shown = "/".join(f"{x:g}" for x in default) if isinstance(default, tuple) else default
            allowed = ", ".join(meta["choices"] or ()) or _bounds(meta["min"], meta["max"])
            told = f"{meta['label']}. {meta['help']}" + (f" ({allowed})" if allowed else "")
            lines += _hanging(f"      {field.name}={shown}  ", told)
    return "\n".join(lines)


def _bounds(low: float | None, high: float | None) -> str:
    return "" if low is None and high is None else f"{low:g}..{high:g}"


def _hanging(head: str, text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=head, subsequent_indent=" " * 18) or [head]


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], epilog: str = ""
) -> Parser:
    """A subcommand that `run` serves; its help is the first line of run's docstring."""
    told = inspect.cleandoc(run.__doc__ or "")
    parser: Parser = commands.add_parser(name, help=told.splitlines()[0], description=told, epilog=epilog)
    parser.set_defaults(run=run)
    return parser


def output_file(text: str) -> Path:
    """A file that can be written, as far as its folder tells. Raises ValueError otherwise, before any work."""
    file = Path(text)
    if not file.parent.is_dir():
        raise ValueError(f"there is no folder {str(file.parent)!r} to write {file.name!r} into")
    if file.is_dir():
        raise ValueError(f"{text!r} is a folder, not a file to write")
    return file


__all__ = [
    "Parser", "RunConfig", "TrainConfig", "add_command", "add_fields", "attribute_docs", "count", "describe",
    "given_fields", "minutes", "output_file", "reader",
]  # fmt: skip
