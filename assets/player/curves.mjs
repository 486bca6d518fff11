// The curves of a noise schedule with a marker at t, and the points by which one is drawn.

import { lineChart } from "./charts.mjs";
import { h, panel, setText, svg } from "./dom.mjs";

const CURVES = {
  alpha: {
    title: "Words that survive, α", y: [0, 1], yTicks: [[0, "0"], [0.5, "0.5"], [1, "1"]],
    tell: (value) => value.toFixed(3), label: "Share of words that survive, by noise level t",
  },
  noise: {
    title: "Noise expected, 1 − α", y: [0, 1], yTicks: [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]],
    tell: (value) => `${(100 * value).toFixed(1)} %`, label: "Expected share of noise, by noise level t",
  },
  weight: {
    title: "Loss weight, −α′/(1 − α)", y: [-1, 2], yTicks: [[-1, "0.1"], [0, "1"], [1, "10"], [2, "100"]], scale: Math.log10,
    tell: (value) => value.toPrecision(3), label: "Weight of one hidden word in the loss, by noise level t, log scale",
  },
  snr: {
    title: "Signal to noise", y: [-30, 30], yTicks: [[-30, "−30 dB"], [0, "0"], [30, "30 dB"]],
    tell: (value) => `${value.toFixed(1)} dB`.replace("-", "−"), label: "Signal-to-noise ratio in decibels, by noise level t",
  },
};
const STEP = 0.01; // points stand on hundredths
const MOST_POINTS = 12;
const SEND_EVERY = 90; // ms, while a point is dragged

/** What a curve is at t, from its even samples. */
export const valueAt = (values, t) => values[Math.round(t * (values.length - 1))];

/** What a curve shows of values in its own unit: those beyond its frame are left out. */
export function drawable(name, values) {
  const { scale = (value) => value, y } = CURVES[name];
  return values.map((value) => {
    const at = value === null ? NaN : scale(value);
    return at >= y[0] - 1e-9 && at <= y[1] + 1e-9 ? at : NaN;
  });
}

const onGrid = (value) => Number((Math.round(Math.min(1, Math.max(0, value)) / STEP) * STEP).toFixed(2));

/** The points with one moved; the first and the last stay where a schedule must begin and end. */
export function moved(points, index, [t, a]) {
  const fixed = index === 0 || index === points.length - 1;
  return fixed ? points : points.map((point, i) => (i === index ? [onGrid(t), onGrid(a)] : point));
}

/** The points with one more, in the order of t; the same where there is no room for it. */
export function added(points, [t, a]) {
  const place = onGrid(t);
  if (points.length >= MOST_POINTS || points.some(([other]) => other === place)) return points;
  return [...points, [place, onGrid(a)]].sort(([one], [other]) => one - other);
}

/** The points without one; the two ends stay. */
export const removed = (points, index) =>
  index === 0 || index === points.length - 1 ? points : points.filter((_, i) => i !== index);

/** Small charts of one schedule; with points, the first can be drawn on. */
export class CurvesPanel {
  /** `draw(points)` tells the server the points that the reader drew; `go(t)` moves the marker. */
  constructor(draw, go) {
    Object.assign(this, { draw, go, dragged: null, sent: 0, charts: {} });
    this.parts = panel("curves", "The schedule", "");
    this.root = this.parts.root;
    this.boxes = Object.entries(CURVES).map(([name, { title }]) => {
      const value = h("b");
      return { name, value, body: h("div", { class: "curve" }), title: h("h4", {}, h("span", {}, title), value) };
    });
    this.parts.body.append(...this.boxes.map(({ name, title, body }) => h("figure", { "data-curve": name }, title, body)));
    for (const { name, body } of this.boxes) {
      body.addEventListener("pointerdown", (event) => this.#pressed(name, event));
    }
  }

  load({ curves, points, problem }) {
    this.curves = curves;
    if (this.dragged === null) this.points = points ?? null; // what is being dragged knows better than an echo
    setText(this.parts.note, problem || (this.points
      ? "Drag a point; click between them for another one; a double click, or Delete, takes it away."
      : "Choose the schedule “drawn” to draw one by hand."));
    this.parts.note.classList.toggle("fault", Boolean(problem));
    this.problem = Boolean(problem);
    const held = this.#held();
    this.parts.body.classList.toggle("drawn", this.points !== null);
    const height = this.points ? 200 : 150;
    for (const { name, body } of this.boxes) {
      const spec = CURVES[name];
      const chart = lineChart({
        width: Math.max(150, body.clientWidth), height, x: [0, 1], y: spec.y, yTicks: spec.yTicks,
        xTicks: [[0, "t = 0"], [0.5, "0.5"], [1, "1"]], label: spec.label, series: this.#series(name),
      });
      body.replaceChildren(chart.root);
      this.charts[name] = chart;
    }
    this.#drawPoints(held);
  }

  #series(name) {
    const all = [{ xs: this.curves.t, ys: drawable(name, this.curves[name]), kind: "plain" }];
    if (name === "snr" && this.curves.vectors) {
      all[0] = { ...all[0], name: "words: α / (1 − α)", at: [0.06, -27, "start"] };
      const ys = drawable(name, this.curves.vectors);
      all.push({ xs: ys.map((_, i) => i / (ys.length - 1)), ys, kind: "warm dashed", name: "vectors: a² / σ²", at: [1, 22, "end"] });
    }
    return all;
  }

  /** Puts the marker at t. */
  show(t) {
    this.t = t;
    for (const { name, value } of this.boxes) {
      const exact = valueAt(this.curves[name], t);
      const [at] = drawable(name, [exact]);
      this.charts[name].mark(t, at);
      setText(value, exact === null ? (name === "snr" && t > 0.5 ? "−∞" : "∞") : CURVES[name].tell(exact));
    }
  }

  /** The number of the point that has the keyboard's focus, or undefined. */
  #held() {
    return this.root.getRootNode().activeElement?.dataset?.point;
  }

  #drawPoints(held = this.#held()) {
    this.handles?.remove();
    if (!this.points) return;
    const { toX, toY, root } = this.charts.alpha;
    const path = this.points.map(([t, a], i) => `${i ? "L" : "M"}${toX(t)} ${toY(a)}`).join("");
    this.line = svg("path", { d: path, class: "line warm dashed", visibility: this.problem ? null : "hidden" });
    const last = this.points.length - 1;
    const knobs = this.points.map(([t, a], i) => (i === 0 || i === last
      ? svg("rect", { x: toX(t) - 4, y: toY(a) - 4, width: 8, height: 8, class: "end" })
      : svg("circle", {
        cx: toX(t), cy: toY(a), r: 7, class: "handle", tabindex: 0, role: "slider", "data-point": i,
        "aria-label": `Point ${i + 1} of ${last + 1}`, "aria-valuenow": a, "aria-valuemin": 0, "aria-valuemax": 1,
        "aria-valuetext": `t ${t}, alpha ${a}`, onkeydown: (event) => this.#pushed(i, event),
        ondblclick: () => this.#change(removed(this.points, i)),
      })));
    this.handles = svg("g", {}, this.line, ...knobs);
    root.append(this.handles);
    if (held !== undefined) this.handles.querySelector(`[data-point="${held}"]`)?.focus();
  }

  #pressed(name, event) {
    const chart = this.charts[name];
    if (name !== "alpha" || !this.points) {
      this.#follow((move) => this.go(this.charts[name].valueAt(move.clientX)), event);
      return;
    }
    const index = event.target.dataset?.point;
    if (index !== undefined) this.#drag(Number(index), event);
    else {
      const more = added(this.points, chart.placeAt(event));
      const place = more.findIndex((point) => !this.points.includes(point));
      this.#change(more);
      if (place !== -1) this.#drag(place, event);
    }
  }

  #drag(index, event) {
    this.dragged = index;
    this.#follow((move) => {
      this.points = moved(this.points, index, this.charts.alpha.placeAt(move));
      this.#drawPoints();
      this.#send(SEND_EVERY);
    }, event, () => {
      this.dragged = null;
      this.#send(0);
    });
  }

  /** Calls `act` for this and every later pointer event until the pointer is lifted; charts may be made anew meanwhile. */
  #follow(act, event, end = () => {}) {
    const lift = () => {
      removeEventListener("pointermove", act);
      removeEventListener("pointerup", lift);
      removeEventListener("pointercancel", lift);
      end();
    };
    addEventListener("pointermove", act);
    addEventListener("pointerup", lift);
    addEventListener("pointercancel", lift);
    if (this.dragged === null) act(event);
    event.preventDefault();
  }

  #pushed(index, event) {
    const by = event.shiftKey ? 5 * STEP : STEP;
    const [t, a] = this.points[index];
    const place = {
      ArrowLeft: [t - by, a], ArrowRight: [t + by, a], ArrowUp: [t, a + by], ArrowDown: [t, a - by],
    }[event.key];
    if (place) this.#change(moved(this.points, index, place));
    else if (event.key === "Delete" || event.key === "Backspace") this.#change(removed(this.points, index));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #change(points) {
    if (points === this.points) return;
    this.points = points;
    this.#drawPoints();
    this.#send(0);
  }

  /** Tells the server the points, at most once in `every` ms, and in the end always the last ones. */
  #send(every) {
    clearTimeout(this.later);
    const wait = this.sent + every - performance.now();
    if (wait > 0) this.later = setTimeout(() => this.#send(0), wait);
    else {
      this.sent = performance.now();
      this.draw(this.points);
    }
  }
}
