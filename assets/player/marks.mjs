// What happened to each cell at each step, as textdiff_core/ledger.py writes it; and what a question brings out.

import { isNoise, statusAt, STATUS, wordAt } from "./model.mjs";

export const MARK = { ABSENT: 0, NOISE: 1, REST: 2, WRITTEN: 3, CHANGED: 4, RENOISED: 5, INSERTED: 6 };

/** The event that happened to a cell in the step that led to a frame, or what it is. */
export const markAt = (lane, frame, cell) => lane.marks[frame * lane.cells + cell];

/** (C,) the first frame in which each cell has this mark; Infinity where it never has. */
export function firstFrames(lane, mark) {
  const first = new Float64Array(lane.cells).fill(Infinity);
  for (let at = lane.frames * lane.cells - 1; at >= 0; at -= 1) {
    if (lane.marks[at] === mark) first[at % lane.cells] = Math.floor(at / lane.cells);
  }
  return first;
}

/**
 * How a question about `mark` shows a cell: "now" where it happens in this very step, "before" where it happened
 * earlier in the run, else "other". Asked about the length, blanks stand out too: they are what a fixed one costs.
 */
export function emphasisOf(lane, frame, cell, mark, first) {
  if (markAt(lane, frame, cell) === mark) return "now";
  if (first[cell] <= frame) return "before";
  const status = statusAt(lane, frame, cell);
  const blank = status !== STATUS.ABSENT && !isNoise(status) && wordAt(lane, frame, cell) === "";
  return mark === MARK.INSERTED && blank ? "before" : "other";
}

/** (F,) how many cells are there. */
export function lengthsOf(lane) {
  return Array.from({ length: lane.frames }, (_, frame) => {
    let there = 0;
    for (let cell = 0; cell < lane.cells; cell += 1) there += markAt(lane, frame, cell) !== MARK.ABSENT;
    return there;
  });
}
