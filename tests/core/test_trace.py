"""Trace files from anywhere: whole ones come back, everything else is one clear sentence."""

import io
import json
import zipfile

import numpy as np
import pytest

from tests.core.same_arrays import assert_same_arrays
from textdiff_core.records import RunConfig
from textdiff_core.trace import MAX_FILE_BYTES, SCHEMA, Fault, Status, Trace, Verdict, join

WORDS = ("", "fox", "den", ".")


def small(**changes) -> Trace:
    """Two frames of three cells: noise, then "fox den."."""
    fields = {
        "config": RunConfig(seed=7, keep=((1, "fox"),)),
        "words": WORDS,
        "spacing": "word",
        "t": np.array([1.0, 0.0]),
        "alpha": np.array([0.0, 1.0]),
        "tokens": np.array([[4, 4, 4], [1, 2, 3]], np.int32),
        "status": np.array([[1, 1, 1], [2, 2, 2]], np.uint8),
        "prob": np.full((2, 3), 0.5, np.float32),
        "entropy": np.full((2, 3), np.nan, np.float32),
        "top_ids": np.array([[[1, 2]] * 3, [[-1, -1]] * 3], np.int32),
        "top_probs": np.zeros((2, 3, 2), np.float32),
        "calls": np.array([0, 1], np.int32),
        "seconds": np.array([0.0, 0.1], np.float32),
        "verdict": Verdict(("home",), (Fault("home", (1, 2), "a fox has a hole"),)),
    }
    return Trace(**(fields | changes))


def saved(trace: Trace) -> bytes:
    file = io.BytesIO()
    trace.save(file)
    return file.getvalue()


def rewritten(raw: bytes, *, header: dict | bytes | None = None, **arrays) -> bytes:
    """The file with parts of its header (or all of it) and some arrays replaced; None leaves an array out."""
    with np.load(io.BytesIO(raw)) as whole:
        parts = dict(whole) | arrays
    if isinstance(header, dict):
        header = json.dumps(json.loads(parts["header"].tobytes()) | header).encode()
    if header is not None:
        parts["header"] = np.frombuffer(header, np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, **{name: value for name, value in parts.items() if value is not None})
    return file.getvalue()


def test_a_file_brings_everything_back(tmp_path) -> None:
    trace = small()
    trace.save(tmp_path / "run.npz")
    for again in (Trace.load(tmp_path / "run.npz"), Trace.load(saved(trace))):
        assert again.verdict == trace.verdict and again.config == trace.config and again.words == WORDS
        assert_same_arrays(again, trace)


def test_text_shows_noise_and_leaves_out_what_is_absent() -> None:
    trace = small(status=np.array([[1, 0, 1], [2, 2, 2]], np.uint8))
    assert trace.text(0) == "▒ ▒" and trace.text() == "fox den." and trace.num_steps == 1
    assert join(["a", "", ",", "b", "!"], "word") == "a, b!"
    assert join(["a", " ", "b"], "char") == "a b"


WHOLE = saved(small())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not a whole trace"),
        (b"PK\x03\x04 and nothing more", "not a whole trace"),
        (b"\x80\x04\x95" + b"pickled" * 20, "not a whole trace"),
        (WHOLE[: len(WHOLE) // 2], "not a whole trace"),
        (WHOLE[:-1], "not a whole trace"),
        (WHOLE[:300] + bytes(200) + WHOLE[500:], "not a whole trace"),
        (rewritten(WHOLE, header={"schema": SCHEMA + 1}), f"its schema is {SCHEMA + 1}, newer than"),
        (rewritten(WHOLE, header={"schema": "one"}), "not a whole trace"),
        (rewritten(WHOLE, header=b"{"), "not a whole trace"),
        (rewritten(WHOLE, header=b"[1]"), "not a whole trace"),
        (rewritten(WHOLE, header=b"\xff\xfe"), "not a whole trace"),
        (rewritten(WHOLE, header={"config": {"steps": 0}}), "steps must be a whole number"),
        (rewritten(WHOLE, header={"config": {"colour": 1}}), "unknown run settings: colour"),
        (rewritten(WHOLE, header={"words": 3}), "not a whole trace"),
        (rewritten(WHOLE, header={"words": ["", "fox"]}), "outside its vocabulary of 2"),
        (rewritten(WHOLE, header={"verdict": {"rules": []}}), "not a whole trace"),
        (rewritten(WHOLE, tokens=None), "not a whole trace"),
        (rewritten(WHOLE, tokens=np.zeros(3, np.int32)), "not a whole trace"),
        (rewritten(WHOLE, tokens=np.zeros((3, 3), np.int32)), "has shape"),
        (rewritten(WHOLE, tokens=np.full((2, 3), -1)), "outside its vocabulary"),
        (rewritten(WHOLE, tokens=np.array([["a"] * 3] * 2)), "not a whole trace"),
        (rewritten(WHOLE, top_ids=np.zeros((2, 3, 5), int)), "alternatives have shapes"),
        (rewritten(WHOLE, top_ids=np.full((2, 3, 2), 9)), "outside its vocabulary"),
        (rewritten(WHOLE, status=np.full((2, 3), max(Status) + 1)), "unknown cell status"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(raw, message) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        Trace.load(raw)
    assert "\n" not in str(caught.value)


def test_any_cut_of_a_file_is_refused() -> None:
    for size in range(0, len(WHOLE) - 1, 97):
        with pytest.raises(ValueError, match="not a whole trace"):
            Trace.load(WHOLE[:size])


class Mine:
    """Leaves a mark when it is unpickled."""

    opened = False

    def __reduce__(self):
        return setattr, (Mine, "opened", True)


def test_nothing_is_ever_unpickled() -> None:
    file = io.BytesIO()
    with np.load(io.BytesIO(WHOLE)) as whole:
        parts = dict(whole)
    np.savez(file, **(parts | {"tokens": np.array([Mine()], dtype=object)}))
    with pytest.raises(ValueError, match="not a whole trace"):
        Trace.load(file.getvalue())
    assert not Mine.opened


def test_huge_files_are_refused_before_they_are_read(tmp_path) -> None:
    """A sparse file of 2 GB, and a small one that would unpack to 600 MB."""
    with (tmp_path / "huge.npz").open("wb") as file:
        file.truncate(2 * 2**30)
    with pytest.raises(ValueError, match=f"at most {MAX_FILE_BYTES >> 20} MB, got 2048 MB"):
        Trace.load(tmp_path / "huge.npz")
    bomb = zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with bomb, bomb.open("tokens.npy", "w") as entry:
        for _ in range(600):
            entry.write(bytes(2**20))
    with pytest.raises(ValueError, match="would unpack to 600 MB"):
        Trace.load(tmp_path / "bomb.npz")


def test_a_missing_file_is_an_error_of_its_own(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        Trace.load(tmp_path / "none.npz")


def test_a_trace_checks_its_shapes_when_it_is_made() -> None:
    with pytest.raises(ValueError, match="trace field calls has shape"):
        small(calls=np.zeros(3, np.int32))
