"""Verses of 1611 in modern English: `python -m benchmarks.modern`, and how long one takes, for the table.

The command writes assets/checkpoints/modern/evaluate.json: chrF and BLEU, by sacrebleu, of held-out verses over steps
and orders, beside copying the source and beside a word list that was learnt from the verses trained on. It needs
requirements-corpora.txt and requirements-dev.txt.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import Result
from textdiff_core import lab, verses
from textdiff_core.corpora import MODERN
from textdiff_core.translating import VERSE, check, translated
from textdiff_core.verses import ORDERS, STEPS, Score

VERSES, AT_ONCE = 300, 50
SAMPLES = 1000  # of the bootstrap
MOST_SECONDS, ROUNDS = 4.0, 5
TEXTS = Path("runs/modern-texts.json")  # every translation, to look at


def main() -> None:
    """Translates, scores and writes."""
    torch.set_num_threads(1)
    pairs = MODERN.held_out(VERSES, np.random.default_rng((VERSE.seed, 5)))
    sources, references = zip(*(told(row) for row in pairs), strict=True)
    texts = {"copy": list(sources), "listed": listed(sources), "reference": list(references)}
    for order in ORDERS:
        for steps in STEPS:
            begun = time.monotonic()
            texts[f"{order} {steps}"] = translations(pairs, order, steps)
            print(f"{order} {steps}: {time.monotonic() - begun:.0f} s", flush=True)
            TEXTS.parent.mkdir(exist_ok=True)
            TEXTS.write_text(json.dumps(texts, indent=1), "utf-8")
    scores, signatures = scored(texts)
    record = {
        "command": "python -m benchmarks.modern",
        "date": datetime.date.today().isoformat(),
        "seed": VERSE.seed,
        "signatures": signatures,
        "verses": VERSES,
        "temperature": VERSE.temperature,
        **{name: dataclasses.asdict(scores[name]) for name in ("copy", "listed", "reference")},
        "rows": {
            order: {steps: dataclasses.asdict(scores[f"{order} {steps}"]) for steps in STEPS}
            for order in ORDERS
        },
    }
    file = lab.model_folder(VERSE.model) / "evaluate.json"
    file.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    for name, one in scores.items():
        print(
            f"{name:<16} chrF {one.chrf:5.1f} ± {one.chrf_half:.1f}  BLEU {one.bleu:5.1f} ± {one.bleu_half:.1f}"
        )


def told(row: np.ndarray) -> tuple[str, str]:
    """The source and the target of a canvas (L,) of ids."""
    return verses.sides([MODERN.words[i] for i in row])


def translations(pairs: np.ndarray, order: str, steps: int) -> list[str]:
    """The model's translations of pairs (n, L)."""
    run, denoiser = dataclasses.replace(VERSE, sampler=order, steps=steps), lab.load(VERSE.model).denoiser
    found: list[str] = []
    for at in range(0, len(pairs), AT_ONCE):
        some = dataclasses.replace(run, seed=run.seed + at)
        found += [told(row)[1] for row in translated(denoiser, some, pairs[at : at + AT_ONCE])]
    return found


def listed(sources: Sequence[str]) -> list[str]:
    """The sources with each word replaced by the one that most often stands for it in the verses trained on: the same
    place, between words that both versions share."""
    counts: dict[str, Counter[str]] = {}
    for old, new in ((a.split(), b.split()) for a, b in MODERN.verses[False]):
        for _, i, i_end, j, j_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if i_end - i == j_end - j:
                for one, other in zip(old[i:i_end], new[j:j_end], strict=True):
                    counts.setdefault(one, Counter())[other] += 1
    best = {word: found.most_common(1)[0][0] for word, found in counts.items()}
    return [" ".join(best.get(word, word) for word in text.split()) for text in sources]


def scored(texts: dict[str, list[str]]) -> tuple[dict[str, Score], dict[str, str]]:
    """(name -> its score, measure -> sacrebleu's signature).

    Args:     texts: name -> as many texts each; among them "copy", the baseline, and "reference".
    """
    from sacrebleu.metrics import BLEU, CHRF
    from sacrebleu.significance import PairedTest

    copy, reference = texts["copy"], texts["reference"]
    metrics = {"bleu": BLEU(), "chrf": CHRF()}
    systems = [("copy", copy), *((name, one) for name, one in texts.items() if name != "copy")]
    test = PairedTest(systems, metrics, [reference], test_type="bs", n_samples=SAMPLES)  # type: ignore[arg-type]
    signatures, results = test()
    names = [name for name, _ in systems]
    found = {}
    for number, name in enumerate(names):
        bleu, chrf = (results[key][number] for key in ("BLEU", "chrF2"))
        found[name] = Score(
            chrf=float(chrf.score), chrf_half=float(chrf.ci), chrf_p=chrf.p_value,
            bleu=float(bleu.score), bleu_half=float(bleu.ci), bleu_p=bleu.p_value,
            copied=_share(texts[name], copy), equal=_share(texts[name], reference),
            archaic=verses.archaic(texts[name]),
            length=_words(texts[name]) / _words(reference),
        )  # fmt: skip
    return found, {name: str(one) for name, one in signatures.items()}


def _share(texts: Sequence[str], others: Sequence[str]) -> float:
    return statistics.fmean(one == other for one, other in zip(texts, others, strict=True))


def _words(texts: Sequence[str]) -> int:
    return sum(len(text.split()) for text in texts)


def results() -> Iterator[Result]:
    """Seconds from a typed verse to its translation, in a process that has the model; wall-clock."""
    seconds = []
    lab.run(VERSE.run())
    for verse in verses.EXAMPLES[:ROUNDS]:
        begun = time.perf_counter()
        config = dataclasses.replace(VERSE, text=verse.old)
        check(config)
        lab.run(config.run())
        seconds.append(time.perf_counter() - begun)
    yield Result("translation", "a verse, one piece a step", statistics.median(seconds), "s", MOST_SECONDS)


if __name__ == "__main__":
    main()
