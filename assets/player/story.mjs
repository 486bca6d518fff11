// One run's text: a canvas that shows it and, in the same places, buttons that can be focused and read out.

import { h } from "./dom.mjs";
import { flow, grid, neighbour, slides, tallest, widthsOf } from "./layout.mjs";
import { firstFrames } from "./marks.mjs";
import { faultsAt, statusAt, STATUS } from "./model.mjs";
import { drawCell, hatching, lookOf, readPalette } from "./paint.mjs";

const FADE = 170; // ms
const USUAL_WORD = 2.6; // a word's width with the room around it, in font sizes
const MOST_PIXELS = 12e6; // phones refuse larger canvases
const SERIF = '"Source Serif", "Source Serif 4", Charter, "Bitstream Charter", Cambria, Georgia, "Noto Serif", ' +
  '"Liberation Serif", serif';

/** The lengths that follow from the font's size, all in px. */
function metricsOf(size, numbers) {
  const shift = numbers ? 0.42 * size : 0;
  return {
    size, pad: 0.17 * size, thin: 0.045 * size, gap: 0.14 * size, line: Math.round(2.06 * size + shift),
    top: 0.26 * size + shift, block: 1.34 * size, baseline: 1.24 * size + shift,
    underline: 1.75 * size + shift, number: 0.5 * size,
  };
}

export class Story {
  /** `pick(cell, erase)` is called when the reader chooses a cell, `erase` with ctrl or cmd held. */
  constructor(pick) {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.layer = h("div", { class: "cells", role: "group", "aria-label": "The text, cell by cell" });
    this.root = h("div", { class: "story" }, this.canvas, this.layer);
    this.pen = this.canvas.getContext("2d");
    this.pick = pick;
    this.buttons = [];
    this.asked = null;
    this.focused = 0;
    this.layer.addEventListener("pointerdown", (event) => event.pointerType === "mouse" && event.preventDefault());
    this.layer.addEventListener("click", (event) => this.#chosen(event));
    this.layer.addEventListener("keydown", (event) => this.#moved(event));
  }

  /** Shows another run, or more frames of the `same` one; then no cell gets narrower, unless words only pass through
   * or cells have come between. `live`: more frames follow. */
  load(lane, same, live) {
    const stays = same && this.lane?.cells === lane.cells && !lane.status.includes(STATUS.CHANGED);
    this.lane = lane;
    this.kept = stays ? this.arranged : null;
    this.sliding = slides(lane);
    this.awaited = live && lane.step?.grows ? lane.step.length : 0; // words to keep room for, so that the page below stays
    this.layoutKey = "";
    while (this.buttons.length > lane.cells) this.buttons.pop().remove();
    while (this.buttons.length < lane.cells) {
      const button = h("button", { type: "button", class: "cell", tabindex: "-1", "data-cell": this.buttons.length });
      this.buttons.push(button);
      this.layer.append(button);
    }
    this.focused = Math.min(this.focused, Math.max(0, lane.cells - 1));
    if (this.buttons.length) this.buttons[this.focused].tabIndex = 0;
  }

  /** Reads the theme's colours anew. */
  recolor() {
    this.palette = readPalette(this.root);
    this.layoutKey = "";
  }

  /** Forgets what was measured in another font. */
  remeasure() {
    this.kept = this.arranged = null;
  }

  #measurer(size) {
    const pen = this.pen;
    const memo = new Map();
    return (text, italic) => {
      const key = (italic ? "i" : "r") + text;
      if (!memo.has(key)) {
        pen.font = `${italic ? "italic " : ""}${size}px ${SERIF}`;
        memo.set(key, pen.measureText(text).width);
      }
      return memo.get(key);
    };
  }

  /** A function from a frame to its boxes, for a font size and a width in px. */
  placer({ size, width, view, guesses }) {
    const metrics = metricsOf(size, view === "grid");
    const measure = this.#measurer(size);
    const minimum = (this.lane.spacing === "char" ? 0.45 : 0.55) * size;
    const slack = this.lane.wayBack ? Infinity : 1.1 * size; // what noise put there is text and no mere guess
    const widths = widthsOf(this.lane, measure, { guesses, minimum, slack });
    const place = view === "grid" ? grid : flow;
    const kept = this.kept?.key === [size, view, guesses].join() ? this.kept.widths : [];
    widths.forEach((w, cell) => (widths[cell] = Math.max(w, kept[cell] ?? 0)));
    return { metrics, measure, widths, place: (frame) => place(this.lane, frame, widths, { width, ...metrics }) };
  }

  #arrange(options) {
    const { frame, size, width, view, guesses } = options;
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    const key = [size, width, view, guesses, ratio, this.lane.frames, this.lane.cells].join();
    if (key !== this.layoutKey) {
      this.layoutKey = key;
      Object.assign(this, this.placer(options));
      this.arranged = { key: [size, view, guesses].join(), widths: this.widths };
      const awaited = this.metrics.line * Math.ceil((this.awaited * USUAL_WORD * size) / width);
      this.height = Math.ceil(Math.max(tallest(this.lane, this.place), awaited)) + 2;
      this.ratio = Math.min(ratio, Math.sqrt(MOST_PIXELS / Math.max(1, width * this.height)));
      this.canvas.width = Math.round(width * this.ratio);
      this.canvas.height = Math.round(this.height * this.ratio);
      this.canvas.style.height = this.root.style.height = `${this.height}px`;
      this.canvas.style.width = `${width}px`;
      this.style = {
        palette: this.palette, metrics: this.metrics, measure: this.measure,
        hatching: hatching(this.pen, this.palette, this.ratio),
        upright: `${size}px ${SERIF}`, italic: `italic ${size}px ${SERIF}`, small: `${0.5 * size}px sans-serif`,
      };
      this.boxesFrame = null;
      this.shown = [];
    }
    if (this.boxesFrame !== null && !(this.sliding && this.boxesFrame !== frame)) return;
    const before = this.boxesFrame === null ? null : this.boxes;
    this.boxes = this.place(frame).boxes;
    this.boxesFrame = frame;
    this.slideFrom = before && options.fades ? before : null;
    this.slideStart = options.now;
    this.stale = true;
    this.#placeButtons();
  }

  #placeButtons() {
    const { top, block } = this.metrics;
    this.boxes.forEach((box, cell) => {
      const style = this.buttons[cell].style;
      this.buttons[cell].hidden = !box.on;
      style.left = `${box.x}px`;
      style.top = `${box.y + top - 2}px`;
      style.width = `${box.w}px`;
      style.height = `${block + 4}px`;
    });
  }

  /** Brings out what a question about `mark` asks for; null for none. */
  focus(mark) {
    this.asked = mark === null ? null : { mark, first: firstFrames(this.lane, mark) };
  }

  /**
   * Draws a frame; `options`: {frame, now, size, width, view, guesses, marked, fades, related: what its cells are to another
   * lane's, if they are compared, see difference.mjs}. True while fading. Without
   * room (the page is being taken apart, or hides the player) nothing is drawn until there is some.
   */
  draw(options) {
    if (!options.width) return false;
    this.#arrange(options);
    if (this.#isDrawn(options)) return false;
    const { frame, now, fades, marked } = options;
    const sliding = this.slideFrom !== null && now - this.slideStart < FADE;
    const all = this.stale || sliding;
    this.pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (all) this.pen.clearRect(0, 0, options.width, this.height);
    let busy = sliding;
    for (let cell = 0; cell < this.lane.cells; cell += 1) {
      const look = lookOf(this.lane, frame, cell, {
        guesses: options.guesses, marked: marked.has(cell), numbers: options.view === "grid", asked: this.asked,
        related: options.related,
      });
      const last = this.shown[cell];
      if (last?.look.key !== look.key) {
        this.shown[cell] = { look, before: last?.look ?? null, since: fades && last ? now : -Infinity };
      }
      const fading = now - this.shown[cell].since < FADE;
      if (all || last?.look.key !== look.key || fading || this.shown[cell].before) {
        this.#drawOne(cell, now, all, sliding);
        if (!fading) this.shown[cell].before = null;
      }
      busy ||= fading;
    }
    this.stale = sliding; // one more whole picture when the slide is over
    this.drawn = busy || marked.size || options.related ? null : { frame, asked: this.asked };
    return busy || sliding;
  }

  /** Whether the canvas shows just this already: of several lanes on one clock, few move at a tick. */
  #isDrawn({ frame, marked, related }) {
    return !this.stale && !marked.size && !related && this.drawn?.frame === frame && this.drawn.asked === this.asked;
  }

  #drawOne(cell, now, cleared, sliding) {
    const { look, before, since } = this.shown[cell];
    const share = Math.min(1, (now - since) / FADE);
    const box = sliding ? this.#between(cell, now) : this.boxes[cell];
    if (!cleared) this.#clear(box);
    if (before && share < 1) {
      this.pen.globalAlpha = 1 - share;
      drawCell(this.pen, before, box, this.style);
      this.pen.globalAlpha = share;
    }
    drawCell(this.pen, look, box, this.style);
    this.pen.globalAlpha = 1;
  }

  /** Empties whole screen pixels, so that neighbours keep their edges and nothing is left behind. */
  #clear(box) {
    const [left, top, right, bottom] = [box.x, box.y, box.x + box.w, box.y + box.h].map((at) => Math.round(at * this.ratio));
    this.pen.save();
    this.pen.setTransform(1, 0, 0, 1, 0, 0);
    this.pen.clearRect(left, top, right - left, bottom - top);
    this.pen.restore();
  }

  #between(cell, now) {
    const [from, to] = [this.slideFrom[cell], this.boxes[cell]];
    if (!from.on || !to.on || from.y !== to.y) return to;
    const share = Math.min(1, (now - this.slideStart) / FADE);
    return { ...to, x: from.x + (to.x - from.x) * share };
  }

  /** Marks the chosen cell and tells screen readers by `name` what each cell is; not needed while playing. */
  label(frame, selected, erasing, name) {
    this.buttons.forEach((button, cell) => {
      if (!this.boxes[cell]?.on) return;
      const faults = faultsAt(this.lane, frame, cell).map((fault) => fault.message).join(" ");
      button.setAttribute("aria-label", name(this.lane, frame, cell) + (faults && `. ${faults}`));
      button.title = faults;
    });
    this.select(selected, erasing);
  }

  /** Marks the chosen cell only. */
  select(selected, erasing = false) {
    this.layer.classList.toggle("erasing", erasing);
    this.buttons.forEach((button, cell) => button.setAttribute("aria-pressed", String(cell === selected)));
  }

  #chosen(event) {
    const button = event.target.closest("button.cell");
    if (!button) return;
    this.#rove(Number(button.dataset.cell), false);
    this.pick(this.focused, event.ctrlKey || event.metaKey);
  }

  #rove(cell, focus) {
    this.buttons[this.focused].tabIndex = -1;
    this.focused = cell;
    this.buttons[cell].tabIndex = 0;
    if (focus) this.buttons[cell].focus();
  }

  #moved(event) {
    const present = (from, step) => {
      let cell = from + step;
      while (cell >= 0 && cell < this.lane.cells && statusAt(this.lane, this.boxesFrame, cell) === STATUS.ABSENT) cell += step;
      return cell < 0 || cell >= this.lane.cells ? from : cell;
    };
    const cell = this.focused;
    const target = {
      ArrowLeft: () => present(cell, -1), ArrowRight: () => present(cell, 1),
      ArrowUp: () => neighbour(this.boxes, cell, false), ArrowDown: () => neighbour(this.boxes, cell, true),
      Home: () => present(-1, 1), End: () => present(this.lane.cells, -1),
    }[event.key];
    if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.#rove(target(), true);
    this.pick(this.focused, false);
  }

  /** The largest font size in px, up to `most`, at which the tallest frame fits into width and height. */
  sizeThatFits({ width, height, view, guesses, least, most }) {
    let [low, high] = [least, most];
    while (high - low > 0.5) {
      const size = (low + high) / 2;
      const { place } = this.placer({ size, width, view, guesses });
      if (tallest(this.lane, place) <= height) low = size;
      else high = size;
    }
    return Math.floor(2 * low) / 2;
  }
}

/** Resolves when the serif is there; until then text would be measured in a fallback. */
export async function serifReady() {
  await Promise.all([document.fonts.load('20px "Source Serif"'), document.fonts.load('italic 20px "Source Serif"')]);
}
