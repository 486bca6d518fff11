"""The command line of the two networks that judge: `judge`, of diffusion's steps, and `gan`, a generator's critic."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from textdiff_core import adversarial, cli, judges, lab
from textdiff_core.adversarial import GanConfig, Round
from textdiff_core.training_records import TrainConfig

OPTIONS = (
    "width", "steps", "batch", "seed", "rate", "rate_rest", "warmup", "decay", "every",
)  # fmt: skip


def add_gan(commands: Any) -> None:
    """Adds `judge` and `gan` to the grammar."""
    for name, run, config, only in (("judge", judge, TrainConfig, OPTIONS), ("gan", gan, GanConfig, ())):
        parser = cli.add_command(commands, name, run)
        if name == "judge":
            parser.add_argument(
                "--of", default="tales", help="the model whose steps are judged (default: tales)"
            )
        cli.add_fields(parser, config, only=only)
        parser.add_argument(
            "--out", required=True, metavar="FOLDER", help="where it is kept, and taken up again"
        )
        parser.add_argument(
            "--minutes", type=cli.minutes, default=math.inf, help="stop after so many; taken up again"
        )


def judge(args: argparse.Namespace) -> int:
    """Trains a judge of a model's steps, for the sampler "guided".

    It learns to find the true step among drawn ones; its loss is told in nats a choice.
    """
    sizes = judges.SIZES | cli.given_fields(args, TrainConfig)
    config = TrainConfig(corpus=judges.corpus_of(args.of), **sizes)
    cells = lab.model_info(args.of).length
    for progress in judges.train(config, args.of, Path(args.out), minutes=args.minutes):
        if (point := progress.report) is not None:
            print(f"step {point.step}: {point.validation_nelbo * cells:.4f} nats a choice", flush=True)
    return 0


def gan(args: argparse.Namespace) -> int:
    """Trains a text GAN on a generated world.

    Both players' losses are printed at every report, and how many of its texts hold, differ and cover the world.
    """
    config = GanConfig(**cli.given_fields(args, GanConfig))
    for told in adversarial.train(config, Path(args.out), minutes=args.minutes):
        if isinstance(told, Round):
            print(
                f"step {told.step}: generator {told.generator:.3f}, critic {told.critic:.3f}; of {told.num} texts "
                f"{told.valid} hold, {told.distinct} differ, {told.combinations} combinations; {told.samples[0]}",
                flush=True,
            )
    return 0
