"""The command line of sweeps: `sweep FILE.toml`."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm  # type: ignore[import-untyped]

from textdiff_core import cli, sweep
from textdiff_core.cli_runs import INTERRUPTED

if TYPE_CHECKING:
    from pandas import DataFrame  # type: ignore[import-untyped]

SHOWN = (
    "valid_rate",
    "distinct_2",
    "network_calls_per_sample",
    "seconds_per_sample",
)  # with their intervals, as text


def add_sweep(commands: argparse._SubParsersAction[cli.Parser]) -> None:
    """Adds `sweep` to the grammar."""
    sweeping = cli.add_command(commands, "sweep", run_sweep)
    sweeping.add_argument("file", metavar="FILE.toml", help="the plan; README.md has an example")
    sweeping.add_argument("--workers", type=cli.count, default=0, help="processes here (default: one a core)")
    sweeping.add_argument(
        "--dask", metavar="ADDRESS", default="",
        help="run on the Dask cluster of this scheduler, tcp://HOST:PORT, or of local:N workers here",
    )  # fmt: skip
    sweeping.add_argument(
        "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
    )


def run_sweep(args: argparse.Namespace) -> int:
    """Measures a grid of settings over seeds into a Parquet table, and prints the means.

    Ctrl-C ends it; the same command goes on where it was. A row is kept as soon as it is measured, so that no end,
    however sudden, loses or doubles one.
    """
    if args.dask and args.workers:
        raise ValueError("--workers is for processes here: a Dask cluster has its own")
    plan = sweep.read_plan(Path(args.file))
    if plan.left_out:
        print(
            f"{plan.left_out} pairs of a model and a sampler that does not serve it are left out",
            file=sys.stderr,
        )
    done, total = 0, len(plan.cells())
    try:
        with (
            _asked_by_signal(),
            contextlib.closing(sweep.run(plan, workers=args.workers, dask=args.dask)) as rows,
            tqdm(total=total, dynamic_ncols=True, leave=False, bar_format="{bar} {postfix}") as bar,
        ):
            for progress in rows:
                for sentence in progress.told:
                    bar.write(f"note: {sentence}", file=sys.stderr)
                done = progress.done
                bar.set_postfix_str(f"{done} of {total} rows, {told_time(progress.left)}", refresh=False)
                bar.update(done - bar.n)
                bar.refresh()
    except KeyboardInterrupt:
        print(f"stopped; {done} of {total} rows are kept: the same command goes on", file=sys.stderr)
        return INTERRUPTED
    print(f"{total} rows are in {plan.out}", file=sys.stderr)
    keys = {cell.key for cell in plan.cells()}
    table = sweep.read(Path(plan.out)).frame()
    _print(sweep.points(table[table["cell"].isin(keys)]), args.format)
    return 0


def told_time(seconds: float) -> str:
    """How long it still takes, in words."""
    if math.isnan(seconds):
        return "time left not known yet"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s left" if minutes else f"{rest} s left"


def _print(points: DataFrame, form: str) -> None:
    if form == "json":
        print(json.dumps(json.loads(points.to_json(orient="records")), indent=1))
        return
    for _, point in points.iterrows():
        told = [
            f"{name} {point[name]:.4g}"
            + (
                ""
                if math.isnan(point[f"{name}_low"])
                else f" [{point[f'{name}_low']:.4g}, {point[f'{name}_high']:.4g}]"
            )
            for name in SHOWN
        ]
        print(f"{point['link'] or 'the usual settings'}: {'; '.join(told)}")


@contextlib.contextmanager
def _asked_by_signal() -> Iterator[None]:
    """Context in which a request to end is answered as Ctrl-C is: workers end too, and the table is written."""
    before = signal.getsignal(signal.SIGTERM)
    if before == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
