"""The command line of scoring: `score --text "..."`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

from tqdm import tqdm  # type: ignore[import-untyped]

from textdiff_core import cli, lab, scoring
from textdiff_core.scoring import Orders, Score, ScoreConfig

SHOWN_AFTER = 1.0  # seconds; what is done earlier needs no bar

T = TypeVar("T", Score, Orders)


def add_score(commands: argparse._SubParsersAction[cli.Parser]) -> None:
    """Adds `score` to the grammar."""
    usual = ScoreConfig()
    command = cli.add_command(commands, "score", score)
    command.add_argument("--text", required=True, help="what is read, in words that the model knows")
    command.add_argument(
        "--model", default=usual.model, help=f"a shipped model, a run or a folder (default: {usual.model})"
    )
    command.add_argument(
        "--register", default="", help="kind of text it is read as, where the model knows several"
    )
    command.add_argument(
        "--subsets", type=cli.count, default=usual.subsets, help=f"noisy versions (default: {usual.subsets})"
    )
    command.add_argument(
        "--orders",
        type=cli.count,
        default=0,
        help="also this many random orders, word by word (default: none)",
    )
    command.add_argument(
        "--seed", type=cli.READERS[int], default=usual.seed, help="of what is hidden (default: 0)"
    )
    command.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def score(args: argparse.Namespace) -> int:
    """Says how surprised a model is by a text: word by word, as a whole, and which word does not belong.

    bound: upper bound on -ln p(text) in nats, with its 95 % interval. surprise: mean -ln p of a word over the noisy
    versions in which it was hidden; share: what it adds to the bound. alone: its p given all other words. before: -ln p
    given the words before it, by the autoregressive model of the same words where one is shipped; exact, no bound.
    """
    config = ScoreConfig(
        model=args.model, draft=scoring.typed(args.text), seed=args.seed, subsets=args.subsets,
        orders=args.orders or ScoreConfig.orders, register=args.register,
    )  # fmt: skip
    info = lab.model_info(config.model).of_text
    scoring.check(info, config)
    if args.orders and (sentence := scoring.no_orders(info)):
        raise ValueError(f"--orders: {sentence}")
    denoiser, info = lab.reader(config)
    found = _watched(scoring.score(denoiser, info, config))
    if other := lab.rival(info):
        beside = scoring.chained(lab.load(other).denoiser, lab.model_info(other), config)
        found = dataclasses.replace(found, beside=beside)
    chains = _watched(scoring.orders(denoiser, info, config)) if args.orders else None
    if sentence := scoring.cut(found.reading, info):
        print(f"note: {sentence}", file=sys.stderr)
    record = {"model": config.model, "subsets": config.subsets, "seed": config.seed} | scoring.record(
        found, chains
    )
    if args.format == "json":
        print(json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(_told(record)))
    return 0


def _watched(results: Iterator[T]) -> T:
    """The last result; a bar shows what is done."""
    with tqdm(
        total=100, delay=SHOWN_AFTER, leave=False, dynamic_ncols=True, bar_format="{bar} {n:.0f}%"
    ) as bar:
        for result in results:
            bar.update(100 * result.done - bar.n)
    return result


def _told(record: dict[str, Any]) -> Iterator[str]:
    """The record as lines of text."""
    bound, exact, unit = record["bound_nats"], record["exact_nats"], record["unit"]
    if record["exactly"]:
        yield f"left to right        {bound:.2f} nats, exactly: each word given those before it"
    else:
        yield f"bound                {bound:.2f} ± {record['bound_half']:.2f} nats, {record['versions']} versions"
    if record["end_nats"]:
        yield f"  of it, the end     {record['end_nats']:.2f} nats: the blanks after the text"
    if record["possible"] is False:
        yield "exact                infinite: the corpus's world never tells this text"
    elif exact is not None:
        what = "this" if record["exactly"] else "the bound"
        yield f"exact                {exact:.2f} nats; {what} is {bound - exact:+.2f} from it"
    most = "" if record["exactly"] else ", at most"
    yield f"perplexity           {_number(record['perplexity'])} a {unit}{most} ({record['num_words']} {unit}s)"
    yield f"bits a character     {record['bits_per_character']:.4f}{most}"
    if beside := record["autoregressive"]:
        told = (
            f"{_number(beside['perplexity'])} a {unit}, {beside['bits_per_character']:.4f} bits a character"
        )
        yield f"autoregressive       {beside['nats']:.2f} nats; perplexity {told}; exact"
    for name, nats in record["orders_nats"].items():
        yield f"{name:<20} {nats:.2f} nats"
    for message in record["faults"]:
        yield f"the world's rules    {message}"
    yield from _words(record)


def _words(record: dict[str, Any]) -> Iterator[str]:
    words = record["words"][: record["num_words"]]
    if not words:
        yield "Noise hides no words here: single words have no surprise of their own."
        return
    if record["exactly"]:
        yield f"{'':>4} {'word':<16} {'surprise':>8}"
        yield from (f"{one['position']:>4} {one['word']!r:<16} {_number(one['nats']):>8}" for one in words)
        return
    odd, beside = record["odd"], record["autoregressive"]
    if odd is not None:
        alone = words[odd - 1]["alone"]
        yield f"odd word out         {odd}: {alone['word']!r}, where {alone['best']!r} has p = {alone['best_p']:.4f}"
    else:
        yield f"odd word out         none: nowhere is another word {scoring.ODD:g} times likelier"
    before = [f"{_number(nats):>8}" for nats in beside["words"]] if beside else [""] * len(words)
    head = f"{'before':>8}" if beside else ""
    yield f"{'':>4} {'word':<16} {'surprise':>16} {'share':>8} {head} {'alone':>9}  best"
    for word, left in zip(words, before, strict=False):
        half, alone = _number(word["half"]), word["alone"]
        yield (
            f"{word['position']:>4} {word['word']!r:<16} {_number(word['nats']):>7} ± {half:>6} {word['share']:>8.3f} "
            f"{left} {alone['p']:>9.3g}  {alone['best']!r}"
        )


def _number(value: float | None) -> str:
    return "?" if value is None or not math.isfinite(value) else f"{value:.4g}"
