// Where each cell stands. Pure: text is measured by a function that is passed in.

import { guessAt, STATUS, statusAt, wordAt } from "./model.mjs";

const CLOSING = new Set([".", ",", "!", "?", ";", ":", ")", "”", "’", "'s", "n't"]);
const USUAL_GUESS = 0.8; // a cell makes room for this share of its guesses; wider ones are shortened
const LINE_ENDS = new Set(["\n", "⏎"]);
const LED = /^\s\S/; // a piece of text that carries the space before it
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/; // Hebrew, Arabic and their kin
const FEW_WORDS = 2; // a cell that held more words than this makes room for the last, and for the others as for guesses

/** Whether a lane has cells that come or go; only then do the others slide. */
export function slides(lane) {
  return lane.status.includes(STATUS.ABSENT);
}

/**
 * Each cell's text width in px: the widest word it ever holds (the last one, where words only passed through), and
 * where guesses are shown also the usual ones, so that nothing jumps when noise becomes a word; but at most `slack`
 * px more than its words need (half for punctuation, twice where no word is known yet), or the finished text would
 * be full of holes. `measure(text, italic)` gives px.
 */
export function widthsOf(lane, measure, { guesses, minimum, slack }) {
  const memo = new Map();
  const width = (text, italic) => {
    const key = italic ? `i${text}` : `r${text}`;
    if (!memo.has(key)) memo.set(key, measure(text, italic));
    return memo.get(key);
  };
  return Array.from({ length: lane.cells }, (_, cell) => {
    const held = [];
    const guessed = [];
    for (let frame = 0; frame < lane.frames; frame += 1) {
      const word = wordAt(lane, frame, cell);
      if (word !== null) held.push(word.trim());
      else if (guesses) guessed.push(width(guessAt(lane, frame, cell)?.word.trim() ?? "", true));
    }
    const passed = new Set(held).size > FEW_WORDS;
    if (passed) guessed.push(...held.map((word) => width(word, false)));
    const widest = Math.max(0, ...(passed ? held.slice(-1) : held).map((word) => width(word, false)));
    guessed.sort((a, b) => a - b);
    const usual = guessed.length ? guessed[Math.floor(USUAL_GUESS * (guessed.length - 1))] : 0;
    const needed = Math.max(widest, minimum);
    const extra = widest === 0 ? 2 * slack : widest < minimum ? slack / 2 : slack;
    return Math.max(needed, Math.min(usual, needed + extra));
  });
}

/** Where a word stands in its box: at the right where one that only passes through would touch the word before it. */
export const alignOf = (box, word) => (box.closing && word && !CLOSING.has(word) ? "right" : box.align);

/** The word a cell ends up with, which decides line breaks and where punctuation stands; null for noise. */
function finalWord(lane, cell) {
  for (let frame = lane.frames - 1; frame >= 0; frame -= 1) {
    const word = wordAt(lane, frame, cell);
    if (word !== null) return word;
  }
  return null;
}

/** Cells that stay together on a line: a word and the punctuation after it, or the characters or pieces of one word. */
function chunksOf(lane, frame, words) {
  const tight = lane.spacing === "char";
  const chunks = [];
  let open = false;
  for (let cell = 0; cell < lane.cells; cell += 1) {
    if (statusAt(lane, frame, cell) === STATUS.ABSENT) continue;
    if (open && (tight ? !LED.test(words[cell] ?? "") : CLOSING.has(words[cell]))) chunks.at(-1).push(cell);
    else chunks.push([cell]);
    open = tight ? !/^\s?$/.test(words[cell] ?? "") : !LINE_ENDS.has(words[cell]) && words[cell] !== "";
  }
  return chunks;
}

/**
 * The boxes of one frame: {boxes: [{x, y, w, h, left, right, align, on}] by cell, height}, in px; `left`
 * and `right` are the room beside the text.
 *
 * Words flow in lines; punctuation closes up to its word; a new line ends a line. Blanks and new lines
 * keep a small place, so that their noise has where to stand. Lines of right-to-left scripts begin at the right.
 */
export function flow(lane, frame, widths, { width, line, gap, pad, thin }) {
  const tight = lane.spacing === "char";
  const words = Array.from({ length: lane.cells }, (_, cell) => finalWord(lane, cell));
  const boxes = Array.from({ length: lane.cells }, () => ({ x: 0, y: 0, w: 0, h: line, align: "left", on: false }));
  let [x, y] = [0, 0];
  for (const chunk of chunksOf(lane, frame, words)) {
    const sides = chunk.map((_, i) => [tight || i > 0 ? thin : pad, tight || i < chunk.length - 1 ? thin : pad]);
    const sizes = chunk.map((cell, i) => Math.min(width, Math.ceil(widths[cell] + sides[i][0] + sides[i][1])));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const lead = x > 0 && (!tight || LED.test(words[chunk[0]] ?? "")) ? Math.round(gap) : 0;
    if (x > 0 && x + lead + total > width && total <= width) [x, y] = [0, y + line];
    else x += lead;
    chunk.forEach((cell, i) => {
      if (x > 0 && x + sizes[i] > width + 0.5) [x, y] = [0, y + line];
      const [left, right] = sides[i];
      const align = tight ? "center" : i > 0 || x === 0 ? "left" : chunk.length > 1 ? "right" : "center";
      boxes[cell] = { x, y, w: sizes[i], h: line, left, right, align, on: true, closing: i > 0 && !tight };
      x += sizes[i];
      if (LINE_ENDS.has(words[cell])) [x, y] = [0, y + line];
    });
  }
  const told = words.filter((word) => word?.trim());
  if (2 * told.filter((word) => RIGHT_TO_LEFT.test(word)).length > told.length) boxes.forEach((box) => mirror(box, width));
  return { boxes, height: boxes.reduce((low, box) => (box.on ? Math.max(low, box.y + line) : low), 0) };
}

/** Puts a box where it stands when lines of this width begin at the right. */
function mirror(box, width) {
  const align = { left: "right", right: "left" }[box.align] ?? box.align;
  Object.assign(box, { x: width - box.x - box.w, left: box.right, right: box.left, align });
}

/** The alternative to flowing lines: equal places that can be counted, `columns` in a row. */
export function grid(lane, frame, widths, { width, line, gap, pad }) {
  const sorted = [...widths].sort((a, b) => a - b);
  const usual = (sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0) + 2 * pad;
  const columns = Math.max(1, Math.floor((width + gap) / (usual + gap)));
  const round = columns >= 10 ? 10 * Math.floor(columns / 10) : columns >= 5 ? 5 : columns;
  const w = Math.floor((width - gap * (round - 1)) / round);
  const boxes = Array.from({ length: lane.cells }, (_, cell) => ({
    x: (cell % round) * (w + Math.round(gap)), y: Math.floor(cell / round) * line, w, h: line, left: pad, right: pad, align: "center",
    on: statusAt(lane, frame, cell) !== STATUS.ABSENT,
  }));
  return { boxes, height: boxes.length ? boxes.at(-1).y + line : 0 };
}

/** The height that holds every frame of a lane. */
export function tallest(lane, place) {
  if (!lane.frames) return 0;
  if (!slides(lane)) return place(0).height;
  let height = 0;
  for (let frame = 0; frame < lane.frames; frame += 1) height = Math.max(height, place(frame).height);
  return height;
}

/** The cell above or below another, nearest by its middle; the same cell where there is none. */
export function neighbour(boxes, cell, down) {
  const from = boxes[cell];
  const rows = boxes.filter((box) => box.on && (down ? box.y > from.y : box.y < from.y)).map((box) => box.y);
  if (!rows.length) return cell;
  const row = down ? Math.min(...rows) : Math.max(...rows);
  const middle = from.x + from.w / 2;
  let best = cell;
  boxes.forEach((box, i) => {
    if (!box.on || box.y !== row) return;
    const distance = Math.abs(box.x + box.w / 2 - middle);
    if (best === cell || distance < Math.abs(boxes[best].x + boxes[best].w / 2 - middle)) best = i;
  });
  return best;
}

