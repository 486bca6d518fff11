"""Diffusion against autoregression: `python -m benchmarks.autoregressive --model MODEL` records what its page opens by.

It writes assets/against/MODEL.json. Running text has no rules that say what is right; with `--judge` its texts are read
by SmolLM2-135M, as in `benchmarks.english`, which needs the same packages. The table of results tells what a text costs
in seconds.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import functools
import json
import math
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.english import JUDGE, Judge
from benchmarks.measure import Result, in_turns, median_ratio
from textdiff_core import against, lab
from textdiff_core.against import AgainstConfig, Amount, Found
from textdiff_core.records import RunConfig

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "against"
WORLD, TEXT = (
    Amount(texts=300, scored=200, filled=100),
    Amount(texts=150, scored=200, filled=60, gaps=(4, 8, 16, 32)),
)
ROUNDS, GROUP = 7, "against autoregression"


def main() -> None:
    """Measures on one thread and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autoregressive", description=__doc__)
    parser.add_argument("--model", default=RunConfig.model, help="the masked one of the pair")
    parser.add_argument("--judge", action="store_true", help="have a third model read what both write")
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = AgainstConfig(model=args.model)
    ours, theirs = (lab.load(name).denoiser for name in (config.model, config.causal))
    amount = WORLD if against.is_known(config.model) else TEXT
    for found in against.measure(ours, theirs, config, amount):
        print(f"{found.done:6.1%}", end="\r", flush=True)
    found = read(ours, theirs, config, found) if args.judge else found
    record = {
        "command": " ".join(
            ["python -m benchmarks.autoregressive --model", args.model, *["--judge"] * args.judge]
        ),
        "date": datetime.date.today().isoformat(),
        "seed": config.seed,
        "model": config.model,
        "rival": config.causal,
        **({"judge": JUDGE} if args.judge else {}),
        "found": against.to_json(found),
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{args.model}.json").write_text(json.dumps(record, separators=(",", ":")) + "\n", "utf-8")
    if args.judge:
        for name, process in ((config.model, against.MASKED), (config.causal, against.CAUSAL)):
            kept = {key: record[key] for key in ("command", "date", "seed", "judge")}
            kept |= {"model": name, **evaluation(found, process, lab.model_info(name).length)}
            (lab.model_folder(name) / "evaluate.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def evaluation(found: Found, process: str, cells: int) -> dict[str, Any]:
    """What of it is one model's own: the likelihood of held-out text, and its texts beside real ones."""
    nats, real = found.nats[process], found.written[against.REAL]
    ways = [way for way in against.WAYS if (way == against.ONE) == (process == against.CAUSAL)]
    rows = {way: found.written[way] for way in ways}
    return {
        "likelihood": {
            "nats_per_piece": nats.mean / cells, "interval_95": nats.half / cells, "bound": nats.bound,
            "bits_per_character": nats.mean / math.log(2) / found.characters, "windows": nats.texts,
        },
        "held_out": real, "samples": rows,
        "ratio": {
            way: {name: row[name] / real[name] for name in ("perplexity", "distinct_2", "sample_entropy")}
            for way, row in rows.items()
        },
    }  # fmt: skip


def read(ours: torch.nn.Module, theirs: torch.nn.Module, config: AgainstConfig, found: Found) -> Found:
    """The same with perplexities a token by the judge, which reads the same texts, written again."""
    judge, corpus = Judge(), against.corpus_of(config.model)
    texts = {against.REAL: _told(corpus, against.held_out(corpus, TEXT.texts, config.seed))}
    for way, steps in against.WAYS.items():
        keep, denoiser = torch.full((corpus.length,), -1), theirs if way == against.ONE else ours
        parts = [
            against.write(way, steps, denoiser, corpus, seeds, keep).words.numpy()
            for seeds in _batches(TEXT.texts, config.seed)
        ]
        texts[way] = _told(corpus, np.concatenate(parts))
    written = {way: {**row, **_perplexity(judge, texts[way])} for way, row in found.written.items()}
    middles = {way: dict(rows) for way, rows in found.middles.items()}
    real = torch.from_numpy(against.held_out(corpus, TEXT.filled, config.seed))
    for cells in TEXT.gaps:
        missing, rows = list(against.gap(corpus.length, cells)), {way: [] for way in middles}
        for seeds in _batches(len(real), config.seed):
            x_0 = real[seeds.start - config.seed : seeds.stop - config.seed]
            for way, words in against.fill(ours, theirs, corpus, x_0, missing, seeds).items():
                rows[way] += _told(corpus, words)
        for way, told in rows.items():
            perplexity = _perplexity(judge, told)["perplexity"]
            middles[way][cells] = dataclasses.replace(middles[way][cells], perplexity=perplexity)
            print(cells, way, perplexity, flush=True)
    return dataclasses.replace(found, written=written, middles=middles)


def _batches(num: int, seed: int) -> Iterator[range]:
    """The seeds of all texts in the batches of the measurement."""
    for first in range(seed, seed + num, against.AT_ONCE):
        yield range(first, min(seed + num, first + against.AT_ONCE))


def _told(corpus: Any, rows: np.ndarray) -> list[str]:
    return [corpus.vocabulary.decode(row) for row in rows]


def _perplexity(judge: Judge, texts: list[str]) -> dict[str, float]:
    """exp of the nats of a token, averaged over texts, with its 95 % interval."""
    nats = against.mean_of(np.array([_nats(judge, text) for text in texts]))
    around = {"": 0.0, "_low": -nats.half, "_high": nats.half}
    return {f"perplexity{name}": math.exp(nats.mean + away) for name, away in around.items()}


@functools.cache
def _nats(judge: Judge, text: str) -> float:
    return math.log(judge.perplexity([text]))


def results() -> Iterator[Result]:
    """One text by both of each pair on one thread, in turns."""
    for model, unit in (("tales", "tale"), ("recipes", "recipe of 64 pieces")):
        config = AgainstConfig(model=model)
        ways = {
            "autoregression": RunConfig(config.causal, against.ONE),
            "diffusion, one word a call": RunConfig(config.model, against.WORD_BY_WORD),
            "diffusion, informed, 16 steps": RunConfig(config.model, "informed", steps=16),
        }
        rivals = {name: functools.partial(lab.sample, run, 1) for name, run in ways.items()}
        calls = {name: one()[1] for name, one in rivals.items()}  # which reads the models, too
        seconds = in_turns(rivals, ROUNDS, time.perf_counter)
        for name, spent in seconds.items():
            told = f"a {unit} by {name}, {calls[name]:.0f} calls"
            yield Result(GROUP, told, statistics.median(spent), "s")
        for name, spent in list(seconds.items())[1:]:
            yield Result(
                GROUP,
                f"a {unit}: {name} / autoregression",
                median_ratio(spent, seconds["autoregression"]),
                "x",
            )


if __name__ == "__main__":
    main()
