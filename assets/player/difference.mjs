// How the words of two lanes differ: which both wrote alike, where they part, and who was earlier.

import { h, setText } from "./dom.mjs";
import { STATUS, statusAt, wordAt } from "./model.mjs";
import { plural, quoted } from "./words.mjs";

export const RELATION = { NONE: 0, ALIKE: 1, PARTS: 2, ALONE: 3 };
const ALL = { noise: "noise", steps: "steps", calls: "network calls", seconds: "seconds", run: "share of the run" };

/** Why the words of two lanes say nothing about each other, in one sentence; "" where they do. */
export function incomparable(one, other) {
  if (one === other) return "These are the same lane: choose two different ones.";
  if (one.vocabulary !== other.vocabulary) {
    return "Their words are not compared: the two models know different vocabularies. Clock, calls and confidence are compared below.";
  }
  if (one.step?.grows || other.step?.grows) {
    return "Their words are not compared: where a text grows, the same place in two texts is not the same word's place. " +
      "Clock, calls and confidence are compared below.";
  }
  return "";
}

/** (F x C) the frame in which the word that a cell shows was written; -1 for noise and given words. */
export function writtenFrames(lane) {
  const since = new Int32Array(lane.frames * lane.cells).fill(-1);
  for (let frame = 1; frame < lane.frames; frame += 1) {
    for (let cell = 0; cell < lane.cells; cell += 1) {
      const [at, status] = [frame * lane.cells + cell, statusAt(lane, frame, cell)];
      if (status === STATUS.WRITTEN || status === STATUS.CHANGED) since[at] = frame;
      else if (status === STATUS.SETTLED) since[at] = since[at - lane.cells];
    }
  }
  return since;
}

/** Two lanes that can be compared, along an `Alignment`. */
export class Pair {
  constructor(align, numbers) {
    Object.assign(this, { align, numbers, lanes: numbers.map((number) => align.lanes[number]) });
    this.cells = Math.min(...this.lanes.map((lane) => lane.cells));
    this.since = this.lanes.map(writtenFrames);
    this.ticks = numbers.map((number) => Array.from(align.lanes[number].alpha, (_, frame) => align.tickOf(number, frame)));
    this.parting = this.#parting();
  }

  /** What the cells of both are to each other in these frames (of all lanes), and which of the two wrote each earlier:
   * {kinds: (C,) RELATION, earlier: (C,) 0, 1, or -1 for neither, counts}. */
  at(frames) {
    const [fa, fb] = this.numbers.map((number) => frames[number]);
    const kinds = [new Uint8Array(this.cells), new Uint8Array(this.cells)];
    const earlier = new Int8Array(this.cells).fill(-1);
    const counts = { alike: 0, parts: 0, open: 0, earlier: [0, 0] };
    for (let cell = 0; cell < this.cells; cell += 1) {
      const [one, other] = [wordAt(this.lanes[0], fa, cell), wordAt(this.lanes[1], fb, cell)];
      if (one === null || other === null) {
        counts.open += 1;
        kinds[0][cell] = one === null ? RELATION.NONE : RELATION.ALONE;
        kinds[1][cell] = other === null ? RELATION.NONE : RELATION.ALONE;
        continue;
      }
      kinds[0][cell] = kinds[1][cell] = one === other ? RELATION.ALIKE : RELATION.PARTS;
      counts[one === other ? "alike" : "parts"] += 1;
      const [a, b] = [this.#tick(0, fa, cell), this.#tick(1, fb, cell)];
      if (a === b) continue;
      earlier[cell] = a < b ? 0 : 1;
      counts.earlier[earlier[cell]] += 1;
    }
    return { kinds, earlier, counts };
  }

  #tick(which, frame, cell) {
    const since = this.since[which][frame * this.lanes[which].cells + cell];
    return since < 0 ? 0 : this.ticks[which][since];
  }

  /** The first tick at which both have written, and written different words: {tick, cell, words}; null where they never do. */
  #parting() {
    for (let tick = 0; tick <= this.align.last; tick += 1) {
      const frames = this.numbers.map((number) => this.align.table[number][tick]);
      for (let cell = 0; cell < this.cells; cell += 1) {
        const words = this.lanes.map((lane, i) => wordAt(lane, frames[i], cell));
        if (words.every((word) => word !== null) && words[0] !== words[1]) return { tick, cell, words };
      }
    }
    return null;
  }

  /** "They part at 83 % noise, in place 21: “max” against “leo”." */
  get whereTheyPart() {
    if (!this.parting) return "Nowhere do they write different words.";
    const { tick, cell, words } = this.parting;
    return `They part at ${this.align.momentAt(tick)}, in place ${cell + 1}: ${words.map(quoted).join(" against ")}.`;
  }
}

const KEYS = [
  ["alike", "both wrote this word here"], ["parts", "the other lane wrote another word here"],
  ["alone", "the other lane has no word here yet"], ["earlier", "and this lane wrote it earlier"],
];

/** The switch that marks the difference, the choice of the two lanes, and what is said of them. */
export class Difference {
  /** `redraw()` is called when the marks change, `go(tick)` when the reader wants to see where the lanes part. */
  constructor(redraw, go) {
    Object.assign(this, { on: false, chosen: [0, 1], pair: null });
    this.toggle = h("button", { type: "button", class: "switch", onclick: () => this.#change(() => (this.on = !this.on)) },
      "Mark the difference");
    this.selects = [0, 1].map((which) => {
      const select = h("select", { "aria-label": which ? "and of lane" : "Difference of lane" });
      select.addEventListener("change", () => this.#change(() => (this.chosen[which] = Number(select.value))));
      return select;
    });
    this.told = h("p", { class: "account", "aria-live": "polite" });
    this.there = h("button", { type: "button", onclick: () => go(this.pair.parting.tick) }, "Go to where they part");
    this.legend = h("div", { class: "legend" }, KEYS.map(([name, text]) =>
      h("span", { class: "key" }, h("span", { class: `sample ${name}` }, "word"), text)));
    this.more = h("div", { class: "told-difference" }, this.told, this.legend);
    this.root = h("div", { class: "difference" },
      h("div", { class: "pair" }, this.toggle, h("span", {}, "between"), this.selects[0], h("span", {}, "and"), this.selects[1], this.there),
      this.more);
    this.redraw = redraw;
  }

  #change(change) {
    change();
    this.redraw();
  }

  /** Takes the lanes of a payload along an `Alignment`; `comparing`: whether they are to be compared at all. */
  load(lanes, align, comparing) {
    this.root.hidden = !comparing || lanes.length < 2;
    this.pair = null;
    if (this.root.hidden) return;
    this.chosen = this.chosen.map((number) => Math.min(number, lanes.length - 1));
    this.selects.forEach((select, which) => {
      select.replaceChildren(...lanes.map(({ title }, number) => h("option", { value: number }, title)));
      select.value = String(this.chosen[which]);
    });
    this.toggle.setAttribute("aria-pressed", String(this.on));
    this.more.hidden = !this.on;
    const [one, other] = this.chosen.map((number) => lanes[number]);
    this.refusal = incomparable(one, other);
    if (this.on && !this.refusal) this.pair = new Pair(align, this.chosen);
    this.there.hidden = !this.pair?.parting;
    this.legend.hidden = !this.pair;
    setText(this.told, this.refusal);
  }

  /** What is to be marked in these frames: lane -> {kinds, earlier: (C,) whether this lane was earlier}, or undefined. */
  show(frames) {
    if (!this.pair) return [];
    const { kinds, earlier, counts } = this.pair.at(frames);
    const [one, other] = this.pair.lanes.map(({ title }) => title);
    const open = counts.open ? `, ${counts.open} not written by both yet` : "";
    const first = counts.earlier[0] + counts.earlier[1]
      ? ` By equal ${ALL[this.pair.align.pace]}, ${one} was earlier in ${counts.earlier[0]} places, ${other} in ${counts.earlier[1]}.` : "";
    setText(this.told, `${plural(counts.alike, "place")} alike, ${counts.parts} different${open}. ${this.pair.whereTheyPart}${first}`);
    const marks = [];
    this.pair.numbers.forEach((number, which) => {
      marks[number] = { kinds: kinds[which], earlier: earlier.map((who) => who === which) };
    });
    return marks;
  }
}
