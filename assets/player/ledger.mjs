// What all lanes did, told side by side: the questions over the texts, and the ledger below them.

import { NUM_COLORS } from "./card.mjs";
import { lineChart, roundTicks } from "./charts.mjs";
import { h, panel, setText, svg } from "./dom.mjs";
import { lengthsOf, MARK, markAt } from "./marks.mjs";

const ROW = 3.6; // px of height for one cell
const LEAST_COLUMN = 2; // px, so that a short step is seen too
const DIMMED = 0.22;
const EVENTS = [
  ["written", MARK.WRITTEN, "written"], ["changed", MARK.CHANGED, "changed"],
  ["renoised", MARK.RENOISED, "back to noise"], ["inserted", MARK.INSERTED, "inserted"],
];

/** The switches: each brings out in all lanes what it asks about, and shows the answer. */
export class Questions {
  /** `ask(mark)` is called when a switch is pressed, with null when it is released. */
  constructor(ask) {
    this.ask = ask;
    this.buttons = h("div", { class: "asked", role: "group", "aria-label": "Questions to these runs" });
    this.answer = h("p", { class: "answer", "aria-live": "polite" });
    this.root = h("div", { class: "questions" }, this.buttons, this.answer);
  }

  /** Takes the questions of a payload; returns `mark` where one of them is about it, else null. */
  load(questions, mark) {
    this.questions = questions;
    this.root.hidden = questions.length === 0;
    const names = questions.map(({ question }) => question).join();
    if (names !== this.names) {
      this.buttons.replaceChildren(...questions.map((asked) =>
        h("button", { type: "button", "data-mark": asked.mark, onclick: () => this.ask(asked.mark) }, asked.question)));
    }
    this.names = names;
    return questions.some((asked) => asked.mark === mark) ? mark : null;
  }

  /** Presses the switch of `mark`; none for null. */
  show(mark) {
    for (const button of this.buttons.children) button.setAttribute("aria-pressed", String(Number(button.dataset.mark) === mark));
    const asked = this.questions.find((question) => question.mark === mark);
    setText(this.answer, asked?.answer ?? "");
    this.answer.hidden = !asked;
  }
}

/** One strip a lane, cells by steps, with a mark for every event; its totals; all totals as a table. */
export class LedgerPanel {
  /** `go(lane, frame)` is called when the reader points at a step of a lane. */
  constructor(go) {
    this.go = go;
    this.parts = panel("ledger", "The ledger: what happened to every cell",
      "Rows are cells in reading order; time runs to the right, from noise to text, as the clock does.");
    this.strips = h("div", { class: "strips" });
    this.legend = h("div", { class: "legend" });
    this.chart = h("figure", { class: "lengths" });
    this.table = h("table", {});
    this.parts.body.append(this.legend, this.strips, this.chart, h("details", {}, h("summary", {}, "The totals as a table"), this.table));
    this.root = this.parts.root;
    this.rows = [];
  }

  /** Shows the lanes along an `Alignment`; `focus` is the mark in question or null. */
  load(lanes, alignment, focus) {
    this.root.hidden = lanes.some((lane) => !lane.ledger);
    if (this.root.hidden) return;
    Object.assign(this, { lanes, edges: lanes.map((_, i) => alignment.edgesOf(i)) });
    while (this.rows.length > lanes.length) this.rows.pop().root.remove();
    while (this.rows.length < lanes.length) this.rows.push(this.#addRow(this.rows.length));
    const colors = this.#colors();
    this.rows.forEach((row, i) => {
      setText(row.title, lanes[i].title);
      setText(row.sentence, lanes[i].ledger.sentence);
      paintMarks(row.canvas, lanes[i], this.edges[i], colors, focus);
    });
    const occurring = EVENTS.filter(([name]) => lanes.some((lane) => lane.ledger.times[name] > 0));
    this.legend.replaceChildren(...[["noise", MARK.NOISE, "noise"], ["rest", MARK.REST, "a word, as before"], ...occurring].map(
      ([name, , text]) => h("span", { class: "key" }, h("i", { class: `mark ${name}` }), text)));
    this.#tabulate();
    this.#measureLengths(focus === MARK.INSERTED, alignment);
  }

  #addRow(index) {
    const row = { title: h("h4"), canvas: h("canvas", { "aria-hidden": "true" }), now: h("i", { class: "now" }), sentence: h("p", { class: "sentence" }) };
    row.map = h("div", { class: "map" }, row.canvas, row.now);
    row.root = h("div", { class: "strip", "data-lane": index % NUM_COLORS }, row.title, row.map, row.sentence);
    const point = (event) => {
      const box = row.map.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width;
      const next = this.edges[index].findIndex((edge) => edge > at);
      this.go(index, Math.max(0, (next === -1 ? this.lanes[index].frames : next) - 1));
    };
    row.map.addEventListener("pointerdown", (event) => {
      row.map.setPointerCapture(event.pointerId);
      point(event);
    });
    row.map.addEventListener("pointermove", (event) => event.buttons && point(event));
    this.strips.append(row.root);
    return row;
  }

  #colors() {
    const style = getComputedStyle(this.root);
    const color = (name) => style.getPropertyValue(`--tp-${name}`).trim();
    return {
      [MARK.NOISE]: color("noise"), [MARK.REST]: color("rest"), [MARK.WRITTEN]: color("primary"),
      [MARK.CHANGED]: color("warm"), [MARK.RENOISED]: color("ink"), [MARK.INSERTED]: color("second"),
    };
  }

  #tabulate() {
    const head = ["Process", "Best guesses in noise", "Written", "Changed", "Back to noise", "Inserted"];
    const body = this.lanes.map(({ title, ledger }) => h("tr", {}, h("th", { scope: "row" }, title),
      [ledger.guesses, ...EVENTS.map(([name]) => ledger.times[name])].map((count) => h("td", {}, count.toLocaleString("en")))));
    this.table.replaceChildren(h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, body));
  }

  #measureLengths(shown, alignment) {
    this.chart.hidden = !shown;
    this.lengthChart = null;
    if (!shown) return;
    const lengths = this.lanes.map(lengthsOf);
    const yTicks = roundTicks(Math.max(1, ...lengths.flat()));
    const noise = alignment.pace === "noise";
    this.lengthChart = lineChart({
      width: Math.max(200, this.root.clientWidth - 36), height: 150, x: [0, 1], y: [0, yTicks.at(-1)[0]], yTicks,
      xTicks: noise ? [[0, "100 % noise"], [0.5, "50 %"], [1, "0 %"]] : [[0, "first step"], [1, "last step"]],
      series: lengths.map((ys, i) => ({ xs: this.edges[i].slice(0, -1), ys, kind: `of-${i % NUM_COLORS}` })),
      label: "Cells on the canvas of each lane over the run",
    });
    const keys = this.lanes.map(({ title }, i) => h("span", { class: "key" },
      svg("svg", { width: 22, height: 8, "aria-hidden": "true" }, svg("path", { d: "M0 4H22", class: `line of-${i % NUM_COLORS}` })), title));
    this.chart.replaceChildren(h("figcaption", {}, "Cells on the canvas"), h("div", { class: "legend" }, keys), this.lengthChart.root);
  }

  /** Marks the step each lane shows. */
  show(frames) {
    if (this.root.hidden || !this.edges) return;
    this.rows.forEach((row, i) => {
      const [from, to] = [this.edges[i][frames[i]], this.edges[i][frames[i] + 1]];
      row.now.style.left = `${50 * (from + to)}%`;
    });
    this.lengthChart?.mark(this.edges[0][frames[0]]);
  }
}

/** Paints cells (rows) by frames (columns between `edges` in [0, 1]); with a `focus`, other marks stand back. */
function paintMarks(canvas, lane, edges, colors, focus) {
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
  const height = Math.round(ROW * lane.cells);
  const width = canvas.parentElement.clientWidth;
  canvas.parentElement.style.height = `${height}px`;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const pen = canvas.getContext("2d");
  const row = canvas.height / Math.max(1, lane.cells);
  const draw = (frame, cell, mark, most) => {
    const left = Math.round(edges[frame] * canvas.width);
    const right = Math.max(left + LEAST_COLUMN * ratio, Math.round(edges[frame + 1] * canvas.width));
    pen.fillStyle = colors[mark];
    pen.fillRect(left, Math.round(cell * row), Math.min(most, right - left), Math.ceil(row) - (row > 2.5 * ratio ? ratio : 0));
  };
  const events = [];
  pen.globalAlpha = focus === null ? 1 : 0.55;
  for (let frame = 0; frame < lane.frames; frame += 1) {
    for (let cell = 0; cell < lane.cells; cell += 1) {
      const mark = markAt(lane, frame, cell);
      if (mark === MARK.ABSENT) continue;
      if (mark > MARK.REST) events.push([frame, cell, mark]);
      draw(frame, cell, mark === MARK.NOISE || mark === MARK.RENOISED ? MARK.NOISE : MARK.REST, Infinity);
    }
  }
  for (const [frame, cell, mark] of events) { // over the rest, or a short step would be painted over
    pen.globalAlpha = focus === null || focus === mark ? 1 : DIMMED;
    draw(frame, cell, mark, 14 * ratio);
  }
}
