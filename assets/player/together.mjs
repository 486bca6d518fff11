// What was measured of all lanes, in small charts with one x axis: the clock's.

import { NUM_COLORS } from "./card.mjs";
import { lineChart, roundTicks } from "./charts.mjs";
import { h, panel, setText, svg } from "./dom.mjs";
import { measuresOf, staircase } from "./measures.mjs";
import { percent } from "./words.mjs";

const SHARE = [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]];
const whole = (value) => String(Math.round(value));
const CHARTS = [
  { name: "alpha", title: "Words that survive, α(t)", tell: (value) => value.toFixed(2), yTicks: [[0, "0"], [0.5, "0.5"], [1, "1"]] },
  { name: "written", title: "Words written per step", tell: whole, steps: true },
  { name: "calls", title: "Network calls so far", tell: whole },
  { name: "mean", title: "Mean confidence of the cells still noise", tell: (value) => percent(value), yTicks: SHARE },
  { name: "least", title: "Least confidence of the cells still noise", tell: (value) => percent(value), yTicks: SHARE },
  { name: "entropy", title: "Mean entropy of the cells still noise, in nats", tell: (value) => value.toFixed(2) },
];
const AXES = {
  noise: () => [[0, "100 % noise"], [0.5, "50 %"], [1, "0 %"]],
  steps: ({ longest }) => [[0, "step 0"], [1, `step ${longest}`]],
  calls: ({ top }) => [[0, "no call"], [1, `${top} calls`]],
  seconds: ({ top }) => [[0, "0 s"], [1, `${top.toFixed(2)} s`]],
  run: () => [[0, "start"], [0.5, "half of the run"], [1, "end"]],
};
const NOTES = {
  noise: "By equal noise, α(t) is the same line for all: switch the clock to equal steps to see each schedule.",
};
const HEIGHT = 150;

export class TogetherPanel {
  /** `go(tick)` is called when the reader points at a moment. */
  constructor(go) {
    this.parts = panel("together", "Along the clock", "");
    this.root = this.parts.root;
    this.legend = h("div", { class: "legend" });
    this.figures = CHARTS.map(({ name }) => ({ caption: h("h4"), body: h("div", { class: "curve" }), values: h("p", { class: "values" }), name }));
    this.parts.body.append(this.legend, h("div", { class: "charts" },
      this.figures.map(({ name, caption, values, body }) => h("figure", { "data-chart": name }, caption, values, body))));
    for (const figure of this.figures) this.#listen(figure, go);
  }

  #listen(figure, go) {
    const point = (event) => figure.chart && go(this.align.tickAt(figure.chart.valueAt(event.clientX)));
    figure.body.addEventListener("pointerdown", (event) => {
      figure.body.setPointerCapture(event.pointerId);
      point(event);
    });
    figure.body.addEventListener("pointermove", (event) => event.buttons && point(event));
  }

  /** Draws the charts of these lanes along an `Alignment`. */
  load(lanes, align) {
    Object.assign(this, { lanes, align, shown: [] });
    setText(this.parts.note, NOTES[align.pace] ?? "");
    const known = new Map(this.measured); // a lane that has no new frame is not measured again
    this.measured = new Map(lanes.map((lane) => [lane, known.get(lane) ?? measuresOf(lane)]));
    this.places = lanes.map((lane, i) => Array.from({ length: lane.frames }, (_, frame) => align.placeOf(i, frame)));
    this.legend.replaceChildren(...lanes.map(({ title }, i) => h("span", { class: "key" },
      svg("svg", { width: 26, height: 8, "aria-hidden": "true" }, svg("path", { d: "M0 4H26", class: `line of-${i % NUM_COLORS}` })), title)));
    this.figures.forEach((figure, i) => this.#draw(figure, CHARTS[i]));
  }

  #draw(figure, { name, title, steps, yTicks }) {
    const all = this.lanes.map((lane) => this.measured.get(lane));
    const found = all.flatMap((one) => [...one[name]]).filter(Number.isFinite);
    const low = steps ? Math.min(0, ...all.flatMap((one) => [...one.back]).filter(Number.isFinite)) : 0;
    const ticks = yTicks ?? roundTicks(Math.max(steps ? 4 : 0.1, ...found));
    if (low < 0) ticks.unshift([low, `−${-low}`]);
    setText(figure.caption, low < 0 ? `${title}; below 0, put back to noise` : title);
    const series = all.flatMap((one, i) => this.#lines(one, i, name, steps));
    figure.chart = lineChart({
      width: Math.max(180, figure.body.clientWidth), height: HEIGHT, x: [0, 1], y: [low, ticks.at(-1)[0]], yTicks: ticks,
      xTicks: AXES[this.align.pace](this.align), series, label: `${title}, of each lane along the clock`,
    });
    figure.dots = this.lanes.map((_, i) => svg("circle", { r: 3.6, class: `here of-${i % NUM_COLORS}` }));
    figure.chart.root.append(...figure.dots);
    figure.body.replaceChildren(figure.chart.root);
    figure.told = this.lanes.map((_, i) => h("b", { class: `of-${i % NUM_COLORS}` }));
    figure.values.replaceChildren(...figure.told.map((value, i) => h("span", {}, `${i + 1} `, value)));
  }

  #lines(measured, i, name, steps) {
    const kind = `of-${i % NUM_COLORS}`;
    if (!steps) return [{ xs: this.places[i], ys: measured[name], kind }];
    return [measured.written, measured.back].map((values) => {
      const [xs, ys] = staircase(this.places[i], values);
      return { xs, ys, kind };
    });
  }

  /** Marks the clock's `tick`, and each lane's frame. */
  show(frames, tick) {
    const place = this.align.placeAt(tick);
    const moved = frames.flatMap((frame, i) => (frame === this.shown[i] ? [] : [[frame, i]])); // few do at a tick
    this.shown = frames;
    this.figures.forEach((figure, at) => {
      const { name, tell } = CHARTS[at];
      figure.chart.mark(place);
      moved.forEach(([frame, i]) => {
        const value = this.measured.get(this.lanes[i])[name][frame];
        const there = Number.isFinite(value);
        figure.dots[i].style.display = there ? "" : "none";
        setText(figure.told[i], there ? tell(value) : "–");
        if (!there) return;
        figure.dots[i].setAttribute("cx", figure.chart.toX(this.places[i][frame]));
        figure.dots[i].setAttribute("cy", figure.chart.toY(value));
      });
    });
  }
}
