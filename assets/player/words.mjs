// The sentences the player says. Rich sentences are lists of [text, style]; style "strong", "sub" or none.

import { candidatesAt, cellsOf, faultsAt, placeOf, STATUS, statusAt, topAt, transitionTo, wordAt, writtenFrame } from "./model.mjs";

const NAMED = 6; // words named in one sentence; more would outlast the step

export function percent(share, digits = 0) {
  if (share === null || Number.isNaN(share)) return "not measured";
  const extra = digits === 0 && share > 0 && share < 0.0095 ? 1 : digits;
  return `${(100 * share).toFixed(extra)}\u00a0%`;
}

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A word as it can be named in a sentence. */
export function named(word) {
  if (word === "") return "(blank)";
  if (word === "\n") return "(new line)";
  if (word.trim() === "") return "(space)";
  return /[\p{L}\p{N}]/u.test(word) ? word : `“${word}”`;
}

export const quoted = (word) => (/^[(“]/.test(named(word)) ? named(word) : `“${word}”`);

export function list(items) {
  const shown = items.slice(0, NAMED).join(", ");
  return items.length > NAMED ? `${shown} and ${items.length - NAMED} more` : shown;
}

/** Written words with their probabilities; blanks are counted, not named one by one. */
function writtenWords(lane, frame, cells) {
  const full = cells.filter((cell) => wordAt(lane, frame, cell) !== "");
  const blanks = cells.length - full.length;
  const items = full.map((cell) => {
    const prob = lane.prob[frame * lane.cells + cell];
    return named(wordAt(lane, frame, cell)) + (Number.isNaN(prob) ? "" : ` (${percent(prob)})`);
  });
  if (blanks) items.splice(Math.min(items.length, NAMED - 1), 0, plural(blanks, "blank"));
  return list(items);
}

function leastSure(lane, frame, noise) {
  const prob = (cell) => lane.prob[frame * lane.cells + cell];
  const measured = noise.filter((cell) => !Number.isNaN(prob(cell)));
  if (!measured.length) return "";
  const cell = measured.reduce((a, b) => (prob(b) < prob(a) ? b : a));
  const two = topAt(lane, frame, cell, 2).map((option) => `${quoted(option.word)} ${percent(option.prob)}`);
  return two.length ? ` Least sure: position ${placeOf(lane, frame, cell)}, ${two.join(" or ")}.` : "";
}

/** What happened in the step that led to this frame, as one rich sentence or two. */
export function narrate(lane, frame, steps) {
  const noise = percent(1 - lane.alpha[frame]);
  const cells = cellsOf(lane, frame);
  const parts = [[`Step ${frame} of ${steps}`, "strong"], [`, ${noise} noise.`]];
  const names = (group, at) => list(group.map((cell) => named(wordAt(lane, at, cell) ?? "")));
  if (frame === 0) {
    const kept = cells.kept.length ? `, ${plural(cells.kept.length, "word")} given` : "";
    const full = ` ${plural(cells.noise.length, "cell")} of noise${kept}.`;
    parts.push([cells.there ? full : " The page is empty; its words are still to come."]);
  }
  if (cells.written.length) parts.push([" Written: "], [writtenWords(lane, frame, cells.written), "strong"], ["."]);
  if (cells.come.length) parts.push([" Came in: "], [plural(cells.come.length, "cell"), "strong"], ["."]);
  if (cells.changed.length) parts.push([" Changed: "], [names(cells.changed, frame), "strong"], ["."]);
  if (cells.renoised.length && frame > 0) {
    parts.push([" Back to noise: "], [names(cells.renoised, frame - 1), "strong"], ["."]);
  }
  if (frame > 0 && ![cells.written, cells.changed, cells.renoised, cells.come].some((group) => group.length)) {
    parts.push([" Nothing was written."]);
  }
  parts.push([leastSure(lane, frame, cells.noise)]);
  return parts.filter(([text]) => text);
}

export const plain = (parts) => parts.map(([text]) => text).join("");

/** Whether the finished text keeps the corpus's rules: {good, text}, or null where nobody can say. */
export function judge(lane, frame) {
  if (!lane.verdict || frame !== lane.frames - 1 || cellsOf(lane, frame).noise.length) return null;
  const messages = lane.verdict.faults.map((fault) => fault.message);
  if (!messages.length) return { good: true, text: "Every rule holds." };
  const more = messages.length > 3 ? ` And ${messages.length - 3} more.` : "";
  return { good: false, text: messages.slice(0, 3).join(" ") + more };
}

/** The same in few words, for one lane of several. */
export function fateOf(lane, frame) {
  const judged = judge(lane, frame);
  if (!judged) return `${percent(1 - lane.alpha[frame])} noise`;
  const cells = new Set(lane.verdict.faults.flatMap((fault) => fault.cells));
  return judged.good ? "every rule holds" : `${plural(cells.size, "word")} at fault`;
}

const STATES = {
  [STATUS.ABSENT]: "not there",
  [STATUS.NOISE]: "still noise",
  [STATUS.WRITTEN]: "written at this step",
  [STATUS.SETTLED]: "settled",
  [STATUS.KEPT]: "given, never changed",
  [STATUS.RENOISED]: "put back to noise at this step",
  [STATUS.CHANGED]: "changed at this step",
};

/** "Position 6: “mouse”, written at step 9" and what the numbers below it are. */
export function describeCell(lane, frame, cell) {
  const [word, written] = [wordAt(lane, frame, cell), writtenFrame(lane, frame, cell)];
  const state = statusAt(lane, frame, cell) === STATUS.SETTLED && written !== null
    ? `written at step ${written}` : STATES[statusAt(lane, frame, cell)];
  const title = `Position ${placeOf(lane, frame, cell)}: ${word === null ? "" : `${quoted(word)}, `}${state}`;
  const { frame: source, entropy } = candidatesAt(lane, frame, cell);
  const nats = Number.isNaN(entropy) ? "" : ` · entropy ${entropy.toFixed(2)} nats`;
  const read = source === null ? "No probabilities were measured here."
    : `What it could ${source === frame ? "be" : "have been then"}${nats}`;
  return { title, note: read, faults: faultsAt(lane, frame, cell).map((fault) => fault.message) };
}

/** One cell for a screen reader. */
export function cellLabel(lane, frame, cell) {
  const word = wordAt(lane, frame, cell);
  const best = word === null ? topAt(lane, frame, cell, 1)[0] : null;
  const guess = best ? `, best guess ${named(best.word)} ${percent(best.prob)}` : "";
  const prob = lane.prob[frame * lane.cells + cell];
  const far = lane.distance?.[frame * lane.cells + cell];
  const sure = far !== undefined ? `, distance ${far.toFixed(2)} from its nearest word`
    : word === null || Number.isNaN(prob) ? "" : `, ${percent(prob)} ${lane.step?.revises || lane.step?.judges ? "now" : "when written"}`;
  const shown = word === null ? "" : `${named(word)}, `;
  return `${placeOf(lane, frame, cell)}: ${shown}${STATES[statusAt(lane, frame, cell)]}${guess}${sure}`;
}

/** How the player speaks of a run from noise to text; compare NOISING in noising.mjs. */
export const DENOISING = {
  clock: "Step",
  readings: (lane, frame, steps) => [
    ["step", String(frame), ` of ${steps}`], ["noise", percent(1 - lane.alpha[frame]), ""], ["calls", String(lane.calls[frame]), ""],
  ],
  narrate, judge, fate: fateOf, label: cellLabel, meanings: null,
};

const decimals = (value) => value.toFixed(3);

/** A process's formula with {names} as rich text, its numbers put in; a letter after "_" stands low, *this* bold. */
export function filled(formula, numbers) {
  const text = formula.replace(/\{(\w+)\}/g, (_, name) => numbers[name] ?? "?");
  return Array.from(text.matchAll(/_(\p{L})|\*([^*]+)\*|[^_*]+|./gu), ([all, low, bold]) =>
    low ? [low, "sub"] : bold ? [bold, "strong"] : [all]);
}

/** This step's formula with its numbers, {formula, note} as rich text and a sentence; null without a rule. */
export function formulaOf(lane, frame) {
  const own = lane.rule === "expected" || lane.step?.grows || (lane.step?.own && lane.rule !== "adaptive");
  if (lane.rule === "none" || (own && !lane.step)) return null;
  const step = transitionTo(lane, frame);
  if (!step) return { formula: [["Step 1 is the first that writes."]], note: "Go one step on to see its numbers." };
  const schedule = lane.settings.schedule.replace(/^./, (letter) => letter.toUpperCase());
  const times = `${schedule} schedule, from t = ${decimals(step.t)} to s = ${decimals(step.s)}.`;
  const cells = `${plural(step.noisy, "cell")} ${step.noisy === 1 ? "was" : "were"} noise`;
  if (own) return ofProcess(lane, frame, step, times);
  if (lane.rule === "adaptive") return asMuch(lane, frame, step, cells);
  if (lane.rule === "one") {
    const mean = ((1 - step.alphaT) * step.noisy) / (step.noisy + 1);
    return {
      formula: [["1 − α"], ["s", "sub"], [" = (1 − α"], ["t", "sub"], [") · u"], ["1/n", "sup"],
        [` = ${decimals(1 - step.alphaT)} · u`], [`1/${step.noisy}`, "sup"], [" = "], [decimals(1 - step.alphaS), "strong"]],
      note: `One word a network call, at the random time at which the next one is due (u uniform in 0..1). ${cells}, ` +
        `so their share of noise was expected to fall to ${decimals(mean)}. ${times}`,
    };
  }
  const ratio = [["(α"], ["s", "sub"], [" − α"], ["t", "sub"], [") / (1 − α"], ["t", "sub"],
    [`) = (${decimals(step.alphaS)} − ${decimals(step.alphaT)}) / ${decimals(1 - step.alphaT)} = `], [decimals(step.share), "strong"]];
  if (lane.rule === "count") {
    return {
      formula: [["Share of the noise that is written = "], ...ratio],
      note: `${times} ${cells}: ${decimals(step.share)} of them is ${step.expected.toFixed(1)}; ${step.written} ` +
        `${step.written === 1 ? "was" : "were"} written. The schedule says how many, confidence says which.`,
    };
  }
  return null;
}

const were = (count) => `${count} ${count === 1 ? "was" : "were"}`;

/** The formula of a step with its numbers as rich text. */
function inNumbers(lane, frame, step) {
  const numbers = {
    alpha_t: decimals(step.alphaT), alpha_s: decimals(step.alphaS), noise_t: decimals(1 - step.alphaT), noise_s: decimals(1 - step.alphaS),
    share: decimals(step.share), V: String(lane.numWords),
  };
  for (const name of lane.step.numbers) numbers[name] = decimals(lane[`number ${name}`][frame]);
  return filled(lane.step.formula, numbers);
}

const tookBack = (step) => step.renoised ? `, ${plural(step.renoised, "word")} went back to noise` : "";

/** A step that writes as many words as the model's answer allows: what was demanded, and what came of it. */
function asMuch(lane, frame, step, cells) {
  const probs = cellsOf(lane, frame).written.map((cell) => lane.prob[frame * lane.cells + cell]).filter((prob) => !Number.isNaN(prob));
  const least = probs.length && !lane.step?.judges ? `, the least sure word at ${percent(Math.min(...probs))}` : "";
  return {
    formula: lane.step?.own ? inNumbers(lane, frame, step) : [["As many words are written as the model's answer allows."]],
    note: `${cells}: ${were(step.written)} written${least}${tookBack(step)}. The step ends where so much noise is left: ` +
      `from t = ${decimals(step.t)} to s = ${decimals(step.s)}.`,
  };
}

/** The formula of a step as its process or its sampler writes it, and what happened. */
function ofProcess(lane, frame, step, times) {
  const { own, revises, grows, length } = lane.step;
  const noisy = `${plural(step.noisy, grows ? "mask" : "cell")} ${step.noisy === 1 ? "was" : "were"}`;
  const notes = [times];
  if (revises) {
    notes.push(`${plural(step.written, "cell")} came out of the noise, ${plural(step.changed, "word")} changed.`);
  } else if (own) {
    notes.push(`${noisy} noise; ${were(step.written)} written${tookBack(step)}.`);
  } else if (lane.rule === "one") {
    const due = step.left + length - step.there;
    notes.push(step.alphaS < 1
      ? `One event at most: the step ends when, of ${plural(step.left, "mask")} and room for ${length - step.there} more, ` +
        `the next of ${due} may be due: 1 − α is u^(1/${due}) times as large (u uniform in 0..1).`
      : "Nothing is left to come.");
  } else {
    const about = step.expected.toFixed(1);
    notes.push(`${noisy} ${grows ? "there" : "noise"}, so about ${about} ${about === "1.0" ? "was" : "were"} expected to be written; ` +
      `${were(step.written)}.`);
    if (grows) notes.push(`${plural(step.come, "mask")} came in.`);
  }
  return { formula: inNumbers(lane, frame, step), note: notes.join(" ") };
}
