"""The command line of writing to order: `write --register recipes --title Pancakes --ingredients "flour, milk"`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from textdiff_core import cli, lab, placing, writing
from textdiff_core.placing import Plan
from textdiff_core.records import RunConfig
from textdiff_core.writing import ALTERNATIVES, RECIPES, WriteConfig

OPTIONS = (
    "model",
    "sampler",
    "steps",
    "grid",
    "temperature",
    "top_p",
    "seed",
    "length",
    "register",
    "guidance",
)
ASKED = ("begin", "end", "must", "title", "ingredients")
SHOWN_AFTER = 1.0  # seconds; what is done earlier needs no bar


def add_write(commands: Any) -> None:
    """Adds `write` to the grammar."""
    parser = cli.add_command(commands, "write", write, cli.describe(lab.samplers, "--sampler"))
    cli.add_fields(parser, WriteConfig, only=ASKED)
    cli.add_fields(parser, RunConfig, only=OPTIONS)
    parser.add_argument(
        "--num",
        type=cli.count,
        default=ALTERNATIVES,
        help=f"texts, with seeds from --seed on (default: {ALTERNATIVES})",
    )
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def write(args: argparse.Namespace) -> int:
    """Writes to order: a kind of text, a beginning, an end, words that must occur.

    Words without a place are put where the model finds that they fit best in what it wrote freely.
    """
    given = cli.given_fields(args, WriteConfig)
    config = WriteConfig(**given)
    if config.register != RECIPES and (config.title or config.ingredients):
        raise ValueError(
            f"--title and --ingredients belong to the register {RECIPES}, got {config.register!r}"
        )
    writing.check(config)
    for sentence in writing.form(config).cuts:
        print(f"note: {sentence}", file=sys.stderr)
    lab.load(config.model)
    plan = _watched(config, args.num)
    texts = []
    for run, places in zip(plan.runs, plan.places, strict=True):
        trace = lab.run(run)
        texts.append({
            "text": trace.text(), "places": [vars(place) for place in places],
            "network_calls": int(trace.calls[-1]), "seconds": float(trace.seconds[-1]), "config": run.to_json(),
        })  # fmt: skip
    if args.format == "json":
        print(json.dumps({"texts": texts}, indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(str(one["text"]).rstrip() for one in texts))
    return 0


def _watched(config: WriteConfig, num: int) -> Plan:
    """The plan, once all places are found; a bar shows what is done."""
    network = lab.denoiser(config, lab.model_info(config.model))
    with tqdm(
        total=100, delay=SHOWN_AFTER, leave=False, dynamic_ncols=True, bar_format="{bar} {n:.0f}%"
    ) as bar:
        for plan in placing.plan(network, config, num):
            bar.update(100 * plan.done - bar.n)
    return plan
