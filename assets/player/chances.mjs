// What a cell could be, how its word's probability moved, and this step's formula.

import { lineChart } from "./charts.mjs";
import { h, panel, setText, write } from "./dom.mjs";
import { candidatesAt, followedWord, historyOf, worthSeeing } from "./model.mjs";
import { describeCell, formulaOf, named, percent, quoted } from "./words.mjs";

const shown = (word) => (word.trim() === "" ? named(word) : word);

/** The alternatives of the chosen cell, always as many rows, so that nothing jumps. */
export class CandidatesPanel {
  constructor() {
    this.parts = panel("candidates", "", "");
    this.rows = [];
    this.list = h("ol", { class: "options" });
    this.fault = h("p", { class: "fault" });
    this.historyTitle = h("h4");
    this.history = h("div", { class: "history" });
    this.parts.body.append(this.fault, this.list, this.historyTitle, this.history);
    this.root = this.parts.root;
  }

  load(lane, width, steps) {
    Object.assign(this, { lane, width, steps, followed: null });
    while (this.rows.length > lane.alternatives) this.rows.pop().root.remove();
    while (this.rows.length < lane.alternatives) {
      const row = { word: h("span", { class: "word" }), fill: h("i"), value: h("span", { class: "share" }) };
      row.root = h("li", {}, row.word, h("span", { class: "bar" }, row.fill), row.value);
      this.rows.push(row);
      this.list.append(row.root);
    }
  }

  /** The chosen cell, or, where none is, one worth seeing. */
  show(frame, chosen) {
    const cell = chosen ?? worthSeeing(this.lane, frame);
    const empty = cell === null;
    this.list.hidden = this.history.hidden = this.historyTitle.hidden = empty;
    if (empty) {
      this.fault.hidden = true;
      setText(this.parts.title, "What could it be?");
      setText(this.parts.note, "Click a word, or a block of noise, to see what else it could be.");
      return;
    }
    const { title, note, faults } = describeCell(this.lane, frame, cell);
    setText(this.parts.title, title);
    setText(this.parts.note, note);
    setText(this.fault, faults.join(" "));
    this.fault.hidden = !faults.length;
    const followed = followedWord(this.lane, frame, cell);
    const options = candidatesAt(this.lane, frame, cell).words;
    this.rows.forEach((row, k) => {
      const option = options[k];
      row.root.classList.toggle("none", !option);
      row.root.classList.toggle("followed", option !== undefined && option.id === followed);
      setText(row.word, option ? shown(option.word) : "–");
      setText(row.value, option ? percent(option.prob, 1) : "");
      row.fill.style.width = option ? `${100 * option.prob}%` : "0";
    });
    this.list.style.visibility = options.length ? "" : "hidden"; // keeps its place
    this.#follow(frame, cell, followed);
  }

  #follow(frame, cell, followed) {
    const key = `${cell}:${followed}`;
    if (key !== this.followed) {
      this.followed = key;
      this.probs = followed === null ? null : historyOf(this.lane, cell, followed);
      const known = this.probs !== null && this.probs.some((prob) => !Number.isNaN(prob));
      setText(this.historyTitle, known ? `How likely ${quoted(this.lane.words[followed])} was, step by step` : "");
      this.chart = known ? this.#chart() : null;
      this.history.replaceChildren(...(this.chart ? [this.chart.root] : []));
    }
    const prob = this.probs?.[frame];
    this.chart?.mark(frame, prob, prob === undefined || Number.isNaN(prob) ? "" : percent(prob, 1));
  }

  #chart() {
    const end = Math.max(1, this.steps);
    return lineChart({
      width: this.width, height: 92, x: [0, end], y: [0, 1],
      xTicks: [[0, "step 0"], [end, `step ${end}`]], yTicks: [[0, "0 %"], [1, "100 %"]],
      series: [{ xs: Array.from(this.probs.keys()), ys: this.probs, kind: "plain" }],
      label: "Probability of the word while the cell was noise, by step",
    });
  }
}

/** This step's formula with its own numbers. */
export class FormulaPanel {
  constructor() {
    this.parts = panel("formula", "What happens in this step, in numbers", "");
    this.formula = h("p", { class: "math" });
    this.parts.root.insertBefore(this.formula, this.parts.note);
    this.root = this.parts.root;
  }

  load(lane) {
    this.lane = lane;
    this.root.hidden = formulaOf(lane, 0) === null;
  }

  show(frame) {
    const text = formulaOf(this.lane, frame);
    if (!text) return;
    write(this.formula, text.formula);
    setText(this.parts.note, text.note);
  }
}
