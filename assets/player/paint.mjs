// Draws cells on a canvas. A cell's look is a small record, so that unchanged cells are not drawn again.

import { rgbOf } from "./charts.mjs";
import { RELATION } from "./difference.mjs";
import { alignOf } from "./layout.mjs";
import { emphasisOf, MARK } from "./marks.mjs";
import { faultsAt, guessAt, isNoise, STATUS, statusAt, wordAt } from "./model.mjs";

const LEAST_SQUEEZE = 0.78; // of a guess's natural width
const SET_BACK = 0.32; // how much is left of cells that a question is not about

/** The colours of the theme in force, read from the player's own custom properties. */
export function readPalette(element) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(`--tp-${name}`).trim();
  const names = ["ink", "muted", "faint", "track", "noise", "hatch", "lane", "warm", "second"];
  const palette = Object.fromEntries(names.map((name) => [name, color(name)]));
  const thin = (name) => `rgba(${[...rgbOf(palette[name])].slice(0, 3).join()}, 0.15)`;
  const asked = {
    [MARK.CHANGED]: [palette.warm, thin("warm")], [MARK.RENOISED]: [palette.ink, thin("ink")],
    [MARK.INSERTED]: [palette.second, thin("second")],
  };
  return { ...palette, tint: thin("lane"), warmTint: thin("warm"), kept: palette.warm, asked };
}

/** A slanted hatching as a canvas pattern, drawn at the screen's own resolution. */
export function hatching(context, palette, ratio) {
  const size = Math.round(7 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.fillStyle = palette.noise;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = palette.hatch;
  pen.lineWidth = size / 3.2;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/** How near a vector is to its word as what the bar takes the root of, so that the bar falls evenly with the distance. */
const nearness = (distance) => Math.max(0, 1 - distance) ** 2;

/** What one cell looks like in one frame; equal keys mean equal pictures. */
export function lookOf(lane, frame, cell, { guesses, marked, numbers, asked = null, related }) {
  const status = statusAt(lane, frame, cell);
  const guess = guesses ? (guessAt(lane, frame, cell)?.word ?? "") : "";
  const word = wordAt(lane, frame, cell) ?? "";
  const at = frame * lane.cells + cell;
  // Noise has no bar but where its vector may be on its way to a word.
  const prob = lane.distance ? nearness(lane.distance[at]) : isNoise(status) ? NaN : lane.prob[at];
  const fault = faultsAt(lane, frame, cell).length > 0;
  const text = (isNoise(status) ? guess : word).trim();
  const emphasis = asked ? emphasisOf(lane, frame, cell, asked.mark, asked.first) : "";
  const relation = related?.kinds[cell] ?? RELATION.NONE;
  const earlier = Boolean(related?.earlier[cell]);
  const key = [status, text, prob, fault, marked, emphasis, asked?.mark, relation, earlier].join("\u0001");
  return { status, text, prob, fault, marked, emphasis, asked: asked?.mark, relation, earlier, number: numbers ? cell + 1 : 0, key };
}

function roundBox(pen, x, y, w, h, radius) {
  pen.beginPath();
  pen.roundRect(x, y, Math.max(0, w), h, Math.min(radius, w / 2));
}

/** Where text of a width in px stands in its box, as the layout says: {x, w}. */
function standsAt(box, width, word = "") {
  const align = alignOf(box, word);
  const room = Math.max(4, box.w - box.left - box.right);
  const w = Math.min(width, room);
  const left = box.x + box.left;
  return { x: align === "left" ? left : align === "right" ? left + room - w : left + (room - w) / 2, w };
}

/** Text that is wider than its room: squeezed a little, or cut. */
function fitting(text, width, room) {
  if (width * LEAST_SQUEEZE <= room || text.length < 3) return text;
  const letters = Math.max(1, Math.floor((text.length * room) / (width * LEAST_SQUEEZE)) - 1);
  return `${text.slice(0, letters)}…`;
}

const thicknessOf = ({ metrics }) => Math.max(2.4, 0.09 * metrics.size);

/** A bar as long as the root of a share: of small shares it still shows something. */
function drawBar(pen, { x, w }, share, style, y) {
  const thick = thicknessOf(style);
  pen.fillStyle = style.palette.track;
  pen.fillRect(x, y - thick / 2, w, thick);
  pen.fillStyle = style.palette.lane;
  pen.fillRect(x, y - thick / 2, w * Math.sqrt(Math.max(0, share)), thick);
}

function drawNoise(pen, look, box, style) {
  const { palette, metrics } = style;
  pen.fillStyle = style.hatching;
  roundBox(pen, box.x + 1, box.y + metrics.top, box.w - 2, metrics.block, 4);
  pen.fill();
  if (look.text) {
    pen.font = style.italic;
    pen.fillStyle = palette.faint;
    const at = standsAt(box, style.measure(look.text, true));
    pen.fillText(fitting(look.text, style.measure(look.text, true), at.w), at.x, box.y + metrics.baseline, at.w);
  }
  if (!Number.isNaN(look.prob)) drawBar(pen, { x: box.x + 3, w: box.w - 6 }, look.prob, style, box.y + metrics.underline);
  if (look.status !== STATUS.RENOISED) return;
  pen.strokeStyle = palette.warm;
  pen.lineWidth = 1.5;
  pen.setLineDash([4, 3]);
  roundBox(pen, box.x + 1.75, box.y + metrics.top + 0.75, box.w - 3.5, metrics.block - 1.5, 4);
  pen.stroke();
  pen.setLineDash([]);
}

function drawWave(pen, x, y, w, color) {
  pen.strokeStyle = color;
  pen.lineWidth = 1.4;
  pen.beginPath();
  pen.moveTo(x, y);
  for (let i = 0; i < w; i += 0.75) pen.lineTo(x + i, y + 1.5 * Math.sin((i * Math.PI) / 3));
  pen.stroke();
}

function drawUnderline(pen, look, at, style, y) {
  const w = Math.max(at.w, look.fault ? 12 : 5);
  if (look.fault) drawWave(pen, at.x, y, w, style.palette.warm);
  else if (look.status === STATUS.KEPT) {
    pen.fillStyle = style.palette.kept;
    pen.fillRect(at.x, y - thicknessOf(style) / 2, w, 0.85 * thicknessOf(style));
  } else if (!Number.isNaN(look.prob)) drawBar(pen, { x: at.x, w }, look.prob, style, y);
}

function drawWord(pen, look, box, style) {
  const { palette, metrics } = style;
  const at = standsAt(box, style.measure(look.text, false), look.text);
  const fresh = look.emphasis !== "now" && !look.relation && (look.status === STATUS.WRITTEN || look.status === STATUS.CHANGED);
  if ((fresh && look.text) || look.marked) {
    const warm = look.marked || look.status === STATUS.CHANGED;
    pen.fillStyle = warm ? palette.warmTint : palette.tint;
    pen.strokeStyle = warm ? palette.warm : palette.lane;
    pen.lineWidth = 1.5;
    const left = Math.max(box.x + 2, at.x - metrics.pad + 1);
    const right = Math.min(box.x + box.w - 2, at.x + at.w + metrics.pad - 1);
    roundBox(pen, left, box.y + metrics.top + 0.75, right - left, metrics.block - 1.5, 4);
    pen.fill();
    if (look.marked) pen.setLineDash([4, 3]);
    pen.stroke();
    pen.setLineDash([]);
  }
  if (look.relation) drawRelation(pen, look, box, at, style);
  if (!look.text) return;
  pen.font = style.upright;
  pen.fillStyle = palette.ink;
  pen.fillText(fitting(look.text, style.measure(look.text, false), at.w), at.x, box.y + metrics.baseline, at.w);
  if (!look.relation) drawUnderline(pen, look, at, style, box.y + metrics.underline);
}

/** What a word is to that of another lane: alike twice underlined, different framed, alone dotted; earlier with a corner. */
function drawRelation(pen, look, box, at, { palette, metrics }) {
  const [y, w] = [box.y + metrics.underline, Math.max(at.w, 8)];
  const [left, top] = [Math.max(box.x + 2, at.x - metrics.pad + 1), box.y + metrics.top + 0.75];
  const right = Math.min(box.x + box.w - 2, at.x + w + metrics.pad - 1);
  pen.fillStyle = palette.tint;
  pen.strokeStyle = palette.lane;
  pen.lineWidth = 1.4;
  if (look.relation === RELATION.PARTS) {
    roundBox(pen, left, top, right - left, metrics.block - 1.5, 4);
    pen.fill();
    pen.stroke();
  } else if (look.text) {
    pen.beginPath();
    if (look.relation === RELATION.ALONE) pen.setLineDash([1.5, 3.5]);
    for (const shift of look.relation === RELATION.ALIKE ? [-1.7, 1.7] : [0]) {
      pen.moveTo(at.x, y + shift);
      pen.lineTo(at.x + w, y + shift);
    }
    pen.stroke();
    pen.setLineDash([]);
  }
  if (!look.earlier || (!look.text && look.relation !== RELATION.PARTS)) return;
  const side = 0.36 * metrics.size;
  pen.fillStyle = palette.lane;
  pen.beginPath();
  pen.moveTo(left, top);
  pen.lineTo(left + side, top);
  pen.lineTo(left, top + side);
  pen.fill();
}

/** What a question brings out stands in a box of its colour, framed at the step at which it happens. */
function drawEmphasis(pen, look, box, { palette, metrics }) {
  const [edge, tint] = palette.asked[look.asked];
  roundBox(pen, box.x + 2, box.y + metrics.top + 1, box.w - 4, metrics.block - 2, 4);
  pen.fillStyle = tint;
  pen.fill();
  if (look.emphasis !== "now") return;
  pen.fill();
  pen.strokeStyle = edge;
  pen.lineWidth = 2.5;
  pen.stroke();
}

/** Draws one cell into its box. `style` is {palette, hatching, upright, italic, small, metrics, measure}. */
export function drawCell(pen, look, box, style) {
  if (!box.on) return;
  pen.save();
  pen.beginPath();
  pen.rect(box.x + 0.5, box.y, box.w - 1, box.h); // a slanted letter must not leave its tail in the next cell
  pen.clip();
  pen.textBaseline = "alphabetic";
  if (look.emphasis === "other") pen.globalAlpha *= SET_BACK;
  else if (look.emphasis) drawEmphasis(pen, look, box, style);
  if (isNoise(look.status)) drawNoise(pen, look, box, style);
  else drawWord(pen, look, box, style);
  if (look.number) {
    pen.font = style.small;
    pen.fillStyle = style.palette.muted;
    pen.fillText(String(look.number), box.x + 2, box.y + style.metrics.number);
  }
  pen.restore();
}
