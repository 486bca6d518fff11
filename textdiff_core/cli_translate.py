"""The command line of translation: `translate --to fr "21 March 1998"`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from textdiff_core import cli, lab, translating
from textdiff_core.records import RunConfig
from textdiff_core.translating import TranslateConfig

OPTIONS = ("model", "sampler", "steps", "grid", "temperature", "top_p", "seed")


def add_translate(commands: Any) -> None:
    """Adds `translate` to the grammar."""
    parser = cli.add_command(commands, "translate", translate, cli.describe(lab.samplers, "--sampler"))
    parser.add_argument("text", metavar="TEXT", help="a number 0..9999 or a date, in digits or in words")
    parser.add_argument("--to", required=True, metavar="FORM", help=", ".join(translating.FORMS))
    cli.add_fields(parser, RunConfig, only=OPTIONS)
    parser.add_argument("--trace", metavar="FILE", help="write the whole run here (.npz)")
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def translate(args: argparse.Namespace) -> int:
    """Translates a number or a date between digits, English, French, German and Spanish.

    The exact translation is known; where the model's is another one, a line on stderr says so.
    """
    config = TranslateConfig(text=args.text, to=args.to, **cli.given_fields(args, RunConfig))
    file = None if args.trace is None else cli.output_file(args.trace)
    translating.check(config)
    trace = lab.run(config.run())
    source, to, target = translating.parts(trace)
    exact = translating.truths(source, to)
    if file is not None:
        with file.open("wb") as stream:
            trace.save(stream)
    if target not in exact:
        print(f"this is wrong; right is {' or '.join(exact)}", file=sys.stderr)
    record = {
        "source": source,
        "to": to,
        "translation": target,
        "exact": list(exact),
        "right": target in exact,
        "network_calls": int(trace.calls[-1]),
        "seconds": float(trace.seconds[-1]),
        "config": trace.config.to_json(),
    }
    print(target if args.format == "text" else json.dumps(record, indent=1, ensure_ascii=False))
    return 0
