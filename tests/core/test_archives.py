"""Archives that come from anywhere: what is good comes back, what is bad is told and leaves nothing."""

import io
import json
import math
import os
import pickle
import struct
import zipfile
from pathlib import Path

import pytest

from tests.core.shelf_run import TINY, checkpoint
from textdiff_core import lab
from textdiff_core.shelf import Shelf


@pytest.fixture
def some(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "runs")


def contents(folder: Path) -> set[str]:
    """Names of everything on a shelf, hidden or not, but for its locks."""
    return {entry.name for entry in folder.iterdir()} - {".locks"}


def test_a_packed_run_comes_back(some: Shelf) -> None:
    run = some.add(TINY, name="Away")
    with pytest.raises(ValueError, match="no checkpoint yet"):
        some.pack(run.id)
    checkpoint(run.folder)
    back = some.unpack(some.pack(run.id), "Back again")
    assert (back.name, back.state.phase, back.state.step) == ("Back again", "done", 20)
    assert back.has_model and some.curve(back.id)[0].sample == "A text."
    assert (back.folder / "model.safetensors").read_bytes() == (run.folder / "model.safetensors").read_bytes()


class Runs:
    """Unpickled, it would run code."""

    def __reduce__(self):
        return os.system, ("touch /tmp/never",)


def archive(files: dict[str, bytes], **more) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = more.get("attributes", 0o644) << 16
            made.writestr(info, data)
    return stream.getvalue()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a good checkpoint."""
    folder = checkpoint(tmp_path_factory.mktemp("parts") / "model")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def lying(data: bytes) -> bytes:
    """The archive with every uncompressed size written as 10, in both headers."""
    out, at = bytearray(data), 0
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        while (at := out.find(mark, at)) >= 0:
            out[at + place : at + place + 4] = struct.pack("<I", 10)
            at += 4
        at = 0
    return bytes(out)


def config(parts: dict[str, bytes], **changes) -> bytes:
    return json.dumps(json.loads(parts["config.json"]) | changes).encode()


def test_a_bad_archive_is_refused_in_one_sentence_and_leaves_nothing(some: Shelf, parts) -> None:
    huge = {"model": json.loads(parts["config.json"])["model"] | {"width": 60_000, "depth": 60}}
    sick = bytearray(parts["model.safetensors"])
    sick[-2:] = struct.pack("<e", math.nan)
    bomb = {**parts, "notes.txt": b"\0" * (20 * 2**20)}
    for data, said in (
        (b"", "not a .zip"),
        (b"hello", "not a .zip"),
        (archive(parts)[:-30], "not a .zip"),
        (archive({}), "config.json and model.safetensors missing"),
        (archive({"config.json": parts["config.json"]}), "model.safetensors missing"),
        (archive({**parts, "../up.json": b"{}"}), "leads out"),
        (archive({**parts, "a/../../up.json": b"{}"}), "leads out"),
        (archive({**parts, "/etc/up.json": b"{}"}), "leads out"),
        (archive({**parts, "c:\\up.json": b"{}"}), "leads out"),
        (archive({**parts, "link.json": b"/etc/passwd"}, attributes=0o120777), "link"),
        (archive({**parts, "model.pt": b"x"}), "pickle"),
        (archive({**parts, "notes.txt": pickle.dumps(Runs())}), "pickle"),
        (archive({**parts, "model.safetensors": pickle.dumps(Runs(), 2)}), "pickle"),
        (archive({**parts, "run.sh": b"x"}), "no part of a checkpoint"),
        (archive({**parts, "deep/er/config.json": b"x"}), "more than one folder"),
        (archive({**parts, **{f"{i}.txt": b"x" for i in range(70)}}), "files"),
        (archive(bomb), "zip bomb"),
        (lying(archive(bomb)), "not a .zip|zip bomb"),
        (archive({**parts, "config.json": b"{"}), "damaged"),
        (archive({**parts, "history.json": b"{}"}), "damaged"),
        (archive({**parts, "config.json": config(parts, schema=99)}), "schema 99"),
        (archive({**parts, "config.json": config(parts, **huge)}), "can hold"),
        (archive({**parts, "config.json": config(parts, model={})}), "sizes"),
        (archive({**parts, "model.safetensors": bytes(sick)}), "not finite"),
        (archive({**parts, "model.safetensors": b"x" * 300_000}), "cannot be read"),
    ):
        with pytest.raises(ValueError, match=said) as told:
            some.unpack(data)
        assert "\n" not in str(told.value) and str(some.folder) not in str(told.value)
        assert contents(some.folder) == set(), said
    assert not Path("/tmp/never").exists()


def trained(parts: dict[str, bytes], **changes) -> dict[str, bytes]:
    """The checkpoint, said to be trained otherwise."""
    train = json.loads(parts["config.json"])["train"] | changes
    return {**parts, "config.json": config(parts, train=train)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"process": "alien"}, "unknown process 'alien'"),
        ({"process": 5}, "process must be a text"),
        ({"process": "gaussian"}, "is not one for the gaussian process"),
        ({"loss": "insertion"}, "trains insertion"),
        ({"schedule": "steep"}, "unknown schedule"),
        ({"optimizer": "magic"}, "unknown optimizer"),
        ({"corpus": 5}, "corpus must be a text"),
        ({"corpus": "x" * 5000}, "corpus must be a text"),
        ({"corpus": "tales"}, "are not those of the corpus 'tales'"),
        ({"start": ["a"]}, "start must be a text"),
        ({"compile": "yes"}, "compile must be true or false"),
        ({"rate": 10**400}, "rate must be a number"),
    ],
)
def test_an_archive_of_an_alien_training_is_refused(some: Shelf, parts, changes, said) -> None:
    with pytest.raises(ValueError, match=said) as told:
        some.unpack(archive(trained(parts, **changes)))
    assert "\n" not in str(told.value) and contents(some.folder) == set()


@pytest.mark.parametrize("path", ["/etc/hostname", "../../secret.txt", "secret.txt", "text.txt", ""])
def test_an_archive_cannot_make_the_app_read_another_file(some: Shelf, parts, path, monkeypatch) -> None:
    """Neither by the corpus nor by the start, and not with what lies in the folder the app runs in."""
    for folder in (some.folder.parent, some.folder.parent.parent):
        (folder / "secret.txt").write_text("my secret is this\n" * 50)
    (some.folder.parent / "text.txt").write_text("my secret is this\n" * 50)
    monkeypatch.chdir(some.folder.parent)
    run = some.unpack(archive(trained(parts, corpus=f"file:{path}", start=str(some.folder))))
    assert (run.config.corpus, run.config.start) == ("file:text.txt", "")
    told = json.loads((run.folder / "config.json").read_text("utf-8"))["train"]
    assert (told["corpus"], told["start"]) == ("file:text.txt", "")
    with pytest.raises(ValueError, match="there is no text file"):
        lab.open_corpus(lab.located(run.config, run.folder))


def test_an_archive_brings_no_files_by_which_a_run_speaks(some: Shelf, parts) -> None:
    more = dict.fromkeys(("worker.json", "run.json", "status.json", "notes.md", "state.safetensors"), b"{}")
    run = some.unpack(archive({**parts, **more, "text.txt": b"A text of one's own, brought along.\n" * 9}))
    assert {file.name for file in run.folder.iterdir()} == {*parts, "run.json", "status.json", "text.txt"}
    assert (run.config, run.state.phase) == (some.run(run.id).config, "done")


@pytest.mark.parametrize(
    "points",
    [
        [{"step": "5"}], [{"step": 0}], [{"step": 2.5}], [{"step": True}], [{"step": 9}, {"step": 9}],
        [{"step": 9}, {"step": 3}], [{"levels": "1234567890"}], [{"levels": [1.0]}, {"step": 30}],
        [{"levels": [[1.0]]}], [{"levels": [1.0] * 101}], [{"validation_nelbo": "2"}], [{"train_nelbo": [2]}],
        [{"sample": ["a"]}], [{"tokens": -1}], [{"seconds": math.inf}], [{"rate": {}}], [{"more": 1}], ["a point"],
    ],
)  # fmt: skip
def test_an_archive_with_a_damaged_curve_is_refused(some: Shelf, parts, points) -> None:
    (good,) = json.loads(parts["history.json"])
    told = [good | point if isinstance(point, dict) else point for point in points]
    with pytest.raises(ValueError, match=r"history.json .* is damaged") as said:
        some.unpack(archive({**parts, "history.json": json.dumps(told).encode()}))
    assert "\n" not in str(said.value) and contents(some.folder) == set()


@pytest.mark.parametrize(
    "marks", ["[]", "{", '{"mine": 1.0}', '{"all words alike": "1"}', '{"all words alike": NaN}']
)
def test_an_archive_with_damaged_marks_is_refused(some: Shelf, parts, marks) -> None:
    with pytest.raises(ValueError, match=r"marks.json .* is damaged"):
        some.unpack(archive({**parts, "marks.json": marks.encode()}))
    assert contents(some.folder) == set()


def test_what_was_measured_and_is_no_number_is_a_gap(some: Shelf, parts) -> None:
    (good,) = json.loads(parts["history.json"])
    told = [good | {"validation_nelbo": None}, good | {"step": 30, "rate": math.inf}]
    run = some.unpack(archive({**parts, "history.json": json.dumps(told).encode()}))
    first, second = some.curve(run.id)
    assert math.isnan(first.validation_nelbo) and math.isnan(second.rate) and second.step == 30


def test_a_good_archive_may_have_a_folder(some: Shelf, parts) -> None:
    assert some.unpack(archive({f"any/{name}": data for name, data in parts.items()})).has_model
