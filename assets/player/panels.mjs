// The panels that move with the clock: where on the loss, how sure was it, confidence over the run.

import { lineChart, paintHeat, rgbOf, roundTicks } from "./charts.mjs";
import { h, panel, setText, svg } from "./dom.mjs";
import { confidenceOf, lossAt } from "./model.mjs";
import { percent } from "./words.mjs";

const finite = (values) => values.filter((value) => value !== null && Number.isFinite(value));

/** The checkpoint's loss by noise level with a marker at this step; or how training got there. */
export class LossPanel {
  constructor() {
    this.parts = panel("loss", "Where on the loss is this step?", "");
    this.tabs = ["By noise level", "In training"].map((text, i) =>
      h("button", { type: "button", "aria-pressed": String(i === 0), onclick: () => this.#open(i) }, text));
    this.switch = h("div", { class: "tabs", role: "group", "aria-label": "Which curve" }, this.tabs);
    this.parts.root.insertBefore(this.switch, this.parts.body);
    this.root = this.parts.root;
    this.tab = 0;
  }

  load(lane, width) {
    [this.lane, this.width, this.chart] = [lane, width, null];
    this.root.hidden = !lane.loss;
    if (!lane.loss) return;
    const trained = lane.loss.step.length > 1;
    this.switch.hidden = !trained;
    if (!trained) this.tab = 0;
    this.#build();
  }

  #open(tab) {
    this.tab = tab;
    this.tabs.forEach((button, i) => button.setAttribute("aria-pressed", String(i === tab)));
    this.#build();
    if (this.frame !== undefined) this.show(this.frame);
  }

  #build() {
    this.chart = this.tab ? this.#training() : this.#byNoise();
    this.parts.body.replaceChildren(this.chart.root);
    this.parts.note.textContent = this.tab
      ? ["Nats per token while the checkpoint was trained, by training step (log scale).", this.lane.loss.caution].join(" ").trim()
      : "Average cross-entropy of a word that the model is asked about, in nats, by noise level (validation).";
  }

  #byNoise() {
    const { noise, cross_entropy: loss } = this.lane.loss;
    const yTicks = roundTicks(Math.max(...finite(loss), 0.1));
    return lineChart({
      width: this.width, height: 168, x: [0, 1], y: [0, yTicks.at(-1)[0]], yTicks,
      xTicks: [[0, "0 % noise"], [0.5, "50 %"], [1, "100 %"]],
      series: [{ xs: noise, ys: loss, kind: "plain" }],
      label: "Validation cross-entropy of a word that the model is asked about, by noise level",
    });
  }

  #training() {
    const { step, train, validation } = this.lane.loss;
    const yTicks = roundTicks(Math.max(...finite([...train, ...validation]), 0.1));
    const xs = step.map((value) => Math.max(1, value));
    const powers = [];
    for (let power = 10 ** Math.ceil(Math.log10(xs[0])); power <= xs.at(-1); power *= 10) powers.push(power);
    const inner = powers.filter((p) => p > xs[0] * 1.6 && p < xs.at(-1) / 2.2);
    const end = xs.at(-1);
    return lineChart({
      width: this.width, height: 168, log: true, x: [xs[0], end], y: [0, yTicks.at(-1)[0]], yTicks,
      xTicks: [[xs[0], `step ${xs[0]}`], ...inner.map((p) => [p, p.toLocaleString("en")]), [end, end.toLocaleString("en")]],
      series: [
        { name: "training", xs, ys: train, kind: "plain", at: [end, yTicks.at(-1)[0] * 0.86, "end"] },
        { name: "validation", xs, ys: validation, kind: "warm dashed", at: [end, yTicks.at(-1)[0] * 0.72, "end"] },
      ],
      label: "Training and validation bound in nats per token by training step",
    });
  }

  show(frame) {
    this.frame = frame;
    if (!this.chart || this.tab) return;
    const noise = 1 - this.lane.alpha[frame];
    const value = noise > 0 ? lossAt(this.lane.loss, noise) : null; // without noise there is nothing to ask
    this.chart.mark(noise, value, value === null ? "" : `${value.toFixed(2)} nats`);
  }
}

/** Cells by steps, as dark as the model was sure. */
export class HeatPanel {
  /** `go(frame, cell)` is called when the reader points at a place. */
  constructor(go) {
    this.parts = panel("heat", "How sure was it?", "Rows are words, columns are steps. Stronger is surer.");
    this.canvas = h("canvas", { role: "img", "aria-label": "Probability of every cell's best guess, or of its word, at every step" });
    this.now = h("i", { class: "now" });
    this.row = h("i", { class: "row" });
    this.map = h("div", { class: "map" }, this.canvas, this.now, this.row);
    const shades = h("canvas", { class: "shades", width: 64, height: 1, "aria-hidden": "true" });
    this.shades = shades;
    const ticks = [0, 0.1, 0.25, 0.5, 1].map((p) => h("span", {}, `${100 * p}${p === 1 ? " %" : ""}`));
    ticks.forEach((tick, i) => (tick.style.left = `${100 * Math.sqrt([0, 0.1, 0.25, 0.5, 1][i])}%`));
    const scale = h("div", { class: "scale" }, shades, h("div", { class: "ticks" }, ticks));
    const missing = h("span", { class: "missing" }, h("i", { class: "swatch" }), "not measured");
    this.parts.body.append(this.map, h("div", { class: "heat-legend" }, scale, missing));
    this.root = this.parts.root;
    this.map.addEventListener("pointerdown", (event) => {
      this.map.setPointerCapture(event.pointerId);
      this.#point(event, go);
    });
    this.map.addEventListener("pointermove", (event) => event.buttons && this.#point(event, go));
  }

  #point(event, go) {
    const box = this.map.getBoundingClientRect();
    const at = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    if (this.lane.cells) go(at((event.clientX - box.left) / box.width, this.steps + 1), at((event.clientY - box.top) / box.height, this.lane.cells));
  }

  load(lane, width, steps) {
    [this.lane, this.steps] = [lane, steps];
    const style = getComputedStyle(this.root);
    const low = rgbOf(style.getPropertyValue("--tp-heat-low"));
    const high = rgbOf(style.getPropertyValue("--tp-lane"));
    paintHeat(this.canvas, lane, low, high);
    this.canvas.style.width = `${(100 * lane.frames) / (steps + 1)}%`;
    this.map.style.height = `${Math.max(24, Math.min(190, 4 * lane.cells))}px`;
    const pen = this.shades.getContext("2d");
    for (let i = 0; i < 64; i += 1) {
      pen.fillStyle = `rgb(${[0, 1, 2].map((c) => low[c] + (i / 63) * (high[c] - low[c])).join()})`;
      pen.fillRect(i, 0, 1, 1);
    }
  }

  show(frame, cell) {
    this.now.style.left = `${(100 * (frame + 0.5)) / (this.steps + 1)}%`;
    this.row.hidden = cell === null;
    if (cell === null) return;
    this.row.style.top = `${(100 * cell) / this.lane.cells}%`;
    this.row.style.height = `${100 / this.lane.cells}%`;
  }
}

/** Mean and least confidence of the cells still noise, over the run. */
export class ConfidencePanel {
  /** `go(frame)` is called when the reader points at a step. */
  constructor(go) {
    this.parts = panel("confidence", "Confidence over the run",
      "Of the cells still noise: the mean of the best guesses, and the least sure one.");
    this.value = h("p", { class: "reading" });
    this.parts.root.append(this.value);
    this.root = this.parts.root;
    const point = (event) => this.chart && go(Math.round(this.chart.valueAt(event.clientX)));
    this.parts.body.addEventListener("pointerdown", (event) => {
      this.parts.body.setPointerCapture(event.pointerId);
      point(event);
    });
    this.parts.body.addEventListener("pointermove", (event) => event.buttons && point(event));
  }

  load(lane, width, steps) {
    const { mean, least } = confidenceOf(lane);
    Object.assign(this, { lane, mean, least });
    const xs = Array.from({ length: lane.frames }, (_, i) => i);
    const height = Math.min(320, Math.max(132, this.parts.body.clientHeight));
    this.chart = lineChart({
      width, height, x: [0, Math.max(1, steps)], y: [0, 1],
      xTicks: [[0, "step 0"], [Math.max(1, steps), `step ${Math.max(1, steps)}`]],
      yTicks: [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]],
      series: [{ xs, ys: mean, kind: "plain" }, { xs, ys: least, kind: "warm dashed" }],
      label: "Mean and least confidence of the noise cells by step",
    });
    this.parts.body.replaceChildren(this.chart.root);
    const key = (kind, text) => h("span", {}, svg("svg", { width: 22, height: 8, "aria-hidden": "true" },
      svg("path", { d: "M0 4H22", class: `line ${kind}` })), text);
    this.meanText = h("b");
    this.leastText = h("b");
    this.value.replaceChildren(key("plain", "mean "), this.meanText, key("warm dashed", "least sure "), this.leastText);
  }

  show(frame) {
    this.chart?.mark(frame, this.mean[frame]);
    const text = (value) => (Number.isNaN(value) ? "–" : percent(value));
    setText(this.meanText, text(this.mean[frame]));
    setText(this.leastText, text(this.least[frame]));
  }
}
