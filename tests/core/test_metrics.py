"""Metrics against their definitions, written out plainly, and against what is known of the corpus."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from tests.core.tiny_world import TINY
from textdiff_core.corpora import TOY, WORLD
from textdiff_core.metrics import metrics

RNG = np.random.default_rng(0)
TOLD = [WORLD.tell(RNG).text for _ in range(400)]


def measured(name, texts, corpus=WORLD):
    return metrics.build(name)(texts, corpus)


def bleu_by_definition(words, others):
    """Every n-gram of the text counted against every other text, one after the other."""
    precisions = []
    for n in range(1, min(4, len(words)) + 1):
        grams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
        hits = 0
        for gram, times in Counter(grams).items():
            best = max(sum(tuple(o[i : i + n]) == gram for i in range(len(o) - n + 1)) for o in others)
            hits += min(times, best)
        if n == 1 and hits == 0:
            return 0.0
        precisions.append((hits if hits else 0.1) / len(grams))
    nearest = min((len(o) for o in others), key=lambda size: (abs(size - len(words)), size))
    brevity = 1.0 if len(words) > nearest else math.exp(1 - nearest / len(words))
    return brevity * math.exp(sum(map(math.log, precisions)) / len(precisions))


@pytest.mark.parametrize(
    "texts",
    [
        ["a b c d e", "a b c x e", "e d c b a"],
        ["a a a a b", "a a b", "b a a a a c"],
        ["a", "a b", "b c d"],
        ["a b c d", "e f g h"],
        ["a b c d", "e f a h", "e f a h i j k l"],
        TOLD[:12],
        [" ".join(RNG.choice(list("abc"), size=RNG.integers(1, 9))) for _ in range(15)],
    ],
)
def test_self_bleu_is_its_definition(texts):
    split = [text.split() for text in texts]
    due = [bleu_by_definition(own, split[:k] + split[k + 1 :]) for k, own in enumerate(split)]
    assert measured("self_bleu", texts) == pytest.approx(sum(due) / len(due), abs=1e-12)


def test_F19_of_copies_and_of_strangers():
    for copy in ("a b c d e", "a", "", TOLD[0]):
        assert measured("self_bleu", [copy] * 3) == pytest.approx(1.0, abs=1e-9)
    assert measured("self_bleu", ["a b", "c d", ""]) == 0.0
    assert math.isnan(measured("self_bleu", ["a b"]))
    assert measured("sample_entropy", ["a a a a", "b"]) == 0.0
    assert measured("sample_entropy", ["a b c d e"]) == pytest.approx(math.log(5), abs=1e-9)
    assert measured("sample_entropy", ["a a b b", ""]) == pytest.approx(math.log(2) / 2, abs=1e-9)
    for n in (1, 2):
        assert 0 < measured(f"distinct_{n}", TOLD) <= 1
        assert measured(f"distinct_{n}", ["", "a"][: 3 - n]) == 2 - n


def test_distinct_counts_over_the_whole_set():
    texts = ["a b a b", "b a"]
    assert measured("distinct_1", texts) == 2 / 6
    assert measured("distinct_2", texts) == 2 / 4


def test_coverage_counts_the_combinations_of_valid_texts():
    texts = [tale.text for tale in itertools.islice(TINY.enumerate(), 400)]
    reached = {
        (tale.facts["{A}"], tale.facts["{animal}"], tale.plot)
        for tale in itertools.islice(TINY.enumerate(), 400)
    }
    assert measured("coverage", [*texts, "Ivy the fox"], TINY) == len(reached) / (3 * 2 * 6)
    assert measured("coverage", ["Ivy the fox"], TINY) == 0.0
    assert math.isnan(measured("relative_coverage", ["Ivy the fox"], TINY))
    assert measured("relative_coverage", texts[:1], TINY) == pytest.approx(1.0)


@pytest.mark.parametrize("corpus", [WORLD, TOY])
def test_the_corpus_covers_as_much_as_the_formula_says(corpus):
    """The mean of 40 draws of 100 texts; one draw scatters by about 0.02 to 0.03."""
    ids = corpus.batch(4000, np.random.default_rng(1))
    texts = [corpus.vocabulary.decode(row) for row in ids]
    ratios = [measured("relative_coverage", texts[i : i + 100], corpus) for i in range(0, 4000, 100)]
    assert np.mean(ratios) == pytest.approx(1.0, abs=4 * np.std(ratios) / math.sqrt(40))


def test_coverage_sees_combinations_that_are_missing():
    whole = measured("relative_coverage", TOLD)
    he = [text for text in TOLD * 2 if WORLD.names[WORLD.parse(text.split()).facts["{A}"]] == "he"][:400]
    assert whole > 0.93 and measured("relative_coverage", he) < 0.85 * whole


def test_log_probability_is_that_of_the_texts_the_corpus_can_tell():
    due = np.mean([WORLD.log_prob(text) for text in TOLD])
    assert measured("log_probability", TOLD) == pytest.approx(due)
    assert measured("log_probability", [*TOLD, "Nothing ."]) == pytest.approx(due)
    assert math.isnan(measured("log_probability", ["Nothing ."]))
    assert -measured("log_probability", TOLD) == pytest.approx(WORLD.entropy(), abs=0.3)


def test_every_metric_says_what_it_is():
    for name, metric in metrics.items():
        assert metric.label and metric.unit and metric.better in ("higher", "lower"), name
        assert metric.judges in ("quality", "diversity") and metric.__doc__
        if not metric.needs_truth:
            assert math.isfinite(metric()(["a b", "b a"], None))
