import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../assets/player/codec.mjs";
import {
  candidatesAt, cellsOf, confidenceOf, faultsAt, followedWord, guessAt, historyOf, isErasable, lastStep,
  lossAt, mark, overtaken, STATUS, shapesIn, statusAt, transitionTo, wordAt, worthSeeing, writtenFrame,
} from "../../assets/player/model.mjs";
import { payloads, sketch } from "./support.mjs";

const lanes = (await Promise.all(payloads("plain", "revised").map(decode))).map((data) => data.lanes[0]);
const [plain, revised] = lanes;

test("words, noise and absence are told apart", () => {
  const lane = sketch(["A.-", "Ab-", "Abc"]);
  assert.deepEqual([0, 1, 2].map((cell) => wordAt(lane, 0, cell)), ["a", null, null]);
  assert.deepEqual([0, 1, 2].map((cell) => wordAt(lane, 2, cell)), ["a", "b", "c"]);
});

test("a word knows when it was written, also the second time", () => {
  const lane = sketch([".A", "aA", "aA", ".A", "bA", "bA", "cA"]);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((frame) => writtenFrame(lane, frame, 0)), [null, 1, 1, null, 4, 4, 6]);
  assert.equal(writtenFrame(lane, 5, 1), null, "a given word was never written");
});

test("a settled word's candidates are those of the frame before it was written", () => {
  for (let cell = 2; cell < plain.cells; cell += 1) {
    const last = plain.frames - 1;
    const { frame, words, entropy } = candidatesAt(plain, last, cell);
    assert.equal(frame, writtenFrame(plain, last, cell) - 1);
    assert.equal(words.length, 8);
    assert.ok(entropy > 0);
    const own = words.find((option) => option.word === wordAt(plain, last, cell));
    assert.ok(Math.abs(own.prob - plain.prob[last * plain.cells + cell]) < 1e-3);
  }
  assert.equal(candidatesAt(plain, 3, 0).frame, null, "nothing was measured of a given word");
});

test("the best guess stands only in noise", () => {
  for (let cell = 0; cell < plain.cells; cell += 1) {
    const guess = guessAt(plain, 9, cell);
    if (statusAt(plain, 9, cell) === STATUS.NOISE) assert.equal(guess.prob, plain.prob[9 * plain.cells + cell]);
    else assert.equal(guess, null);
  }
});

test("a word's history has gaps where it was not measured", () => {
  const cell = 5;
  const id = followedWord(plain, 0, cell);
  assert.equal(plain.words[id], "mouse", "noise is followed towards the word it becomes");
  const history = historyOf(plain, cell, id);
  const written = writtenFrame(plain, plain.frames - 1, cell);
  history.forEach((prob, frame) => assert.equal(Number.isNaN(prob), frame >= written));
});

test("confidence is of the noise cells alone, and unknown when none is left", () => {
  const { mean, least } = confidenceOf(plain);
  const noise = cellsOf(plain, 4).noise.map((cell) => plain.prob[4 * plain.cells + cell]);
  assert.ok(Math.abs(mean[4] - noise.reduce((a, b) => a + b) / noise.length) < 1e-6);
  assert.equal(least[4], Math.fround(Math.min(...noise)));
  assert.ok(Number.isNaN(mean.at(-1)) && Number.isNaN(least.at(-1)));
});

test("what a step did is counted", () => {
  const lane = sketch(["....", ".b..", "ab..", "xb..", "x.cd"]);
  assert.deepEqual([1, 2, 4].map((frame) => cellsOf(lane, frame).written), [[1], [0], [2, 3]]);
  assert.deepEqual(cellsOf(lane, 3).changed, [0]);
  assert.deepEqual(cellsOf(lane, 4).renoised, [1]);
  const half = Math.floor((revised.frames - 1) / 2);
  assert.equal(cellsOf(revised, half).renoised.length, 1);
  assert.equal(cellsOf(revised, half).changed.length, 1);
});

test("without a choice, the least sure of what was just written is shown", () => {
  const lane = sketch(["...", "ab.", "abc", "abc"]);
  lane.prob.set([0.5, 0.2, 0.9, 0.6, 0.3, 0.1]);
  assert.deepEqual([0, 1, 2, 3].map((frame) => worthSeeing(lane, frame)), [1, 1, 2, null]);
});

test("a legend names what occurs", () => {
  assert.deepEqual([...shapesIn([sketch(["A."])])], ["noise", "guess", "written", "settled", "kept"]);
  assert.deepEqual([...shapesIn([sketch(["a", "."]), sketch(["a", "b"])])].slice(4), ["renoised", "changed"]);
  assert.ok(shapesIn([plain]).has("wrong"));
});

test("the step's formula has the numbers of its two frames", () => {
  const step = transitionTo(plain, 8);
  const noisy = cellsOf(plain, 7).noise.length;
  assert.deepEqual([step.alphaT, step.alphaS, step.noisy], [7 / 32, 8 / 32, noisy]);
  assert.ok(Math.abs(step.share - 1 / 25) < 1e-12);
  assert.ok(Math.abs(step.expected - noisy / 25) < 1e-12);
  assert.equal(transitionTo(plain, 0), null);
});

test("the loss is read between the measured noise levels only", () => {
  const loss = { noise: [0.1, 0.3, 0.5, 0.9], cross_entropy: [1, null, 3, 4] };
  assert.equal(lossAt(loss, 0.3), 2);
  assert.equal(lossAt(loss, 0.7), 3.5);
  assert.deepEqual([lossAt(loss, 0), lossAt(loss, 1)], [1, 4], "beyond them the nearest is shown");
  assert.deepEqual([lossAt(null, 0.5), lossAt({ noise: [], cross_entropy: [] }, 0.5)], [null, null]);
});

test("faults belong to the last frame", () => {
  const [cell] = plain.verdict.faults[0].cells;
  assert.equal(faultsAt(plain, plain.frames - 1, cell).length, 1);
  assert.equal(faultsAt(plain, plain.frames - 2, cell).length, 0);
  assert.equal(faultsAt(plain, plain.frames - 1, cell + 1).length, 0);
});

test("given words and noise cannot be put back to noise", () => {
  const lane = sketch(["A...", "Ab..", "Abc."]);
  assert.deepEqual([0, 1, 2, 3].map((cell) => isErasable(lane, 2, cell)), [false, true, true, false]);
});

test("the clock of a live run ends where it will end", () => {
  const lane = { ...sketch(["..", "a."]), steps: 9 };
  assert.deepEqual([lastStep(lane, true), lastStep(lane, false), lastStep({ ...lane, frames: 0 }, false)], [9, 1, 0]);
});

test("an outdated payload of the same run is told from a newer one", () => {
  const of = (run, live, ...frames) => ({ run, live, lanes: frames.map((count) => ({ frames: count })) });
  const whole = of("a", false, 13, 13);
  assert.equal(overtaken(undefined, whole), false);
  assert.equal(overtaken(whole, of("a", true, 13, 9)), true); // live after the whole
  assert.equal(overtaken(of("a", true, 13, 9), whole), false);
  assert.equal(overtaken(of("a", true, 5, 4), of("a", true, 5, 3)), true);
  assert.equal(overtaken(of("a", true, 5, 3), of("a", true, 5, 4)), false);
  assert.equal(overtaken(whole, of("b", true, 1, 1)), false); // another run
  assert.equal(overtaken(of("a", true, 5, 5), of("a", false, 4, 4)), false); // stopped: that is the end
  assert.equal(overtaken({ run: null, live: false, lanes: [] }, { run: null, live: true, lanes: [] }), false);
});

test("a word of several pieces is marked whole, with its neighbours; given cells and noise are not", () => {
  const words = ["[verses]", " in", " those", " day", "s", ",", "\n", " the", ""];
  const lane = {
    frames: 1, cells: words.length, words, spacing: "char", tokens: words.map((_, i) => i),
    status: words.map((_, i) => (i < 2 ? STATUS.KEPT : STATUS.SETTLED)),
  };
  const around = (cell, wide = true, marked = new Set()) => {
    mark(marked, lane, 0, cell, wide);
    return [...marked];
  };
  assert.deepEqual(around(4), [2, 3, 4, 5, 6], "the word of its pieces, the one before, the line's end after");
  assert.deepEqual(around(2), [2, 3, 4, 5], "what is given stays");
  assert.deepEqual(around(8), [7, 8], "nothing follows the last cell");
  assert.deepEqual(around(4, false), [4]);
  assert.deepEqual(around(4, true, new Set([4, 7])), [7], "a second click takes the mark away");
  assert.deepEqual(around(1, false), []);
  lane.spacing = "word";
  assert.deepEqual(around(4), [3, 4, 5]);
  lane.status[5] = STATUS.NOISE;
  assert.deepEqual(around(4), [3, 4]);
});
