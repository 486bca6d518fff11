"""The command line of translation: `translate --to fr "21 March 1998"`, `translate --to modern "Whither goest?"`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from typing import Any

from textdiff_core import cli, lab, translating, verses
from textdiff_core.records import RunConfig

OPTIONS = ("model", "sampler", "steps", "grid", "temperature", "top_p", "seed")


def add_translate(commands: Any) -> None:
    """Adds `translate` to the grammar."""
    parser = cli.add_command(commands, "translate", translate, cli.describe(lab.samplers, "--sampler"))
    parser.add_argument(
        "text", metavar="TEXT", help="a number 0..9999 or a date, in digits or in words; or a verse"
    )
    parser.add_argument(
        "--to", required=True, metavar="FORM",
        help=f"{', '.join(translating.FORMS)}; or {verses.TO}: a verse of the King James Version into modern English",
    )  # fmt: skip
    cli.add_fields(parser, RunConfig, only=OPTIONS)
    parser.add_argument("--trace", metavar="FILE", help="write the whole run here (.npz)")
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def translate(args: argparse.Namespace) -> int:
    """Translates a number or a date between digits, English, French, German and Spanish; or a verse.

    Of numbers and dates the exact translation is known; where the model's is another one, a line on stderr says so.
    Of a verse into modern English none is; a line on stderr says where one that is too long was cut.
    """
    config = replace(
        translating.usual(args.to), text=args.text, to=args.to, **cli.given_fields(args, RunConfig)
    )
    file = None if args.trace is None else cli.output_file(args.trace)
    translating.check(config)
    trace = lab.run(config.run())
    source, to, target = translating.parts(trace)
    if file is not None:
        with file.open("wb") as stream:
            trace.save(stream)
    cut, known = translating.cut(config), _known(source, to, target)
    if cut:
        print(cut, file=sys.stderr)
    if not known.get("right", True):
        print(f"this is wrong; right is {' or '.join(known['exact'])}", file=sys.stderr)
    record = {
        "source": source,
        "to": to,
        "translation": target,
        **known,
        "network_calls": int(trace.calls[-1]),
        "seconds": float(trace.seconds[-1]),
        "config": trace.config.to_json(),
    }
    print(target if args.format == "text" else json.dumps(record, indent=1, ensure_ascii=False))
    return 0


def _known(source: str, to: str, target: str) -> dict[str, Any]:
    """The truth, or, of a verse that is known here, what people wrote, None of others."""
    if to == verses.TO:
        found = verses.example(source)
        return {"reference": found and found.new}
    exact = list(translating.truths(source, to))
    return {"exact": exact, "right": target in exact}
