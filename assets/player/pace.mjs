// What several runs share on one clock: the number of steps, the noise level, or the share of their own steps.

const SAME = 1e-9; // shares of noise that differ by less are the same share
const LAST_COLUMN = 0.025; // of the width, for the last frame, which has no noise and would take no room

/** The last of ascending levels that is not above `level`; 0 where all are. */
function lastUpTo(levels, level) {
  for (let i = levels.length - 1; i > 0; i -= 1) if (levels[i] <= level + SAME) return i;
  return 0;
}

/**
 * The ticks at which one clock over several lanes stops, and the frame that each lane shows at each of them.
 * "steps": the same step, "run": the same share of its steps, "noise": a tick wherever any lane has a frame, and
 * each lane shows its last frame that is no less noisy than the clock.
 */
export class Alignment {
  constructor(lanes, pace = "steps") {
    Object.assign(this, { lanes, pace });
    this.longest = Math.max(0, ...lanes.map((lane) => lane.frames - 1));
    if (pace === "noise") {
      const all = lanes.flatMap((lane) => [...lane.alpha]).sort((a, b) => a - b);
      this.levels = all.filter((alpha, i) => i === 0 || alpha > all[i - 1] + SAME);
    }
    this.last = this.levels ? Math.max(0, this.levels.length - 1) : this.longest;
    this.table = lanes.map((lane) => Array.from({ length: this.last + 1 }, (_, tick) => this.#frame(lane, tick)));
  }

  #frame(lane, tick) {
    const last = lane.frames - 1;
    if (this.levels) return lastUpTo(lane.alpha, this.levels[tick]);
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

  /** The same moment as at a clock's `time` in another alignment of these runs: of the same noise where both share it. */
  timeLike(other, time) {
    if (!this.levels || !other.levels?.length) return time;
    return lastUpTo(this.levels, other.levels[Math.min(other.last, Math.floor(time))]) + (time % 1);
  }

  /** The clock's noise level in [0, 1]; null where the lanes do not share one. */
  noiseAt(tick) {
    return this.levels ? 1 - this.levels[Math.min(this.last, tick)] : null;
  }

  /** (F + 1,) where a lane's frames begin and end in a picture of width 1 that runs as the clock does. */
  edgesOf(lane) {
    const { frames, alpha } = this.lanes[lane];
    const width = this.pace === "run" ? frames : this.longest + 1;
    const at = (frame) => (this.levels ? (1 - LAST_COLUMN) * alpha[frame] : frame / width);
    const edges = Float64Array.from({ length: frames + 1 }, (_, frame) => (frame < frames ? at(frame) : 0));
    const end = this.levels && this.lanes[lane].alpha[frames - 1] < 1 - SAME ? edges[frames - 1] + LAST_COLUMN : 1;
    edges[frames] = this.levels ? end : frames / width;
    return edges;
  }
}
