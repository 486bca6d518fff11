"""The corpus of verses in two versions: the pairs, the split, the canvas, and the parts of long verses."""

import functools

import numpy as np
import pytest
import torch

from textdiff_core.corpora import ENGLISH, MODERN, open_corpus
from textdiff_core.corpora.english import is_held_out
from textdiff_core.corpora.modern import LONGER, SLOT, cuts, plain
from textdiff_core.corpora.registers import bible, chapters, lines
from textdiff_core.losses import conditional, losses
from textdiff_core.models import model_info
from textdiff_core.processes import processes
from textdiff_core.schedules import schedules
from textdiff_core.training_records import TrainConfig
from textdiff_core.verses import EXAMPLES, sides


def told(row: np.ndarray) -> tuple[str, str]:
    return sides([MODERN.words[i] for i in row])


@functools.cache
def by_side() -> tuple[set[str], set[str]]:
    """The modern verses of the chapters that english trains on, and of those that it holds out."""
    found: tuple[set[str], set[str]] = (set(), set())
    for chapter in chapters().values():
        found[is_held_out(lines(list(chapter.values())))].update(map(plain, chapter.values()))
    return found


def test_it_is_a_task_in_the_words_and_on_the_canvas_of_english() -> None:
    assert open_corpus(TrainConfig(corpus="modern")) is MODERN
    assert MODERN.vocabulary == ENGLISH.vocabulary == model_info("english").vocabulary
    assert MODERN.length == ENGLISH.length == 2 * SLOT + 2 and MODERN.given == tuple(range(SLOT + 2))
    with pytest.raises(ValueError, match="length must be 64, got 32"):
        open_corpus(TrainConfig(corpus="modern", length=32))


def test_a_canvas_is_a_tag_the_source_a_sign_and_the_target() -> None:
    ids = MODERN.trained.ids
    assert ids.shape[1] == MODERN.length and ids.dtype == np.int64
    words = MODERN.words
    assert {words[i] for i in ids[:, 0]} == {"[verses]"} and {words[i] for i in ids[:, SLOT + 1]} == {" ="}
    for part in (ids[:, 1 : SLOT + 1], ids[:, SLOT + 2 :]):
        there = part > 0
        assert (
            there[:, 0].all() and (there[:, :-1] >= there[:, 1:]).all()
        )  # blanks follow, and only at the end
    unknown = MODERN.vocabulary.ids["□"]
    assert not (ids == unknown).any()


def test_verses_are_held_out_where_english_holds_their_chapter_out() -> None:
    trained, held = MODERN.verses
    told_trained, told_held = by_side()
    assert len(held) / (len(held) + len(trained)) == pytest.approx(0.05, abs=0.01)
    for pairs, own, other in ((trained, told_trained, told_held), (held, told_held, told_trained)):
        alone = [new for _, new in pairs if new not in other]
        lost = [new for new in alone if new not in own]  # a psalm's last verse, without the next one's title
        assert len(lost) < 200 and not any(one.startswith(new) for new in lost for one in other)


def test_no_held_out_text_was_trained_on() -> None:
    trained = {text for pair in MODERN.verses[False] for text in pair}
    texts = [told(row) for row in MODERN.kept.ids]
    assert len(texts) > 800 and len(set(texts)) == len(texts)
    assert not trained & {text for pair in texts for text in pair}
    everything = {text for row in MODERN.trained.ids for text in told(row)}
    assert not everything & {new for _, new in texts}


def test_batches_are_functions_of_their_generator() -> None:
    for tell in (MODERN.batch, MODERN.held_out):
        ids = tell(64, np.random.default_rng(1))
        assert np.array_equal(ids, tell(64, np.random.default_rng(1)))
        assert not np.array_equal(ids, tell(64, np.random.default_rng(2)))
    kept = {tuple(row) for row in MODERN.kept.ids}
    drawn = MODERN.held_out(400, np.random.default_rng(0))
    assert len({tuple(row) for row in drawn}) == 400 and {tuple(row) for row in drawn} <= kept


def test_titles_and_empty_places_are_no_verses() -> None:
    texts = [new for side in MODERN.verses for _, new in side]
    assert not any("empty verses" in text for text in texts)
    assert not any(text.endswith((" gimel", " sin and shin")) or " psalm 72 " in text for text in texts)
    assert not any("[" in text or "æ" in text for side in MODERN.verses for pair in side for text in pair)


def test_a_long_verse_is_cut_where_both_versions_end_a_clause_at_a_shared_word() -> None:
    old = [
        "and",
        "god",
        "said,",
        "let",
        "there",
        "be",
        "light:",
        "and",
        "there",
        "was",
        "light.",
        "thou",
        "sawest",
    ]
    new = ['"god', "said,", "let", "there", "be", 'light,"', "and", "there", "was", "light.", "you", "saw"]
    assert cuts(old, new) == [(3, 2), (7, 6), (11, 10)]
    assert cuts(["hear,", "o", "heavens"], ["listen,", "you", "skies"]) == []


def test_parts_are_of_their_verse_and_neither_side_is_much_longer() -> None:
    parts = MODERN.trained.ids[-MODERN.trained.parts :]
    sizes = np.stack([(parts[:, 1 : SLOT + 1] > 0).sum(1), (parts[:, SLOT + 2 :] > 0).sum(1)])
    assert (sizes.max(0) <= LONGER * sizes.min(0)).all()
    long = next(
        pair for pair in MODERN.verses[False] if "in the beginning" not in pair[0] and len(pair[0]) > 250
    )
    found = list(MODERN._parts(long))
    assert len(found) > 1
    for side in (0, 1):
        assert " ".join(part[side] for part in found) == long[side]


def test_the_given_cells_are_never_noised_and_never_scored() -> None:
    """A denoiser that is asked about noise is told the whole source, whatever the level; its loss is the target's."""
    seen = []

    def denoiser(state, noise=None, where=None):
        seen.append((state, where))
        logits = torch.zeros(*state.shape, len(MODERN.words))
        return logits if where is None else logits[where]

    ids = torch.from_numpy(MODERN.batch(16, np.random.default_rng(0)))
    loss = conditional(losses.build("cross-entropy"), MODERN.given)
    process = processes["absorbing"](len(MODERN.words), schedules.build("linear"))
    terms = loss(process, denoiser, ids, rng=torch.Generator().manual_seed(0))
    (state, where), given = seen[0], list(MODERN.given)
    assert torch.equal(state[:, given], ids[:, given]) and not where[:, given].any() and where.any()
    assert float(terms.objective) == pytest.approx(np.log(len(MODERN.words)), rel=1e-4)


def test_the_verses_to_try_are_those_of_the_packages_and_held_out() -> None:
    held = set(MODERN.verses[True])
    for verse in EXAMPLES:
        assert (plain(verse.old), plain(verse.new)) in held, verse.place
    assert dict(bible("kjv"))[62002010].replace("[", "").replace("]", "") == EXAMPLES[-1].old
