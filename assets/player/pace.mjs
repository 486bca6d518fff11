// What several runs share on one clock: their steps, the noise level, network calls, seconds, or the share of their own steps.

import { percent } from "./words.mjs";

const SAME = 1e-9; // shares of noise that differ by less are the same share
const LAST_COLUMN = 0.025; // of the width, for the last frame, which has no noise and would take no room

// What a lane has come to at each frame, where the lanes share that and not the number of steps; it never falls.
const MEASURES = { noise: (lane) => lane.alpha, calls: (lane) => lane.calls, seconds: (lane) => lane.seconds };

/** The last of ascending values that is not above `level`; 0 where all are. */
function lastUpTo(values, level) {
  for (let i = values.length - 1; i > 0; i -= 1) if (values[i] <= level + SAME) return i;
  return 0;
}

/** The first of ascending values that is not below `level`. */
function firstFrom(values, level) {
  let first = 0;
  while (first < values.length && values[first] < level - SAME) first += 1;
  return first;
}

/**
 * The ticks at which one clock over several lanes stops, and the frame that each lane shows at each of them.
 * "steps": the same step, "run": the same share of its steps. "noise": a tick wherever any lane has a frame, and each
 * lane shows its last frame that is no less noisy than the clock; frames of one and the same level follow each other.
 * "calls", "seconds": a tick for every number of network calls or every moment at which a lane had a frame, and each
 * lane shows its last frame that cost no more.
 */
export class Alignment {
  constructor(lanes, pace = "steps") {
    Object.assign(this, { lanes, pace });
    this.longest = Math.max(0, ...lanes.map((lane) => lane.frames - 1));
    this.measured = MEASURES[pace] ? lanes.map((lane) => Array.from(MEASURES[pace](lane))) : null;
    if (this.measured) this.#meet(pace === "noise");
    this.last = this.levels ? Math.max(0, this.levels.length - 1) : this.longest;
    this.top = this.levels && pace !== "noise" ? (this.levels.at(-1) ?? 1) : 1;
    this.table ??= lanes.map((lane) => Array.from({ length: this.last + 1 }, (_, tick) => this.#frame(lane, tick)));
  }

  /** Ticks per step of the longest run: a clock that stops at the frames of all lanes must go faster than one that steps. */
  get stretch() {
    return this.levels && this.longest ? Math.max(1, this.last / this.longest) : 1;
  }

  #meet(everyFrame) {
    const all = this.measured.flat().sort((a, b) => a - b);
    this.levels = [];
    this.table = this.lanes.map(() => []);
    for (const level of all.filter((value, i) => i === 0 || value > all[i - 1] + SAME)) {
      const spans = this.measured.map((values) => [firstFrom(values, level), lastUpTo(values, level)]);
      const ticks = everyFrame ? Math.max(1, ...spans.map(([first, last]) => last - first + 1)) : 1;
      for (let k = 0; k < ticks; k += 1) {
        this.levels.push(level);
        spans.forEach(([first, last], lane) => this.table[lane].push(everyFrame ? Math.min(last, first + k) : last));
      }
    }
  }

  #frame(lane, tick) {
    const last = lane.frames - 1;
    if (this.pace === "run") return this.longest ? Math.round((tick / this.longest) * last) : 0;
    return Math.min(last, tick);
  }

  /** The frame of every lane. */
  framesAt(tick) {
    return this.table.map((frames) => frames[Math.max(0, Math.min(this.last, Math.round(tick)))]);
  }

  /** The first tick at which a lane has come to a frame. */
  tickOf(lane, frame) {
    const found = this.table[lane].findIndex((shown) => shown >= frame);
    return found === -1 ? this.last : found;
  }

  /** The same moment as at a clock's `time` in another alignment of these runs: of the same level where both share it. */
  timeLike(other, time) {
    if (!this.levels || !other.levels?.length) return time;
    return lastUpTo(this.levels, other.levels[Math.min(other.last, Math.floor(time))]) + (time % 1);
  }

  /** What the lanes share at a tick, as [name, value]: "noise" in [0, 1], "calls" or "seconds"; null where it is their steps. */
  sharedAt(tick) {
    const level = this.levels?.[Math.min(this.last, tick)];
    if (level === undefined) return null;
    return this.pace === "noise" ? ["noise", 1 - level] : [this.pace, level];
  }

  /** Where the clock stands, as a reading of the transport: [name, value, rest]. */
  readingAt(tick) {
    const [name, value] = this.sharedAt(tick) ?? [];
    if (name === "noise") return [name, percent(value), ""];
    if (name === "calls") return [name, String(value), ` of ${this.top}`];
    if (name === "seconds") return [name, value.toFixed(2), ` of ${this.top.toFixed(2)}`];
    return this.pace === "run" ? ["run", percent(this.placeAt(tick)), ""] : ["step", String(tick), ` of ${this.last}`];
  }

  /** The same in a sentence: "83 % noise". */
  momentAt(tick) {
    const [name, value] = this.readingAt(tick);
    return { noise: `${value} noise`, calls: `${value} network calls`, seconds: `${value} seconds`, run: `${value} of the run`, step: `step ${value}` }[name];
  }

  /** Where a lane's frame stands in a picture of width 1 that runs as the clock does. */
  placeOf(lane, frame) {
    if (this.measured) return this.measured[lane][frame] / (this.top || 1);
    const whole = this.pace === "run" ? this.lanes[lane].frames - 1 : this.longest;
    return whole ? frame / whole : 0;
  }

  /** Where the clock stands in that picture. */
  placeAt(tick) {
    if (this.levels) return (this.levels[Math.min(this.last, tick)] ?? 0) / (this.top || 1);
    return this.last ? Math.min(this.last, tick) / this.last : 0;
  }

  /** The tick nearest to a place in it. */
  tickAt(place) {
    if (!this.levels) return Math.round(place * this.last);
    const [low, level] = [lastUpTo(this.levels, place * this.top), place * this.top];
    const high = Math.min(this.last, low + 1);
    return this.levels[high] - level < level - this.levels[low] ? high : low;
  }

  /** (F + 1,) where a lane's frames begin and end in a picture of width 1, with room for the last one. */
  edgesOf(lane) {
    const { frames } = this.lanes[lane];
    const width = this.pace === "run" ? frames : this.longest + 1;
    const at = (frame) => (this.levels ? (1 - LAST_COLUMN) * this.placeOf(lane, frame) : frame / width);
    const edges = Float64Array.from({ length: frames + 1 }, (_, frame) => (frame < frames ? at(frame) : 0));
    const end = this.levels && this.placeOf(lane, frames - 1) < 1 - SAME ? edges[frames - 1] + LAST_COLUMN : 1;
    edges[frames] = this.levels ? end : frames / width;
    return edges;
  }
}
