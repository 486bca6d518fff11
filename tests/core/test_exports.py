"""Exports of a trace: what other programs will read."""

import csv
import dataclasses
import io
import itertools
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFont

from textdiff_core.exports import COLUMNS, EXPORTS, MAX_GIF_FRAMES, Box, gif, heat_map, layout, table
from textdiff_core.records import RunConfig
from textdiff_core.trace import Status, Trace

WORDS = ("", "fox", ".", "=1+1", "@home", "den", "\n")
NOISE = len(WORDS)


def made(tokens: list[list[int]], *, spacing: str = "word", words: tuple[str, ...] = WORDS) -> Trace:
    """A trace of these token rows; what is written has probability 0.5, noise 0.25; cell 0 is kept."""
    ids = np.array(tokens, dtype=np.int32)
    frames = len(ids)
    noise = ids == len(words)
    status = np.where(noise, Status.NOISE, Status.SETTLED).astype(np.uint8)
    status[1:][noise[:-1] & ~noise[1:]] = Status.WRITTEN
    status[:, 0] = Status.KEPT
    prob = np.where(noise, 0.25, 0.5).astype(np.float32)
    prob[:, 0] = np.nan
    top = np.where(noise[..., None], [1, min(3, len(words) - 1)], -1).astype(np.int32)
    t = np.linspace(1, 0, frames)
    return Trace(
        config=RunConfig(), words=words, spacing=spacing, t=t, alpha=1 - t, tokens=ids, status=status, prob=prob,
        entropy=2 * prob, top_ids=top, top_probs=np.where(noise[..., None], [0.75, 0.25], 0).astype(np.float32),
        calls=np.arange(frames, dtype=np.int32), seconds=t.astype(np.float32),
    )  # fmt: skip


SMALL = made([[1, NOISE, NOISE, NOISE], [1, NOISE, 3, NOISE], [1, 5, 3, 0]])


def rows(trace: Trace) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table(trace).decode("utf-8-sig"))))


def test_the_table_has_one_row_for_each_frame_and_cell() -> None:
    read = rows(SMALL)
    assert tuple(read[0]) == COLUMNS
    assert [(row["frame"], row["position"]) for row in read] == [
        (str(frame), str(position)) for frame in range(3) for position in range(1, 5)
    ]
    assert read[4]["noise"] == "0.5" and read[4]["network_calls"] == "1"
    assert [row["status"] for row in read[8:]] == ["kept", "written", "settled", "written"]
    assert [row["word"] for row in read[8:]] == ["fox", "den", "'=1+1", ""]


def test_the_table_leaves_empty_what_was_not_measured() -> None:
    kept, noise = rows(SMALL)[:2]
    assert kept["probability"] == kept["entropy_nats"] == kept["alternatives"] == ""
    assert (noise["probability"], noise["entropy_nats"]) == ("0.25", "0.5")
    assert noise["alternatives"] == "fox:0.7500; =1+1:0.2500"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_text_in_the_table_begins_like_a_formula(start: str) -> None:
    words = ("", f"{start}cmd|' /C calc'!A0", ".", f"{start}x")
    trace = made([[1, 4, 4], [1, 3, 1]], words=words)
    texts = [row[column] for row in rows(trace) for column in ("word", "alternatives") if row[column]]
    assert len(texts) >= 5
    assert all(text.startswith("'") for text in texts)


def test_absent_cells_have_no_row() -> None:
    status = SMALL.status.copy()
    status[0, 2] = Status.ABSENT
    assert len(rows(dataclasses.replace(SMALL, status=status))) == 11


def test_the_gif_shows_each_frame_and_rests_on_the_last() -> None:
    picture = Image.open(io.BytesIO(gif(SMALL)))
    assert (picture.n_frames, picture.info["loop"]) == (3, 0)
    frames, pauses = [], []
    for k in range(3):
        picture.seek(k)
        pauses.append(picture.info["duration"])
        frames.append(np.asarray(picture.convert("RGB"), dtype=int))
    assert pauses[0] == pauses[1] < pauses[2] == 3000
    boxes, _ = layout(SMALL, font())
    for k, cell in ((1, 2), (2, 1)):  # what a step writes changes on the picture, a kept word does not
        assert (window(frames[k], boxes[cell]) != window(frames[k - 1], boxes[cell])).any()
    assert (window(frames[0], boxes[0]) == window(frames[2], boxes[0])).all()


def font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(28)


def window(frame: np.ndarray, box: Box) -> np.ndarray:
    return frame[int(box.y) : int(box.y) + 38, int(box.x) + 3 : int(box.x + box.width) - 3]


def test_a_long_run_becomes_at_most_300_frames_with_both_ends() -> None:
    long = made([[1] + [NOISE] * (600 - k) + [1] * k for k in range(601)])
    short = dataclasses.replace(
        long,
        **{
            name: getattr(long, name)[:, :8]
            for name in ("tokens", "status", "prob", "entropy", "top_ids", "top_probs")
        },
    )
    picture = Image.open(io.BytesIO(gif(short)))
    assert 2 <= picture.n_frames <= MAX_GIF_FRAMES


def test_cells_do_not_overlap_and_stay_on_the_page() -> None:
    trace = made([[1] + [NOISE] * 40, [1] + [5, 3, 1, 2] * 10])
    boxes, height = layout(trace, font())
    for left, right in itertools.pairwise(boxes):
        assert right.y > left.y or right.x >= left.x + left.width - 1e-6
    assert all(box.x + box.width <= 960 - 36 + 1e-6 and box.y + 38 < height for box in boxes)


def test_the_heat_map_is_darker_where_the_model_was_surer() -> None:
    prob = SMALL.prob.copy()
    prob[:, 1], prob[:, 3] = 0.04, 0.81
    sure = dataclasses.replace(SMALL, prob=prob)
    picture = np.asarray(Image.open(io.BytesIO(heat_map(sure))).convert("L"), dtype=int)
    plain = np.asarray(Image.open(io.BytesIO(heat_map(SMALL))).convert("L"), dtype=int)
    changed = np.argwhere(picture != plain)
    top, left = changed.min(0)
    middle = picture[:, left + 12]
    assert picture[top + 9, left + 12] > picture[top + 2 * 18 + 9, left + 12]
    assert middle.min() < 130


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
@pytest.mark.parametrize(
    "trace",
    [
        made([[1]]),
        made([[1, NOISE]]),
        made([[0, NOISE], [0, 0]]),
        made([[1, NOISE, NOISE], [1, 6, 5]], spacing="char"),
        made([[1, 3], [1, 2]], words=("", "ф" * 90, "שלום\u202e")),
    ],
    ids=["one cell", "one frame", "blanks", "new line", "long and right to left"],
)
def test_odd_traces_are_exported(export, trace: Trace) -> None:
    data = export(trace)
    assert data == export(trace)
    if export is not table:
        Image.open(io.BytesIO(data)).load()


def test_importing_exports_does_not_import_torch() -> None:
    check = "import sys, textdiff_core.exports; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
