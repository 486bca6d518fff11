// Vectors on their way from noise to words: their paths on the map of the words.

import { lineChart, rgbOf } from "./charts.mjs";
import { h, panel, setText } from "./dom.mjs";
import { distancesOf, lens, nearestTo, placesOf, sayMap, spreadOf, TRUE_TO, worthFollowing } from "./map.mjs";
import { isNoise, placeOf, statusAt, topAt } from "./model.mjs";
import { dotAt, Labels, SHADES, shadesBetween, strokeFading } from "./strokes.mjs";
import { named, quoted } from "./words.mjs";

const TAIL = 5; // steps that a vector trails behind it
const REACH = 14; // px around a dot in which the pointer means it
const RIVALS = 5; // likely words that are named beside the nearest one
const ROUND = 96; // corners of a ring
const EDGE_OF_MAP = 12; // px
const ON_WORD = 0.02; // nearer than this, it is its word
const AT_REST = 0.3; // nearer to its word than this, a vector's tail fades
const COLORS = ["ink", "muted", "faint", "edge", "card", "lane", "warm", "track", "hatch"];

/** The map and, beside it, how far the chosen vector is; hidden for runs whose cells are no vectors. */
export class PathsPanel {
  /** `go(frame, cell)` is called when the reader points at a vector. */
  constructor(go) {
    this.parts = panel("paths", "Vectors on their way to words", "");
    this.root = this.parts.root;
    this.canvas = h("canvas", { role: "img" });
    this.pen = this.canvas.getContext("2d");
    this.ground = h("canvas"); // what does not move: the words and the rings
    this.stage = h("div", { class: "stage" }, this.canvas);
    this.said = h("p", { class: "reading" });
    this.name = h("h4");
    this.history = h("div", { class: "history" });
    this.parts.body.append(this.stage, h("div", { class: "told" }, this.said, this.#key(), this.name, this.history));
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.canvas.addEventListener("pointerleave", () => this.#hover(null));
    this.canvas.addEventListener("click", (event) => {
      const { cell } = this.#under(event);
      if (cell !== null) go(this.frame, cell);
    });
  }

  #key() {
    const key = (kind, text) => h("span", { class: "key" }, h("i", { class: `vector ${kind}` }), text);
    const ticks = h("div", { class: "ticks" }, h("span", {}, "far as pure noise"), h("span", {}, "on its word"));
    return h("div", { class: "map-key" }, h("div", { class: "scale" }, h("i", { class: "shades" }), ticks),
      key("open", "still noise"), key("full", "come to a word"), key("word", "a word"));
  }

  /** Makes the map anew, for a run, a size or a theme. */
  load(lane, _, steps) {
    this.root.hidden = !lane.points;
    this.lane = lane.points ? lane : null;
    if (!this.lane) return;
    Object.assign(this, { steps, frame: undefined, now: null, hovered: null, followed: null, usual: worthFollowing(lane) });
    const style = getComputedStyle(this.root);
    this.palette = Object.fromEntries(COLORS.map((name) => [name, style.getPropertyValue(`--tp-${name}`).trim()]));
    const [far, card, near] = ["faint", "card", "lane"].map((name) => rgbOf(this.palette[name]));
    this.shades = shadesBetween([0, 1, 2].map((c) => 0.45 * far[c] + 0.55 * card[c]), near);
    this.serif = style.getPropertyValue("--tp-serif");
    this.sans = style.fontFamily;
    setText(this.parts.note, this.#caption());
    this.#measure();
    this.#drawGround();
    this.width = Math.max(200, this.history.clientWidth);
    this.stale = true;
  }

  #caption() {
    const { numWords } = this.lane;
    return `Every dot is a cell's vector, its last ${TAIL} steps behind it. The map keeps 2 of its ${numWords} directions, those along ` +
      "which the model's words differ most (PCA): what looks near need not be, the colour tells the whole distance. Pure noise spreads " +
      `${Math.round(Math.sqrt(numWords))} times as wide as the words, so distances r from the middle are drawn as asinh(r / ${TRUE_TO}).`;
  }

  /** Everything's place in px; worked out once, so that moving costs only the drawing. */
  #measure() {
    const width = Math.max(200, this.stage.clientWidth);
    const height = Math.round(Math.min(460, Math.max(300, 0.66 * width)));
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    Object.assign(this, { size: [width, height], ratio });
    for (const canvas of [this.canvas, this.ground]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.place = lens(this.lane.wordPoints, width, height, EDGE_OF_MAP);
    this.wordPlaces = placesOf(this.lane.wordPoints, this.place);
    const { cells, frames } = this.lane;
    const seen = placesOf(this.lane.points, this.place);
    this.ways = Array.from({ length: cells }, (_, cell) =>
      Float32Array.from({ length: 2 * frames }, (_, i) => seen[2 * ((i >> 1) * cells + cell) + (i % 2)]));
  }

  #ring(pen, [wide, high], text) {
    pen.beginPath();
    for (let i = 0; i <= ROUND; i += 1) {
      const angle = (2 * Math.PI * i) / ROUND;
      pen.lineTo(...this.place(wide * Math.cos(angle), high * Math.sin(angle)));
    }
    pen.stroke();
    const [x, y] = this.place(0, high);
    pen.textAlign = "center";
    pen.lineWidth = 5;
    pen.strokeStyle = this.palette.card;
    pen.strokeText(text, x, y + 4);
    pen.fillText(text, x, y + 4);
    pen.textAlign = "start";
  }

  #drawGround() {
    const pen = this.ground.getContext("2d");
    const { palette, wordPlaces } = this;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, ...this.size);
    pen.font = `11px ${this.sans}`;
    pen.fillStyle = palette.muted;
    for (const [reach, text] of [[[1, 1], "the words"], [spreadOf(this.lane.wordPoints), "pure noise"]]) {
      pen.setLineDash([2, 4]);
      pen.lineWidth = 1;
      pen.strokeStyle = palette.faint;
      this.#ring(pen, reach, text);
    }
    pen.setLineDash([]);
    pen.globalAlpha = 0.55;
    pen.fillStyle = palette.faint;
    for (let i = 0; i < wordPlaces.length; i += 2) {
      dotAt(pen, [wordPlaces[i], wordPlaces[i + 1]], 1.7);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /** Tells of a frame, and of the chosen cell or, where none is, of one worth following. */
  show(frame, chosen) {
    if (!this.lane) return;
    Object.assign(this, { frame, cell: chosen ?? this.usual, stale: true });
    const { lane, cell } = this;
    const [sentence, far] = [sayMap(lane, frame), lane.distance[frame * lane.cells + cell]];
    setText(this.said, sentence);
    this.canvas.setAttribute("aria-label", `Map of the words and of the vectors on their way to them. ${sentence}`);
    const [place, word] = [placeOf(lane, frame, cell), quoted(this.#nearest(frame, cell))];
    setText(this.name, `Bold: position ${place}, nearest to ${word}. Its distance by step`);
    if (this.followed !== cell) this.#follow(cell);
    this.chart.mark(frame, far, far.toFixed(2));
  }

  #follow(cell) {
    const [end, far] = [Math.max(1, this.steps), distancesOf(this.lane, cell)];
    const top = Math.max(1, ...far.filter((value) => !Number.isNaN(value)));
    this.followed = cell;
    this.chart = lineChart({
      width: this.width, height: 132, x: [0, end], y: [0, top], xTicks: [[0, "step 0"], [end, `step ${end}`]],
      yTicks: [[0, "0"], [0.5, "0.5"], [1, "1"]], series: [{ xs: Array.from(far.keys()), ys: far, kind: "plain" }],
      label: "Distance of the vector from its nearest word by step; 1 is the length of pure noise",
    });
    this.history.replaceChildren(this.chart.root);
  }

  /** The word nearest to a vector in all directions; noise is near some word too. */
  #nearest(frame, cell) {
    return this.lane.words[this.lane.tokens[frame * this.lane.cells + cell]] ?? "";
  }

  /** Draws the moment a `share` of the way from the shown frame to the frame `next`. */
  move(next, share) {
    if (!this.lane || this.frame === undefined || (!this.stale && this.share === share)) return;
    Object.assign(this, { share, next, stale: false });
    const { pen, lane, ways, frame, cell: followed, palette } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.ground, 0, 0);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.lineCap = "round";
    this.now = new Float32Array(2 * lane.cells);
    for (let cell = 0; cell < lane.cells; cell += 1) {
      for (const axis of [0, 1]) {
        const [from, to] = [ways[cell][2 * frame + axis], ways[cell][2 * next + axis]];
        this.now[2 * cell + axis] = from + share * (to - from);
      }
      const strongest = 0.12 + 0.78 * Math.min(1, this.#far(cell) / AT_REST);
      const tail = { from: Math.max(0, frame - TAIL), weakest: 0.04, strongest, width: 1.1, color: this.#shade(cell) };
      if (cell !== followed) this.#drawTail(cell, tail);
    }
    for (let cell = 0; cell < lane.cells; cell += 1) if (cell !== followed) this.#drawDot(cell, 3.4, this.#shade(cell));
    this.#drawTail(followed, { from: 0, weakest: 0.12, strongest: 1, width: 2, color: palette.warm });
    this.#drawNames();
  }

  #far(cell) {
    const at = (frame) => this.lane.distance[frame * this.lane.cells + cell];
    return at(this.frame) + this.share * (at(this.next) - at(this.frame));
  }

  #shade(cell) {
    return this.shades[Math.round((SHADES - 1) * Math.min(1, Math.max(0, 1 - this.#far(cell))))];
  }

  #at(cell) {
    return [this.now[2 * cell], this.now[2 * cell + 1]];
  }

  #drawTail(cell, { from, weakest, strongest, width, color }) {
    const { pen, frame, ways } = this;
    pen.strokeStyle = color;
    pen.lineWidth = width;
    strokeFading(pen, ways[cell], { from, to: frame, weakest, strongest });
    pen.globalAlpha = strongest;
    pen.beginPath();
    pen.moveTo(ways[cell][2 * frame], ways[cell][2 * frame + 1]);
    pen.lineTo(...this.#at(cell));
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #drawDot(cell, radius, color) {
    const { pen } = this;
    const open = isNoise(statusAt(this.lane, this.frame, cell));
    dotAt(pen, this.#at(cell), open ? radius - 0.6 : radius);
    pen.fillStyle = open ? this.palette.card : color;
    pen.fill();
    pen.strokeStyle = open ? color : this.palette.card;
    pen.lineWidth = open ? 1.4 : 1;
    pen.stroke();
  }

  /** The followed vector with its nearest word, the words likely for it, and what the pointer is on. */
  #drawNames() {
    const { pen, lane, frame, cell, palette, hovered, serif } = this;
    const labels = new Labels(pen, this.size[0], palette.card);
    const wordAt = (id) => [this.wordPlaces[2 * id], this.wordPlaces[2 * id + 1]];
    const nearest = lane.tokens[frame * lane.cells + cell];
    pen.setLineDash([3, 4]);
    pen.lineWidth = 1;
    pen.strokeStyle = palette.warm;
    pen.beginPath();
    pen.moveTo(...this.#at(cell));
    pen.lineTo(...wordAt(nearest));
    pen.stroke();
    pen.setLineDash([]);
    this.#drawDot(cell, 5.5, palette.warm);
    labels.put(named(lane.words[nearest]), wordAt(nearest), `600 17px ${serif}`, palette.ink);
    if (hovered?.cell >= 0) labels.put(named(this.#nearest(frame, hovered.cell)), this.#at(hovered.cell), `600 14px ${serif}`, palette.lane);
    if (hovered?.word >= 0) labels.put(named(lane.words[hovered.word]), wordAt(hovered.word), `14px ${serif}`, palette.ink);
    for (const { id, word } of topAt(lane, frame, cell, RIVALS)) {
      dotAt(pen, wordAt(id), 2.4);
      pen.fillStyle = palette.muted;
      pen.fill();
      labels.put(named(word), wordAt(id), `italic 14px ${serif}`, palette.muted);
    }
    for (let other = 0; other < lane.cells; other += 1) {
      if (this.#far(other) < ON_WORD) labels.put(named(this.#nearest(frame, other)), this.#at(other), `13px ${serif}`, palette.muted);
    }
  }

  /** What is under the pointer: {cell, word}, null where nothing is. */
  #under(event) {
    if (!this.lane || !this.now) return { cell: null, word: null };
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const cell = nearestTo(x, y, this.now, REACH);
    return { cell, word: cell === null ? nearestTo(x, y, this.wordPlaces, REACH) : null };
  }

  #hover(event) {
    const under = event ? this.#under(event) : null;
    const found = under && (under.cell !== null || under.word !== null) ? under : null;
    if (found?.cell === this.hovered?.cell && found?.word === this.hovered?.word) return;
    this.hovered = found && { cell: found.cell ?? -1, word: found.word ?? -1 };
    this.canvas.style.cursor = found && found.cell !== null ? "pointer" : "";
    this.stale = true;
    this.move(this.next, this.share);
  }
}
