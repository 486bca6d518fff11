// The way into noise: what the player says of it, and the way back of one word in numbers.

import { h, panel, setText, write } from "./dom.mjs";
import { STATUS, isNoise, statusAt, wordAt } from "./model.mjs";
import { list, named, percent, plural, quoted } from "./words.mjs";

const n = (value) => value.toFixed(3);
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Three decimals, or, where they would say nothing, two digits and a power of ten. */
export function small(value) {
  if (value === 0 || value >= 0.0005) return n(value);
  const [digits, power] = value.toExponential(1).split("e-");
  return `${digits} · 10⁻${[...power].map((digit) => RAISED[digit]).join("")}`;
}

const SUB = { s: ["s", "sub"], t: ["t", "sub"] };

/** The word a cell was before noise came. */
export const ownWord = (lane, cell) => lane.words[lane.tokens[cell]];

/** The cells of a frame that noise has hit, and those hit since the frame before. */
export function hitCells(lane, frame) {
  const all = [];
  const fresh = [];
  for (let cell = 0; cell < lane.cells; cell += 1) {
    const whole = (f) => !isNoise(statusAt(lane, f, cell)) && statusAt(lane, f, cell) !== STATUS.ABSENT;
    if (whole(frame)) continue;
    all.push(cell);
    if (frame > 0 && whole(frame - 1)) fresh.push(cell);
  }
  return { all, fresh };
}

const position = (lane, frame) =>
  [["t", lane.t[frame].toFixed(2), ""], ["noise", percent(1 - lane.alpha[frame]), " expected"]];

/** What happens at this noise level, as rich text; told of the first lane, since all draw the same numbers. */
function narrateNoise(lane, frame) {
  const { all, fresh } = hitCells(lane, frame);
  const level = [[`t = ${lane.t[frame].toFixed(2)}`, "strong"], [`, ${percent(1 - lane.alpha[frame])} noise expected. `]];
  if (frame === 0) return [...level, ["The text is clean."]];
  const words = list(fresh.map((cell) => named(ownWord(lane, cell))));
  const now = words ? [["Hit at this level: "], [words, "strong"], [". "]] : [["No word is hit at this level. "]];
  return [...level, ...now, [`${lane.cells - all.length} of ${plural(lane.cells, "word")} left.`]];
}

/** One cell for a screen reader. */
function noisedLabel(lane, frame, cell) {
  const status = statusAt(lane, frame, cell);
  const own = named(ownWord(lane, cell));
  if (status === STATUS.ABSENT) return `${cell + 1}: ${own}, deleted`;
  if (!isNoise(status)) return `${cell + 1}: ${own}, not hit`;
  const other = shownInstead(lane, frame, cell);
  return `${cell + 1}: ${own}, hit by noise${other === null ? "" : `, now ${named(other)}`}`;
}

/** How the player speaks on the way into noise; compare DENOISING in words.mjs. */
export const NOISING = {
  clock: "Noise level t",
  readings: position,
  narrate: narrateNoise,
  judge: () => null,
  fate: (lane, frame) => `${lane.cells - hitCells(lane, frame).all.length} of ${plural(lane.cells, "word")} left`,
  label: noisedLabel,
  meanings: { noise: "noise", guess: "another word in its place", untouched: "not hit", settled: "bar: how near its vector still is", renoised: "hit at this level" },
};

/** The word a process shows in the place of a hit one, or null. */
export function shownInstead(lane, frame, cell) {
  const id = lane.topIds[(frame * lane.cells + cell) * lane.alternatives];
  return isNoise(statusAt(lane, frame, cell)) ? (lane.words[id] ?? null) : null;
}

const returning = (a, b) => [
  ["(α"], SUB.s, [" − α"], SUB.t, [") / (1 − α"], SUB.t, [`) = (${n(b)} − ${n(a)}) / (1 − ${n(a)}) = `], [n((b - a) / (1 - a)), "strong"],
];

/** Each process's way back over one level: (lane, frame, cell, numbers) -> {formula, note};
 * numbers are {a, b: alpha at t and s, own, same, rest: see `Noised.way_back`}. */
const WAYS = {
  absorbing(lane, frame, cell, { a, b, own, same }) {
    const word = quoted(ownWord(lane, cell));
    if (!isNoise(statusAt(lane, frame, cell))) {
      return { formula: [["P(it was there at s) = "], [n(own), "strong"]], note: `${word} is still there: what noise has not hit by t, it had not hit before.` };
    }
    return {
      formula: [["P(it returns at this step) = "], ...returning(a, b)],
      note: `Else it stays noise, ${n(same)}. Which word returns the process knows, ${word}; a model has to guess.`,
    };
  },
  uniform(lane, frame, cell, { a, b, own, same, rest }) {
    const [num, word] = [lane.numWords, quoted(ownWord(lane, cell))];
    const hit = isNoise(statusAt(lane, frame, cell));
    const kept = a / b;
    const reach = hit ? (1 - a) / num : a + (1 - a) / num;
    const step = hit ? (1 - kept) / num : kept + (1 - kept) / num;
    const others = num - (hit ? 2 : 1);
    const formula = [
      [`P(it was ${word} at s) = (α`], SUB.s, [" + (1 − α"], SUB.s, [") / V) · q(s → t) / q(0 → t)"],
      [` = ${n(b + (1 - b) / num)} · ${small(step)} / ${small(reach)} = `], [n(own), "strong"],
    ];
    const stays = hit ? `It was ${quoted(shownInstead(lane, frame, cell) ?? "")} already: ${n(same)}. Each` : "Each";
    return { formula, note: `${stays} of the other ${others} words: ${small(rest / Math.max(1, others))}. Nothing in the text shows whether a word was hit.` };
  },
  gaussian(lane, frame, cell, { own: toWord, same: toState, rest: spread }) {
    const word = quoted(ownWord(lane, cell));
    const other = shownInstead(lane, frame, cell);
    const near = other === null ? `still nearest to ${word}` : `nearest to ${quoted(other)} now`;
    const far = lane.distance?.[frame * lane.cells + cell];
    const measured = far === undefined ? "" : `, ${far.toFixed(2)} from it (0 on a word, about 1 pure noise)`;
    return {
      formula: [["z"], SUB.s, [" = "], [n(toWord), "strong"], [` · e(${named(ownWord(lane, cell))}) + `], [n(toState), "strong"],
        [" · z"], SUB.t, [" ± "], [n(spread), "strong"]],
      note: `No word returns all at once: its vector is drawn a little towards ${word} and shaken. It is ${near}${measured}.`,
      numbers: true,
    };
  },
  insertion(lane, frame, cell, { a, b, own, same, rest }) {
    const word = quoted(ownWord(lane, cell));
    const status = statusAt(lane, frame, cell);
    if (status === STATUS.ABSENT) {
      return {
        formula: [["P(it comes back at this step) = "], ...returning(a, b)],
        note: `As a mask first: ${n(rest)}; and written at once: ${small(own)}. Else it stays deleted, ${n(same)}. A model has to guess how many words are missing between two others.`,
      };
    }
    if (isNoise(status)) {
      return { formula: [["P(the mask is written at this step) = "], ...returning(a, b)], note: `With ${word}, which a model has to guess. Else it stays a mask, ${n(same)}.` };
    }
    return { formula: [["P(it was there at s) = "], [n(own), "strong"]], note: `${word} is still there: neither deleted nor masked.` };
  },
};

function anyWay(lane, frame, cell, { own, same, rest }) {
  const numbers = `own word ${n(own)}, as it is ${n(same)}, anything else ${n(rest)}`;
  return Number.isNaN(own) ? null : { formula: [[`P one level earlier: ${numbers}`]], note: "" };
}

/** One word's way back from a frame to the one before, {formula, note, shares}; null at t = 0. */
export function wayBack(lane, frame, cell) {
  if (frame < 1) return null;
  const [own, same, rest] = lane.wayBack.slice((frame * lane.cells + cell) * 3, (frame * lane.cells + cell) * 3 + 3);
  const numbers = { a: lane.alpha[frame], b: lane.alpha[frame - 1], own, same, rest };
  const told = (WAYS[lane.process] ?? anyWay)(lane, frame, cell, numbers);
  return told && { ...told, shares: told.numbers || Number.isNaN(own) ? null : [own, same, rest] };
}

/** The posterior of one word, in every process, in numbers. */
export class PosteriorPanel {
  constructor() {
    this.parts = panel("posterior", "", "");
    this.root = this.parts.root;
    this.rows = [];
  }

  /** `start`: the frame that the reader sees first. */
  load(lanes, start) {
    this.lanes = lanes;
    const [first] = lanes;
    const words = Array.from({ length: first.cells }, (_, cell) => cell).filter((cell) => /^\p{Ll}{4,}$/u.test(ownWord(first, cell)));
    const hit = (cell) => isNoise(statusAt(first, Math.min(start, first.frames - 1), cell));
    this.usual = words.find(hit) ?? words[0] ?? 0;
    this.rows = lanes.map((lane, i) => {
      const row = { formula: h("p", { class: "math" }), note: h("p", { class: "note" }), bars: [h("i"), h("i"), h("i")] };
      row.bar = h("div", { class: "shares", title: "own word, as it is, anything else" }, row.bars);
      row.root = h("div", { class: "way", "data-lane": i % 4 }, h("h4", {}, lane.title), h("div", {}, row.formula, row.bar, row.note));
      return row;
    });
    this.parts.body.replaceChildren(...this.rows.map((row) => row.root));
  }

  /** Tells of the chosen cell, or, where none is, of a word that is hit when the reader first looks. */
  show(frame, chosen) {
    const cell = (this.cell = chosen ?? this.usual);
    const [first] = this.lanes;
    const word = quoted(ownWord(first, cell));
    const way = frame ? `from t = ${first.t[frame].toFixed(2)} back to s = ${first.t[frame - 1].toFixed(2)}` : "at t = 0";
    setText(this.parts.title, `One word on its way back: ${word}, ${way}`);
    setText(this.parts.note, frame
      ? "What noise did is known here, so these are the exact probabilities that a model has to imitate. Click another word to see its own."
      : "At t = 0 everything is clean, and there is no way back to go. Move t on.");
    this.rows.forEach((row, i) => {
      const told = wayBack(this.lanes[i], frame, cell);
      row.root.hidden = told === null;
      if (told === null) return;
      write(row.formula, told.formula);
      setText(row.note, told.note);
      row.bar.hidden = told.shares === null;
      told.shares?.forEach((share, k) => (row.bars[k].style.width = `${100 * share}%`));
    });
  }
}
