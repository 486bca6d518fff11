// What is measured of a whole run at each of its frames, for charts that lay several runs over each other.

import { confidenceOf, isNoise, STATUS, statusAt } from "./model.mjs";

/** How many cells have one of these statuses in a frame. */
function countOf(lane, frame, ...statuses) {
  let count = 0;
  for (let cell = 0; cell < lane.cells; cell += 1) count += statuses.includes(statusAt(lane, frame, cell));
  return count;
}

/** (F,) mean entropy in nats of the cells still noise; NaN where there are none, or nothing was measured. */
export function entropyOf(lane) {
  return Float64Array.from({ length: lane.frames }, (_, frame) => {
    let [sum, count] = [0, 0];
    for (let cell = 0; cell < lane.cells; cell += 1) {
      const nats = lane.entropy[frame * lane.cells + cell];
      if (!isNoise(statusAt(lane, frame, cell)) || Number.isNaN(nats)) continue;
      sum += nats;
      count += 1;
    }
    return count ? sum / count : NaN;
  });
}

/** (F,) words written or changed in the step that led to a frame; NaN for the first. */
export const writtenOf = (lane) =>
  Float64Array.from({ length: lane.frames }, (_, frame) => (frame ? countOf(lane, frame, STATUS.WRITTEN, STATUS.CHANGED) : NaN));

/** (F,) words put back to noise in the step that led to a frame, as a negative number; NaN where none was. */
export const backOf = (lane) =>
  Float64Array.from({ length: lane.frames }, (_, frame) => -countOf(lane, frame, STATUS.RENOISED) || NaN);

/** All of them by name, (F,) each. */
export function measuresOf(lane) {
  const { mean, least } = confidenceOf(lane);
  return {
    alpha: Array.from(lane.alpha), written: writtenOf(lane), back: backOf(lane), mean, least, entropy: entropyOf(lane),
    calls: Array.from(lane.calls),
  };
}

/** The corners [xs, ys] of a line that holds the value of each step from the place before it to its own. */
export function staircase(places, values) {
  const [xs, ys] = [[], []];
  for (let i = 1; i < places.length; i += 1) {
    xs.push(places[i - 1], places[i]);
    ys.push(values[i], values[i]);
  }
  return [xs, ys];
}
