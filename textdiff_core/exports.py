"""A finished trace as files for other programs: an animated GIF, a table (CSV), a heat map (PNG). No torch.

Each export takes a `Trace` and answers with the bytes of the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from textdiff_core.trace import Status, Trace
from textdiff_core.vocab import CLOSING

PAPER, INK, FAINT = "#fbfaf6", "#20262b", "#6a7278"
NOISE, STRIPE = "#dedbd2", "#bdb9ae"
ACCENT, TINT, WARM = "#0f6e78", "#d5eaec", "#b5471f"

MAX_GIF_FRAMES = 300
GIF_WIDTH, MARGIN = 960, 36  # pixels
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would run what begins like this

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

COLUMNS = (
    "frame", "t", "noise", "network_calls", "position", "word", "status", "probability", "entropy_nats", "alternatives",
)  # fmt: skip


def table(trace: Trace) -> bytes:
    """One CSV row for each frame and cell, in UTF-8 with the mark by which spreadsheets know it.

    noise is 1 - alpha, the expected share of hidden words; position counts from 1; probability and entropy
    are empty where nothing was measured; alternatives are "word:probability" joined by "; ". Text that a
    spreadsheet would take for a formula gets a leading apostrophe.
    """
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for frame in range(len(trace.t)):
        moment = (frame, f"{trace.t[frame]:.6g}", f"{1 - trace.alpha[frame]:.6g}", int(trace.calls[frame]))
        for cell, status in enumerate(map(Status, trace.status[frame])):
            if status is not Status.ABSENT:
                measured = (trace.prob[frame, cell], trace.entropy[frame, cell])
                rows.writerow((
                    *moment, cell + 1, inert(shown_word(trace, frame, cell)), status.name.lower(),
                    *("" if np.isnan(value) else f"{value:.6g}" for value in measured),
                    inert(alternatives(trace, frame, cell)),
                ))  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would run it as a formula."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def shown_word(trace: Trace, frame: int, cell: int) -> str:
    """The word in a cell, or "" where it is noise or blank."""
    token = int(trace.tokens[frame, cell])
    return trace.words[token] if token < len(trace.words) else ""


def alternatives(trace: Trace, frame: int, cell: int) -> str:
    """The likeliest words of a noisy cell as "fox:0.91; hare:0.05"; the blank is written "(blank)"."""
    ranked = zip(trace.top_ids[frame, cell], trace.top_probs[frame, cell], strict=True)
    return "; ".join(f"{trace.words[i] or '(blank)'}:{p:.4f}" for i, p in ranked if i >= 0)


@dataclass(frozen=True)
class Box:
    """Where a cell stands on the picture: pixels of its left upper corner and its width."""

    x: float
    y: float
    width: float


def gif(trace: Trace) -> bytes:
    """The run as an animated text, at most 300 frames evenly picked from first to last; repeats for ever."""
    word_font, small = ImageFont.load_default(28), ImageFont.load_default(17)
    boxes, height = layout(trace, word_font)
    hatching = _hatching((GIF_WIDTH, height))
    picked = np.unique(
        np.linspace(0, len(trace.t) - 1, min(len(trace.t), MAX_GIF_FRAMES)).round().astype(int)
    )
    pictures = [_picture(trace, int(frame), boxes, height, hatching, word_font, small) for frame in picked]
    pause = int(np.clip(12_000 / len(picked), 50, 600) // 10 * 10)  # ms; GIF counts in hundredths of a second
    # One palette for all frames: what does not change is then equal in every frame and costs nothing.
    palette = _side_by_side([pictures[0], pictures[len(pictures) // 2], pictures[-1]]).quantize(64)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    file = io.BytesIO()
    durations = [pause] * len(rest) + [3000]
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return file.getvalue()


def layout(trace: Trace, font: Font) -> tuple[list[Box], int]:
    """A box for each cell, as wide as the widest word it ever holds, so that nothing jumps; and the height."""
    gap, line = (0.0 if trace.spacing == "char" else font.getlength(" ") + 2), 56
    x, y = float(MARGIN), 112.0
    boxes = []
    for cell in range(trace.tokens.shape[1]):
        words = {shown_word(trace, frame, cell) for frame in range(len(trace.t))}
        width = max(font.getlength(bare(word)) for word in words) or font.getlength("o")
        closing = words - {""} <= set(CLOSING) and words != {""}
        last = printable(shown_word(trace, -1, cell))
        start = x if closing or x == MARGIN else x + (gap if bare(last) == last else font.getlength(" "))
        if start + width > GIF_WIDTH - MARGIN:
            start, y = float(MARGIN), y + line
        boxes.append(Box(start, y, width))
        x = start + width
        if "\n" in words:
            x, y = float(MARGIN), y + line
    return boxes, int(y + line + 52)


def printable(word: str) -> str:
    """The word on one line: characters that do not print are shown as nothing."""
    return "".join(letter for letter in word if letter.isprintable())


def bare(word: str) -> str:
    """The word on one line, without the space that a piece of text carries before it."""
    word = printable(word)
    return word.strip() or word


def _picture(
    trace: Trace, frame: int, boxes: Sequence[Box], height: int, hatching: Image.Image,
    word_font: Font, small: Font,
) -> Image.Image:  # fmt: skip
    picture = Image.new("RGB", (GIF_WIDTH, height), PAPER)
    draw = ImageDraw.Draw(picture)
    steps, noise = trace.num_steps, 1 - trace.alpha[frame]
    told = f"Step {frame} of {steps}      {noise:.0%} noise      {trace.calls[frame]} network calls"
    draw.text((MARGIN, 30), told, fill=INK, font=small)
    done = frame / max(1, steps)
    draw.rounded_rectangle((MARGIN, 66, GIF_WIDTH - MARGIN, 72), 3, fill=NOISE)
    draw.rounded_rectangle((MARGIN, 66, MARGIN + max(6, done * (GIF_WIDTH - 2 * MARGIN)), 72), 3, fill=ACCENT)
    for cell, box in enumerate(boxes):
        _cell(trace, frame, cell, box, picture, draw, hatching, word_font)
    key = "hatched: noise      outlined: written in this step      bar: how sure the model was (square-root scale)"
    draw.text((MARGIN, height - 42), key, fill=FAINT, font=small)
    return picture


def _cell(
    trace: Trace, frame: int, cell: int, box: Box, picture: Image.Image, draw: ImageDraw.ImageDraw,
    hatching: Image.Image, font: Font,
) -> None:  # fmt: skip
    status = Status(int(trace.status[frame, cell]))
    word = bare(shown_word(trace, frame, cell))
    left, top = int(box.x), int(box.y)
    area = (left, top, left + int(box.width), top + 38)
    if status in (Status.NOISE, Status.RENOISED):
        picture.paste(hatching.crop(area), area[:2])
        if status is Status.RENOISED:
            draw.rounded_rectangle(area, 4, outline=WARM, width=2)
        return
    if status is Status.ABSENT or not word:
        return
    if status in (Status.WRITTEN, Status.CHANGED):
        edge = ACCENT if status is Status.WRITTEN else WARM
        area = (left - 2, top, area[2] + 2, area[3])
        draw.rounded_rectangle(area, 5, fill=TINT, outline=edge, width=2)
    colour = {Status.WRITTEN: ACCENT, Status.CHANGED: WARM, Status.KEPT: WARM}.get(status, INK)
    draw.text((box.x, box.y + 2), word, fill=colour, font=font)
    prob = trace.prob[frame, cell]
    if status is Status.KEPT:
        draw.rectangle((box.x, box.y + 41, box.x + box.width, box.y + 43), fill=WARM)
    elif not np.isnan(prob):
        draw.rectangle((box.x, box.y + 41, box.x + box.width * float(prob) ** 0.5, box.y + 43), fill=ACCENT)


def _hatching(size: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGB", size, NOISE)
    draw = ImageDraw.Draw(picture)
    for x in range(-size[1], size[0], 9):
        draw.line((x, size[1], x + size[1], 0), fill=STRIPE, width=2)
    return picture


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    width, height = pictures[0].size
    whole = Image.new("RGB", (width * len(pictures), height))
    for k, picture in enumerate(pictures):
        whole.paste(picture, (k * width, 0))
    return whole


def heat_map(trace: Trace) -> bytes:
    """How sure the model was, as PNG: a row for each cell (named by its last word), a column for each frame.

    The shade is the square root of `Trace.prob`: of the best guess while the cell is noise, of the word when
    it was written from then on. A dark edge marks the step that wrote it; hatching, what was not measured.
    """
    font, title = ImageFont.load_default(14), ImageFont.load_default(17)
    frames, cells = trace.tokens.shape
    names = [f"{printable(shown_word(trace, -1, cell)) or '·'}  {cell + 1}" for cell in range(cells)]
    across, down = int(np.clip(1000 // frames, 2, 40)), 18
    left, top = int(max(map(font.getlength, names))) + 60, 76
    width, height = left + max(frames * across, 560) + 40, top + cells * down + 158
    picture = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((left, 26), "How sure was the model?", fill=INK, font=ImageFont.load_default(22))
    area = (left, top, left + frames * across, top + cells * down)
    picture.paste(_shades(trace, across, down), area[:2])
    for cell, name in enumerate(names):
        draw.text((left - 8, top + (cell + 0.5) * down), name, fill=INK, font=font, anchor="rm")
    for frame in _ticks(frames - 1):
        x = left + (frame + 0.5) * across
        draw.line((x, area[3], x, area[3] + 6), fill=INK)
        draw.text((x, area[3] + 10), str(frame), fill=INK, font=font, anchor="ma")
    draw.text(((area[0] + area[2]) / 2, area[3] + 32), "step", fill=INK, font=title, anchor="ma")
    sideways = Image.new("RGB", (190, 24), PAPER)
    ImageDraw.Draw(sideways).text((95, 12), "last word, position", fill=INK, font=title, anchor="mm")
    picture.paste(sideways.rotate(90, expand=True), (12, max(top, (area[1] + area[3]) // 2 - 95)))
    _legend(picture, left, area[3] + 70, font)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _shades(trace: Trace, across: int, down: int) -> Image.Image:
    """The map itself, `across` x `down` pixels a value."""
    prob = np.nan_to_num(trace.prob.T)  # (C, N + 1)
    rgb = _shade(np.sqrt(prob)).repeat(down, 0).repeat(across, 1)
    unmeasured = np.isnan(trace.prob.T).repeat(down, 0).repeat(across, 1)
    rgb = np.where(unmeasured[..., None], _stripes(*rgb.shape[:2]), rgb)
    written = np.isin(trace.status.T, (Status.WRITTEN, Status.CHANGED)).repeat(down, 0).repeat(across, 1)
    rgb = np.where(
        (written & (np.arange(written.shape[1]) % across < max(1, across // 8)))[..., None], _rgb(INK), rgb
    )
    return Image.fromarray(rgb.astype(np.uint8))


def _stripes(height: int, width: int) -> np.ndarray:
    """(H, W, 3) RGB of hatching."""
    diagonal = np.add.outer(np.arange(height), np.arange(width))
    return np.where((diagonal % 6 < 2)[..., None], _rgb(STRIPE), _rgb(NOISE))


def _shade(share: np.ndarray) -> np.ndarray:
    """(..., 3) RGB between paper and the accent colour, for shares in [0, 1]."""
    return _rgb("#f1efe7") + share[..., None] * (_rgb(ACCENT) - _rgb("#f1efe7"))


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


def _ticks(last: int) -> list[int]:
    """At most about ten round numbers from 0 to `last`."""
    step = next(s for power in (1, 10, 100, 1000) for s in (power, 2 * power, 5 * power) if last <= 10 * s)
    return list(range(0, last + 1, step))


def _legend(picture: Image.Image, x: int, y: int, font: Font) -> None:
    """The colour bar, square-root scale, and the look of what was not measured."""
    draw = ImageDraw.Draw(picture)
    what = "probability of the best guess (noise) or of the word when it was written; square-root scale"
    draw.text((x, y), what, fill=INK, font=font)
    ramp = _shade(np.linspace(0, 1, 240))[None].repeat(16, 0)
    picture.paste(Image.fromarray(ramp.astype(np.uint8)), (x, y + 26))
    for share in (0, 0.1, 0.25, 0.5, 1):
        draw.text((x + 239 * share**0.5, y + 48), f"{share:g}", fill=INK, font=font, anchor="ma")
    hatched = _stripes(16, 32).astype(np.uint8)
    picture.paste(Image.fromarray(hatched), (x + 270, y + 26))
    draw.text((x + 310, y + 34), "not measured", fill=INK, font=font, anchor="lm")
    draw.rectangle((x + 430, y + 26, x + 432, y + 42), fill=INK)
    draw.text((x + 442, y + 34), "written here", fill=INK, font=font, anchor="lm")


EXPORTS: Mapping[str, Callable[[Trace], bytes]] = {"gif": gif, "csv": table, "png": heat_map}
