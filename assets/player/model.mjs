// Questions about a decoded run, answered without a screen. A lane has F frames of C cells; frame 0 is the
// start. Columns are flat: the value of a cell in a frame stands at frame * C + cell.

import { NOT_A_WORD } from "./codec.mjs";

export const STATUS = { ABSENT: 0, NOISE: 1, WRITTEN: 2, SETTLED: 3, KEPT: 4, RENOISED: 5, CHANGED: 6 };

export const statusAt = (lane, frame, cell) => lane.status[frame * lane.cells + cell];

export const isNoise = (status) => status === STATUS.NOISE || status === STATUS.RENOISED;

/** A cell's place among those that are there in a frame, from 1, as people count the words they see. */
export function placeOf(lane, frame, cell) {
  let place = 0;
  for (let at = 0; at <= cell; at += 1) place += statusAt(lane, frame, at) !== STATUS.ABSENT;
  return place;
}

/** The word of a cell, or null where it is noise or absent. "" is the blank that pads short texts. */
export function wordAt(lane, frame, cell) {
  const status = statusAt(lane, frame, cell);
  if (status === STATUS.ABSENT || isNoise(status)) return null;
  return lane.words[lane.tokens[frame * lane.cells + cell]] ?? null;
}

/** The model's best guess in a noise cell as {word, prob}, or null where none was measured. */
export function guessAt(lane, frame, cell) {
  return isNoise(statusAt(lane, frame, cell)) ? (topAt(lane, frame, cell, 1)[0] ?? null) : null;
}

/** The likeliest words measured in this very frame, likeliest first. */
export function topAt(lane, frame, cell, count = lane.alternatives) {
  const start = (frame * lane.cells + cell) * lane.alternatives;
  const found = [];
  for (let k = 0; k < Math.min(count, lane.alternatives); k += 1) {
    const id = lane.topIds[start + k];
    if (id === NOT_A_WORD) break;
    found.push({ id, word: lane.words[id], prob: lane.topProbs[start + k] });
  }
  return found;
}

/** The frame in which the word now in a cell was written; null for noise, kept and never-written words. */
export function writtenFrame(lane, frame, cell) {
  if (wordAt(lane, frame, cell) === null || statusAt(lane, frame, cell) === STATUS.KEPT) return null;
  for (let f = frame; f > 0; f -= 1) {
    const status = statusAt(lane, f, cell);
    if (status === STATUS.WRITTEN || status === STATUS.CHANGED) return f;
    if (status !== STATUS.SETTLED) return null;
  }
  return null;
}

/** What a cell could be: of noise now, of a word in the frame just before it was written. */
export function candidatesAt(lane, frame, cell) {
  const status = statusAt(lane, frame, cell);
  const written = writtenFrame(lane, frame, cell);
  const source = isNoise(status) ? frame : written === null ? null : written - 1;
  if (source === null) return { frame: null, entropy: NaN, words: [] };
  const entropy = lane.entropy[source * lane.cells + cell];
  return { frame: source, entropy, words: topAt(lane, source, cell) };
}

/** The id of the word whose history a cell tells: its word now, else the last it gets, else the best guess. */
export function followedWord(lane, frame, cell) {
  if (wordAt(lane, frame, cell) !== null) return lane.tokens[frame * lane.cells + cell];
  const last = lane.frames - 1;
  if (wordAt(lane, last, cell) !== null) return lane.tokens[last * lane.cells + cell];
  return topAt(lane, frame, cell, 1)[0]?.id ?? null;
}

/** (F,) probability of one word in one cell while it was noise; NaN where it was not among those measured. */
export function historyOf(lane, cell, id) {
  return Float32Array.from({ length: lane.frames }, (_, frame) => {
    if (!isNoise(statusAt(lane, frame, cell))) return NaN;
    return topAt(lane, frame, cell).find((candidate) => candidate.id === id)?.prob ?? NaN;
  });
}

/** How sure the best guesses in the noise cells are, by frame: {mean, least}, (F,) each; NaN without noise. */
export function confidenceOf(lane) {
  const mean = new Float32Array(lane.frames).fill(NaN);
  const least = new Float32Array(lane.frames).fill(NaN);
  for (let frame = 0; frame < lane.frames; frame += 1) {
    const probs = [];
    for (let cell = 0; cell < lane.cells; cell += 1) {
      const prob = lane.prob[frame * lane.cells + cell];
      if (isNoise(statusAt(lane, frame, cell)) && !Number.isNaN(prob)) probs.push(prob);
    }
    if (!probs.length) continue;
    mean[frame] = probs.reduce((sum, prob) => sum + prob, 0) / probs.length;
    least[frame] = Math.min(...probs);
  }
  return { mean, least };
}

/** The cells of a frame by what they are: {noise, written, changed, renoised, kept, come}, cell numbers each; and
 * how many are `there`. Those that `come` were not there one frame ago. */
export function cellsOf(lane, frame) {
  const found = { noise: [], written: [], changed: [], renoised: [], kept: [], come: [], there: 0 };
  for (let cell = 0; cell < lane.cells; cell += 1) {
    const status = statusAt(lane, frame, cell);
    if (status !== STATUS.ABSENT) found.there += 1;
    if (isNoise(status)) found.noise.push(cell);
    if (frame > 0 && status !== STATUS.ABSENT && statusAt(lane, frame - 1, cell) === STATUS.ABSENT) found.come.push(cell);
    if (status === STATUS.RENOISED) found.renoised.push(cell);
    else if (status === STATUS.WRITTEN) found.written.push(cell);
    else if (status === STATUS.CHANGED) found.changed.push(cell);
    else if (status === STATUS.KEPT) found.kept.push(cell);
  }
  return found;
}

/** The cell to show while the reader chose none: the least sure of those just written, else of the noise. */
export function worthSeeing(lane, frame) {
  const { written, changed, noise } = cellsOf(lane, frame);
  const from = written.length + changed.length ? [...written, ...changed] : noise;
  const prob = (cell) => lane.prob[frame * lane.cells + cell];
  return from.reduce((best, cell) => (best === null || prob(cell) < prob(best) ? cell : best), null);
}

/** The numbers of the step that led to a frame, or null for the first: alphas, times and counts. */
export function transitionTo(lane, frame) {
  if (frame < 1) return null;
  const [before, after] = [cellsOf(lane, frame - 1), cellsOf(lane, frame)];
  const [alphaT, alphaS] = [lane.alpha[frame - 1], lane.alpha[frame]];
  const share = alphaT < 1 ? (alphaS - alphaT) / (1 - alphaT) : 0;
  const noisy = before.noise.length;
  return {
    alphaT, alphaS, t: lane.t[frame - 1], s: lane.t[frame], share, noisy,
    expected: share * noisy, written: after.written.length, changed: after.changed.length, come: after.come.length,
    renoised: after.renoised.length, left: after.noise.length, there: after.there,
  };
}

/** Validation loss at a noise level, between the measured ones; null where nothing was measured. */
export function lossAt(loss, noise) {
  if (!loss) return null;
  const points = loss.noise.map((x, i) => [x, loss.cross_entropy[i]]).filter(([, y]) => y !== null);
  if (!points.length) return null;
  const right = points.findIndex(([x]) => x >= noise);
  if (right === 0) return points[0][1];
  if (right === -1) return points.at(-1)[1];
  const [[x0, y0], [x1, y1]] = [points[right - 1], points[right]];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (noise - x0)) / (x1 - x0);
}

/** The broken rules in which a cell takes part; they are known of the last frame only. */
export function faultsAt(lane, frame, cell) {
  if (!lane.verdict || frame !== lane.frames - 1) return [];
  return lane.verdict.faults.filter((fault) => fault.cells.includes(cell));
}

/** The shapes that a legend must explain: {"noise", "guess", "written", "settled", ...}. */
export function shapesIn(lanes) {
  const found = new Set(["noise", "guess", "written"]);
  for (const lane of lanes) {
    found.add(lane.distance ? "near" : lane.step?.revises ? "open" : "settled");
    if (lane.status.includes(STATUS.KEPT)) found.add("kept");
    if (lane.status.includes(STATUS.RENOISED)) found.add("renoised");
    if (lane.status.includes(STATUS.CHANGED)) found.add("changed");
    if (lane.verdict?.faults.length) found.add("wrong");
  }
  return found;
}

/** Whether a reader may put this cell back to noise. */
export function isErasable(lane, frame, cell) {
  const status = statusAt(lane, frame, cell);
  return status === STATUS.WRITTEN || status === STATUS.SETTLED || status === STATUS.CHANGED;
}

/** The cells of the word that a cell is in, and of the words before and after it, in reading order. */
export function around(lane, frame, cell) {
  const begins = (at) => at <= 0 || lane.spacing !== "char" || !/^\S/.test(wordAt(lane, frame, at) ?? ""); // else a piece goes on
  const firstOf = (at) => (begins(at) ? Math.max(0, at) : firstOf(at - 1));
  const endOf = (at) => (at >= lane.cells || begins(at) ? Math.min(at, lane.cells) : endOf(at + 1)); // where the next one begins
  const [first, end] = [firstOf(firstOf(cell) - 1), endOf(endOf(cell + 1) + 1)];
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** Adds a cell to those that are marked, or takes it away; `wide`: adds what is `around` it. Only what may be put back. */
export function mark(marked, lane, frame, cell, wide) {
  if (marked.delete(cell)) return;
  const cells = wide ? around(lane, frame, cell) : [cell];
  cells.filter((one) => isErasable(lane, frame, one)).forEach((one) => marked.add(one));
}

/** The last transition of a run: the frames that there are, or while it is live the steps it was asked for. */
export function lastStep(lane, live) {
  return live ? Math.max(lane.steps, lane.frames - 1) : Math.max(0, lane.frames - 1);
}

/**
 * Whether a payload tells less of the run that is shown than is known already: on a busy machine the framework may
 * deliver an outdated one after the newest, and nothing would follow to put it right.
 */
export function overtaken(shown, coming) {
  if (!shown || shown.run === null || shown.run !== coming.run) return false;
  if (shown.live !== coming.live) return coming.live;
  const known = (data) => data.lanes.reduce((sum, lane) => sum + lane.frames, 0);
  return coming.live && known(coming) < known(shown);
}
