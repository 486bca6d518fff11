// The map of the words on which vectors travel, looked at through a lens. Knows no screen.

import { isNoise, STATUS, statusAt } from "./model.mjs";

export const TRUE_TO = 0.2; // distances from the middle are drawn true far below it, and ever more tightly above it
const EDGE = 2.5; // standard deviations of pure noise that the view holds; what is farther stands at its edge

/** How wide pure noise spreads along both axes: its standard deviations. A point is the sum of all words' places,
 * each times a coordinate of the vector, and in pure noise every coordinate has variance 1. */
export function spreadOf(wordPoints) {
  const sum = [0, 0];
  wordPoints.forEach((value, i) => (sum[i % 2] += value ** 2));
  return sum.map(Math.sqrt);
}

/** place(x, y) -> [px, py] in a picture of width and height px: the direction from the middle stays, the distance r is
 * drawn as asinh(r / TRUE_TO), so that the words and noise many times as wide are seen at once and nothing moves but vectors. */
export function lens(wordPoints, width, height, margin) {
  const far = Math.asinh((EDGE * Math.max(...spreadOf(wordPoints), 1e-9)) / TRUE_TO);
  const [middleX, middleY] = [width / 2, height / 2];
  return (x, y) => {
    const r = Math.hypot(x, y);
    const scale = r === 0 ? 0 : Math.min(1, Math.asinh(r / TRUE_TO) / far) / r;
    return [middleX + scale * x * (middleX - margin), middleY - scale * y * (middleY - margin)];
  };
}

/** Flat x, y pairs, each through the lens. */
export function placesOf(points, place) {
  const seen = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) [seen[i], seen[i + 1]] = place(points[i], points[i + 1]);
  return seen;
}

/** The number of the place nearest to (x, y) among flat pairs; null where none is `within` px. */
export function nearestTo(x, y, places, within) {
  let [best, least] = [null, within];
  for (let i = 0; i < places.length / 2; i += 1) {
    const distance = Math.hypot(places[2 * i] - x, places[2 * i + 1] - y);
    if (distance <= least) [best, least] = [i, distance];
  }
  return best;
}

/** How many vectors there are in a frame, and how many have come to a word: {cells, arrived}. */
export function arrivedIn(lane, frame) {
  let [cells, arrived] = [0, 0];
  for (let cell = 0; cell < lane.cells; cell += 1) {
    const status = statusAt(lane, frame, cell);
    if (status === STATUS.ABSENT) continue;
    cells += 1;
    if (!isNoise(status)) arrived += 1;
  }
  return { cells, arrived };
}

/** The map in one sentence, for those who do not see it. */
export function sayMap(lane, frame) {
  const { cells, arrived } = arrivedIn(lane, frame);
  return `${arrived} of ${cells} vectors have come nearer to their word than to all others together.`;
}

/** (F,) how far a cell's vector is from its nearest word, by frame. */
export const distancesOf = (lane, cell) =>
  Float32Array.from({ length: lane.frames }, (_, frame) => lane.distance[frame * lane.cells + cell]);

/** A cell whose path is worth following while the reader chose none: the first that becomes a longer word. */
export function worthFollowing(lane) {
  const last = lane.frames - 1;
  const word = (cell) => lane.words[lane.tokens[last * lane.cells + cell]] ?? "";
  const free = Array.from({ length: lane.cells }, (_, cell) => cell).filter((cell) => statusAt(lane, last, cell) !== STATUS.KEPT);
  return free.find((cell) => /^\p{Ll}{4,}$/u.test(word(cell))) ?? free[0] ?? 0;
}
