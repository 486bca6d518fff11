"""The command line of training: `train`, and `runs list | show | delete | export | import` for what is on the shelf."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import math
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from textdiff_core import cli, lab
from textdiff_core.shelf import Journal, Lines, Run, ending, own_life
from textdiff_core.training_records import TIME_UP, Progress, TrainConfig, begun_at, read_history

INTERRUPTED = 130
STATE = "state.safetensors"


def add_train(commands: Any) -> None:
    """Adds `train` to the grammar."""
    learning = "\n\n".join([
        cli.describe(lab.losses, "--loss"),
        cli.describe(lab.optimizers, "--optimizer"),
        cli.describe(lab.schedules, "--schedule"),
    ])  # fmt: skip
    training = cli.add_command(commands, "train", train, learning)
    cli.add_fields(training, TrainConfig, {"process": list(lab.processes)})
    training.add_argument("--out", metavar="DIR", help="folder of the checkpoint and the run's state")
    training.add_argument(
        "--shelf", action="store_true", help="put the run on the shelf, where the pages see it"
    )
    training.add_argument("--name", default="", help="of the run on the shelf")
    training.add_argument(
        "--minutes", type=cli.minutes, default=math.inf, help="stop after so long; --resume goes on"
    )
    training.add_argument("--resume", action="store_true", help="take up the run that DIR holds")
    training.add_argument(
        "--log", metavar="FILE", help="a line of JSON here, twice a second and at each report"
    )


def add_runs(commands: Any) -> None:
    """Adds `runs` and its own commands to the grammar."""
    top = cli.add_command(commands, "runs", runs)
    parts = top.add_subparsers(required=True, metavar="what")
    for name, run in (
        ("list", show_all),
        ("show", show),
        ("delete", delete),
        ("export", export),
        ("import", take),
    ):
        part = cli.add_command(parts, name, run)
        if name == "import":
            part.add_argument("file", metavar="FILE", help="a .zip that `runs export` wrote")
            part.add_argument("--name", default="", help="of the run on the shelf")
        elif name != "list":
            part.add_argument("id", metavar="RUN", help="as `runs list` shows it")
        if name == "export":
            part.add_argument("--out", required=True, metavar="FILE", help="the .zip to write")
        part.add_argument(
            "--format", choices=["text", "json"], default="text", help="of the output (default: text)"
        )


class Asked:
    """Context in which Ctrl-C and a request to end only ask: the step that is being done is finished first."""

    def __init__(self) -> None:
        self.asked, self.before = False, {}  # type: bool, dict[int, Any]

    def __enter__(self) -> Asked:
        for number, usual in (
            (signal.SIGINT, signal.default_int_handler),
            (signal.SIGTERM, signal.SIG_DFL),
        ):
            if signal.getsignal(number) == usual:  # else somebody has other plans
                self.before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, usual in self.before.items():
            signal.signal(number, usual)

    def _note(self, number: int, frame: Any) -> None:
        if self.asked:  # whoever asks twice does not want to wait
            raise KeyboardInterrupt
        self.asked = True


def train(args: argparse.Namespace) -> int:
    """Trains a denoiser and keeps a checkpoint in a folder.

    Ctrl-C or --minutes end it early; the same command with --resume goes on from there. The folder is --out, or
    with --shelf one on the shelf (TEXTDIFF_RUNS).
    """
    config = _with_whole_path(TrainConfig(**cli.given_fields(args, TrainConfig)), args.shelf)
    if args.shelf == (args.out is not None):
        raise ValueError("give either --out DIR or --shelf")
    if args.name and not args.shelf:
        raise ValueError("--name is for a run on the shelf: give --shelf too")
    log = None if args.log is None else cli.output_file(args.log)
    if not args.shelf:
        _check_folder(Path(args.out), args.resume)
    elif args.resume:
        raise ValueError("a run on the shelf is resumed by its folder: --out FOLDER --resume")
    lab.check_training(config, Path(args.out or ""))
    if not first():
        nowhere = Path(os.devnull) / "runs"  # of a new run only the first process knows the folder
        return _train(args, config, Path(args.out) if args.out else nowhere, None, None)
    if args.shelf:
        folder = lab.shelf().add(config, name=args.name, minutes=args.minutes).folder
        config = lab.shelf().run(folder.name).config
        print(f"on the shelf as {folder.name}", file=sys.stderr)
    else:
        folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    with own_life(folder):
        (folder / "ending").unlink(missing_ok=True)
        shelved = (folder / "run.json").is_file()
        journal = Journal(folder, begun_at(config)) if shelved else None
        return _train(args, config, folder, journal, None if log is None else Lines(log))


def first() -> bool:
    """Whether this is the only process, or of several that train together the one that speaks and writes."""
    return os.environ.get("RANK", "0") == "0"


def _check_folder(folder: Path, resume: bool) -> None:
    begun = (folder / STATE).exists()
    if begun and not resume:
        raise ValueError(f"{str(folder)!r} holds a run already: go on with --resume, or choose another --out")
    if resume and not begun:
        raise ValueError(f"{str(folder)!r} holds no run to resume: leave --resume out to begin one")


def _with_whole_path(config: TrainConfig, shelf: bool) -> TrainConfig:
    """The config of a run on the shelf has a file's whole path, so that it can go on from anywhere."""
    kind, _, name = config.corpus.partition(":")
    far = shelf and kind == "file"
    return dataclasses.replace(config, corpus=f"file:{Path(name).resolve()}") if far else config


def _train(
    args: argparse.Namespace, config: TrainConfig, folder: Path, journal: Journal | None, lines: Lines | None
) -> int:
    start, _ = begun_at(config)  # the run's steps are counted on from there
    curve = read_history(folder) if (folder / STATE).exists() else ()
    done = curve[-1].step - start if curve else 0
    told, why, mute = "", TIME_UP, not first()
    with (
        Asked() as asked,
        contextlib.closing(_steps(args, config, folder, journal, asked)) as steps,
        tqdm(total=config.steps, initial=done, unit="step", dynamic_ncols=True, leave=False, disable=mute) as bar,
    ):  # fmt: skip
        for progress in steps:
            if progress.report is not None:
                told = f": validation {progress.report.validation_nelbo:.4f} nats/token"
                bar.set_postfix_str(told[2:], refresh=False)
            if lines is not None:
                lines.add(progress)
            done, why = progress.step - start, progress.ended
            bar.update(done - bar.n)
    if mute:
        return 0
    if not why:
        print(f"stopped; the run is kept up to step {done}: go on with --resume", file=sys.stderr)
        return INTERRUPTED
    more = "" if done == config.steps else f"; {why}: go on with --resume" if why == TIME_UP else f"; {why}"
    print(f"step {done} of {config.steps}{told}{more}", file=sys.stderr)
    return 0


def _steps(
    args: argparse.Namespace, config: TrainConfig, folder: Path, journal: Journal | None, asked: Asked
) -> Generator[Progress, None, None]:
    """The run's steps until somebody asks to end: at the keyboard, or, of a run on the shelf, on its page."""

    def wish() -> tuple[str, str]:
        phase = ending(folder) if journal is not None else ""
        return phase or ("paused" if asked.asked else ""), ""

    name = folder.name if journal is not None else ""
    steps = lab.train(config, folder, minutes=args.minutes, traces=journal is not None, name=name)
    if journal is not None:
        journal.phase("starting")
        yield from journal.follow(steps, wish)
        return
    with contextlib.closing(steps):
        for progress in steps:
            yield progress
            if asked.asked:
                return


def runs(args: argparse.Namespace) -> int:
    """Lists, shows, deletes, exports and imports the runs on the shelf (TEXTDIFF_RUNS)."""
    return show_all(args)


def show_all(args: argparse.Namespace) -> int:
    """Lists the runs on the shelf (TEXTDIFF_RUNS), newest first."""
    runs = lab.shelf().runs()
    if args.format == "json":
        print(json.dumps([_record(run) for run in runs], indent=1, ensure_ascii=False))
        return 0
    for run in runs:
        record = _record(run)
        loss = "" if record["validation_nelbo"] is None else f"{record['validation_nelbo']:.4f}"
        steps = f"{run.state.step}/{run.config.steps}"
        print(f"{run.id:<40} {run.state.phase:<9} {steps:>15} {loss:>8} {run.size / 1e6:7.1f} MB  {run.name}")
    return 0


def show(args: argparse.Namespace) -> int:
    """Shows one run: how it stands, its settings, its curve."""
    run = lab.shelf().run(args.id)
    record, curve = _record(run), [point.to_json() for point in lab.shelf().curve(run.id)]
    if args.format == "json":
        print(json.dumps({**record, "curve": curve}, indent=1, ensure_ascii=False))
        return 0
    for name, value in record.items():
        if name != "config":
            print(f"{name:<18} {value}")
    usual = TrainConfig()
    for name, value in record["config"].items():
        if value != getattr(usual, name):
            print(f"  {name:<16} {value}")
    for point in curve:
        print(
            f"step {point['step']:>8}  train {point['train_nelbo']:.4f}  validation {point['validation_nelbo']:.4f}"
        )
    return 0


def delete(args: argparse.Namespace) -> int:
    """Takes a run off the shelf, for good; one that trains is stopped first."""
    lab.shelf().delete(args.id)
    return _answer(args, {"deleted": args.id}, f"deleted {args.id}")


def export(args: argparse.Namespace) -> int:
    """Writes a run's checkpoint folder as a .zip."""
    file = cli.output_file(args.out)
    file.write_bytes(lab.shelf().pack(args.id))
    return _answer(args, {"written": str(file)}, f"written to {file}")


def take(args: argparse.Namespace) -> int:
    """Puts a checkpoint folder that comes as a .zip on the shelf; safetensors only, nothing that could run."""
    file = Path(args.file)
    if not file.is_file():
        raise ValueError(f"there is no file {args.file!r}")
    run = lab.shelf().unpack(file.read_bytes(), args.name or file.stem)
    return _answer(args, _record(run), f"on the shelf as {run.id}")


def _answer(args: argparse.Namespace, record: dict[str, Any], text: str) -> int:
    print(json.dumps(record, indent=1, ensure_ascii=False) if args.format == "json" else text)
    return 0


def _record(run: Run) -> dict[str, Any]:
    curve = lab.shelf().curve(run.id)
    return {
        "id": run.id,
        "name": run.name,
        "owner": run.owner,
        "created": run.created,
        "phase": run.state.phase,
        "message": run.state.message,
        "step": run.state.step,
        "seconds": run.state.seconds,
        "ahead": run.ahead,
        "validation_nelbo": curve[-1].validation_nelbo if curve else None,
        "has_model": run.has_model,
        "bytes": run.size,
        "folder": str(run.folder),
        "config": dataclasses.asdict(run.config),
    }
