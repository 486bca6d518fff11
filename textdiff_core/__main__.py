"""The command line, `python -m textdiff_core COMMAND`: train, sample, evaluate, sweep and others, each with --help.

A bad value is answered with one sentence on stderr and exit code 2, and
nothing is written.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from textdiff_core import cli, cli_gan, cli_runs, cli_score, cli_sweep, cli_translate, cli_write, exports, lab
from textdiff_core.records import RunConfig
from textdiff_core.trace import Trace

BAD_VALUE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, 2 for a bad value, 130 after Ctrl-C."""
    try:
        args = parser().parse_args(argv)
        return int(args.run(args))
    except (ValueError, OSError) as error:
        print(f"textdiff_core: {' '.join(str(error).split())}", file=sys.stderr)
        return BAD_VALUE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return cli_runs.INTERRUPTED


def parser() -> cli.Parser:
    """The whole grammar of the command line."""
    top = cli.Parser(prog="python -m textdiff_core", description=(__doc__ or "").partition("\n")[0])
    commands = top.add_subparsers(required=True, metavar="command")
    parts = "\n\n".join([
        cli.describe(lab.samplers, "--sampler"),
        cli.describe(lab.schedules, "--schedule"),
        cli.describe(lab.grids, "--grid"),
    ])  # fmt: skip
    cli_runs.add_train(commands)
    cli_runs.add_runs(commands)

    sampling = cli.add_command(commands, "sample", sample, parts)
    _add_run(sampling)
    sampling.add_argument(
        "--num", type=cli.count, default=4, help="texts, with seeds from --seed on (default: 4)"
    )
    sampling.add_argument("--trace", metavar="FILE", help="write the first text's whole run here (.npz)")
    sampling.add_argument(
        "--link", metavar="QUERY", help="settings as in a page's address; options override it"
    )

    cli_write.add_write(commands)
    cli_score.add_score(commands)

    judging = cli.add_command(commands, "evaluate", evaluate, parts)
    _add_run(judging)
    judging.add_argument(
        "--num", type=cli.count, default=500, help="texts judged, and as many held out (default: 500)"
    )

    cli_translate.add_translate(commands)
    cli_sweep.add_sweep(commands)
    cli_gan.add_gan(commands)

    exporting = cli.add_command(commands, "export", export)
    exporting.add_argument("--trace", required=True, metavar="FILE", help="a run that `sample --trace` wrote")
    exporting.add_argument(
        "--to", required=True, choices=["html", *exports.EXPORTS], help="format of the copy"
    )
    exporting.add_argument("--out", required=True, metavar="FILE", help="file to write")
    return top


def sample(args: argparse.Namespace) -> int:
    """Writes texts with a trained model."""
    config = _run_config(args)
    info = lab.model_info(config.model)
    file = None if args.trace is None else cli.output_file(args.trace)
    lab.check(config)
    texts, calls, seconds, run = [], 0.0, 0.0, None
    if file is not None:  # the first text is the traced one; the others follow with the next seeds
        run = lab.run(config)
        texts, calls, seconds = [run.text()], float(run.calls[-1]), float(run.seconds[-1])
    if rest := args.num - len(texts):
        others, calls_each, seconds_each = lab.sample(config.replace(seed=config.seed + len(texts)), rest)
        texts += others
        calls, seconds = calls + calls_each * rest, seconds + seconds_each * rest
    if file is not None and run is not None:
        with file.open("wb") as stream:
            run.save(stream)
    if args.format == "text":
        print("\n".join(texts))
        return 0
    samples = [{"text": text, "tokens": info.vocabulary.split(text)} for text in texts]
    record = {
        "config": config.to_json(),
        "samples": samples,
        "network_calls": round(calls),
        "seconds": seconds,
    }
    print(json.dumps(record, indent=1, ensure_ascii=False))
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Measures a model: likelihood in nats, and the truth and variety of its texts.

    nelbo: upper bound on -ln p(text), measured on fresh texts beside the corpus's exact entropy. valid_rate,
    rules: shares of sampled texts that break no rule, or not this rule.
    """
    record = _jsonable(lab.evaluate(_run_config(args), args.num))
    if args.format == "json":
        print(json.dumps(record, indent=1, allow_nan=False))
        return 0
    for name, value in record.items():
        for part, number in value.items() if isinstance(value, dict) else [("", value)]:
            label = f"{name}.{part}" if part else name
            print(f"{label:<28} {number:.6g}" if isinstance(number, float) else f"{label:<28} {number}")
    return 0


def export(args: argparse.Namespace) -> int:
    """Turns a recorded run into a self-contained page, an animation, a table or a picture."""
    file, source = cli.output_file(args.out), Path(args.trace)
    if not source.is_file():
        raise ValueError(f"there is no trace file {args.trace!r}")
    trace = Trace.load(source)
    file.write_bytes(_html(trace) if args.to == "html" else exports.EXPORTS[args.to](trace))
    return 0


def _html(trace: Trace) -> bytes:
    # The only look upward: the replay is the screen's, and only this export needs it.
    from textdiff_ui.player.replay import replay_html
    from textdiff_ui.player.steps import rule_of, step_of
    from textdiff_ui.player.wire import Lane

    lane = Lane(trace, rule=rule_of(trace), step=step_of(trace))
    return replay_html([lane], title="Text diffusion, step by step").encode()


def _add_run(command: argparse.ArgumentParser) -> None:
    cli.add_fields(command, RunConfig)
    command.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def _run_config(args: argparse.Namespace) -> RunConfig:
    """The run that --link and the options describe. Raises ValueError for any part of the link that is wrong."""
    link = (getattr(args, "link", None) or "").rpartition("?")[2]
    query = dict(parse_qsl(link, keep_blank_values=True))
    config, ignored = RunConfig.from_query(query)
    if ignored:
        raise ValueError(f"--link: {'; '.join(ignored)}")
    given = cli.given_fields(args, RunConfig)
    named = "sampler" in given or "sampler" in query
    return config.replace(**given) if named else lab.fitting(config.replace(**given))


def _jsonable(value: Any) -> Any:
    """The value with None where a number is not one: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _jsonable(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value) or isinstance(value, list | tuple):
        return value
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
