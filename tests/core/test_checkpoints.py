"""Checkpoint folders: whole ones come back, everything else is one clear sentence."""

import dataclasses
import json
import math
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.core.shelf_run import TINY
from textdiff_core import checkpoints, lab
from textdiff_core.checkpoints import SCHEMA, Checkpoint, load, load_state, save, save_state
from textdiff_core.denoisers.transformer import TransformerConfig, TransformerDenoiser
from textdiff_core.training_records import TrainConfig, TrainPoint
from textdiff_core.vocab import Vocabulary

WORDS = Vocabulary(("", "fox", "den"))
POINT = TrainPoint(5, 100, 1.5, 2.0, 2.1, (0.5, math.nan), 0.3, 0.02, "fox den.")


@pytest.fixture
def folder(tmp_path):
    """A whole checkpoint of a denoiser with random weights."""
    torch.manual_seed(0)
    denoiser = TransformerDenoiser(TransformerConfig(**SIZES))
    with torch.no_grad():
        for value in denoiser.parameters():
            value.normal_()
    save(tmp_path / "fox", Checkpoint(denoiser, WORDS, TrainConfig(), (POINT,)))
    return tmp_path / "fox"


def change(folder, **fields) -> None:
    """Rewrites config.json; None takes a field out."""
    record = json.loads((folder / "config.json").read_text()) | fields
    (folder / "config.json").write_text(json.dumps({k: v for k, v in record.items() if v is not None}))


def reweigh(folder, **weights) -> None:
    file = folder / "model.safetensors"
    save_file({k: v for k, v in (load_file(file) | weights).items() if v is not None}, file)


def test_a_checkpoint_comes_back(folder) -> None:
    """Weights to float16's precision, the rest exactly; saved again it is the same to the byte."""
    back = load(folder)
    assert (back.vocabulary, back.train) == (WORDS, TrainConfig())
    assert repr(back.history) == repr((POINT,))
    assert not back.denoiser.training
    state = torch.tensor([[1, 3, 0, 3, 2]])
    assert back.denoiser(state).dtype == torch.float32 and bool(back.denoiser(state).isfinite().all())
    again = folder.parent / "again"
    save(again, back)
    for name in ("model.safetensors", "config.json", "history.json"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def truncate(file, share) -> None:
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * share)])


SIZES = {"num_words": 3, "length": 5, "width": 8, "depth": 1, "heads": 2}
DAMAGES = {
    "no folder": (lambda f: f.rename(f.with_name("den")), "there is no checkpoint folder"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "is not whole: model.safetensors missing"),
    "no config": (lambda f: (f / "config.json").unlink(), "is not whole: config.json missing"),
    "half the weights": (lambda f: truncate(f / "model.safetensors", 0.5), "cannot be read"),
    "no bytes of weights": (lambda f: truncate(f / "model.safetensors", 0), "cannot be read"),
    "half the config": (lambda f: truncate(f / "config.json", 0.5), "damaged config.json"),
    "a list as config": (lambda f: (f / "config.json").write_text("[1]"), "damaged config.json"),
    "newer": (lambda f: change(f, schema=SCHEMA + 1), f"has schema {SCHEMA + 1}, newer than"),
    "a word as schema": (lambda f: change(f, schema="one"), "config.json"),
    "no words": (lambda f: change(f, words=None), "has no words in config.json"),
    "a number of words": (lambda f: change(f, words=7), "config.json|cannot be read"),
    "unknown sizes": (lambda f: change(f, model={"depth": 1}), "cannot be read"),
    "bad sizes": (lambda f: change(f, model=SIZES | {"width": 7}), "width must be"),
    "other sizes": (lambda f: change(f, model=SIZES | {"width": 16}), "cannot be read"),
    "unknown training": (lambda f: change(f, train={"speed": 9}), "config.json|cannot be read"),
    "bad training": (lambda f: change(f, train={"steps": 0}), "steps must be"),
    "half the history": (lambda f: truncate(f / "history.json", 0.5), "history.json|cannot be read"),
    "not a number": (lambda f: reweigh(f, **{"norm.weight": torch.full((8,), math.nan)}), "not finite: norm.weight"),
    "infinite": (lambda f: reweigh(f, **{"head.weight": torch.full((3, 8), math.inf)}), "not finite: head.weight"),
    "a weight less": (lambda f: reweigh(f, **{"norm.weight": None}), "cannot be read"),
    "a weight more": (lambda f: reweigh(f, extra=torch.ones(1)), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_one_sentence(folder, damage) -> None:
    harm, message = DAMAGES[damage]
    harm(folder)
    with pytest.raises(ValueError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


class Mine:
    """Leaves a mark when it is unpickled."""

    opened = False

    def __reduce__(self):
        return setattr, (Mine, "opened", True)


@pytest.mark.parametrize("name", ["model.pt", "weights.bin", "old.pkl", "state.pth", "last.ckpt"])
def test_a_folder_with_a_pickle_is_refused(folder, name) -> None:
    (folder / name).write_bytes(pickle.dumps(Mine()))
    with pytest.raises(ValueError, match=f"holds '{name}': pickles can run code"):
        load(folder)
    assert not Mine.opened


def test_a_pickle_in_place_of_the_weights_is_not_loaded(folder) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Mine()))
    with pytest.raises(ValueError, match="cannot be read"):
        load(folder)
    (folder / "state.safetensors").write_bytes(pickle.dumps(Mine()))
    with pytest.raises(ValueError, match=r"training state 'state\.safetensors' cannot be read"):
        load_state(folder / "state.safetensors")
    assert not Mine.opened


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path) -> None:
    file = tmp_path / "state.safetensors"
    save_state(file, {"a": torch.arange(3)}, {"step": 1})
    before = file.read_bytes()
    with pytest.raises(TypeError):
        save_state(file, {"a": torch.arange(4)}, {"step": object()})
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]
    tensors, notes = load_state(file)
    assert notes == {"step": 1} and torch.equal(tensors["a"], torch.arange(3))


def test_a_failed_checkpoint_leaves_the_old_one_loadable(folder) -> None:
    old = load(folder)
    with pytest.raises(TypeError):
        save(folder, dataclasses.replace(old, words=(object(),)))
    assert load(folder).words == old.words
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json", "history.json"}


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_half_written_state_is_refused(tmp_path, share) -> None:
    file = tmp_path / "state.safetensors"
    save_state(file, {"a": torch.arange(100)}, {"step": 1})
    truncate(file, share)
    with pytest.raises(ValueError, match="cannot be read"):
        load_state(file)


def test_every_file_of_a_checkpoint_may_be_read_by_all(folder: Path) -> None:
    save_state(folder / "state.safetensors", {"a": torch.zeros(1)}, {})
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == dict.fromkeys(
        ("config.json", "history.json", "model.safetensors", "state.safetensors"), "0o644"
    )


def test_the_curve_tells_of_no_report_whose_trace_is_not_there(tmp_path: Path, monkeypatch) -> None:
    seen = []

    def save_and_see(folder: Path, what: Checkpoint) -> None:
        traces = {int(file.stem) for file in (folder / "traces").glob("*.npz")}
        seen.append({point.step for point in what.history} <= traces)
        save(folder, what)

    monkeypatch.setattr(checkpoints, "save", save_and_see)
    config = dataclasses.replace(TINY, steps=4, every=2)
    for _ in lab.train(config, tmp_path / "run", traces=True):
        pass
    assert seen == [True, True]
