import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../assets/player/codec.mjs";
import { actionFor } from "../../assets/player/keys.mjs";
import { cellLabel, describeCell, fateOf, formulaOf, judge, named, narrate, percent, plain } from "../../assets/player/words.mjs";
import { payloads, sketch } from "./support.mjs";

const [lane, revised] = (await Promise.all(payloads("plain", "revised").map(decode))).map((data) => data.lanes[0]);
const MASKING = "P(a noisy cell is written) = (α_s − α_t) / (1 − α_t) = ({alpha_s} − {alpha_t}) / {noise_t} = *{share}*";
const say = (run, frame, steps = run.frames - 1) => plain(narrate(run, frame, steps)).replaceAll("\u00a0", " ");

test("shares are percents; tiny ones keep a digit and none is not nought", () => {
  const shown = [0.914, 0.004, 0, 1, NaN].map((share) => percent(share).replace("\u00a0", " "));
  assert.deepEqual(shown, ["91 %", "0.4 %", "0 %", "100 %", "not measured"]);
  assert.equal(percent(0.1234, 1), "12.3\u00a0%");
});

test("words that cannot be seen are named", () => {
  assert.deepEqual(["", "\n", " ", "fox", "."].map(named), ["(blank)", "(new line)", "(space)", "fox", "“.”"]);
});

test("a step is one sentence or two", () => {
  assert.match(say(lane, 0), /^Step 0 of 32, 100 % noise\. 46 cells of noise, 2 words given\. Least sure: /);
  assert.match(say(lane, 7), /^Step 7 of 32, 78 % noise\. Written: \S+ \(\d+ %\).*\. Least sure: position \d+, .+ \d+ % or .+ \d+ %\.$/);
  assert.match(say(revised, 16), / Changed: zoe\. Back to noise: \S+\./);
  assert.equal(say(sketch(["..", ".."]), 1), "Step 1 of 1, 0 % noise. Nothing was written.");
});

test("many words are not all named", () => {
  assert.match(say(sketch([".........", "abcdefghi"]), 1), /Written: a, b, c, d, e, f and 3 more\.$/);
});

test("blanks are counted", () => {
  const run = { ...sketch(["...", "abc"]), words: ["fox", "", ""] };
  assert.equal(say(run, 1), "Step 1 of 1, 0 % noise. Written: fox, 2 blanks.");
});

test("the verdict waits for the last frame", () => {
  assert.equal(judge(lane, 31), null);
  assert.deepEqual(judge(lane, 32), { good: false, text: "A name must be told before it is used: “max”." });
  assert.equal(fateOf(lane, 32), "2 words at fault");
  assert.deepEqual(judge(revised, 32), { good: true, text: "Every rule holds." });
  const faults = [1, 2, 3, 4, 5].map((n) => ({ rule: "r", cells: [0], message: `Fault ${n}.` }));
  const run = { ...sketch([".", "a"]), verdict: { rules: ["r"], faults } };
  assert.equal(judge(run, 1).text, "Fault 1. Fault 2. Fault 3. And 2 more.");
  assert.equal(judge({ ...run, verdict: null }, 1), null, "no rules, no verdict");
});

test("a cell is described by place, word, state and what was measured", () => {
  assert.match(describeCell(lane, 32, 5).title, /^Position 6: “mouse”, written at step \d+$/);
  assert.match(describeCell(lane, 32, 5).note, /^What it could have been then · entropy \d\.\d\d nats$/);
  assert.equal(describeCell(lane, 0, 5).title, "Position 6: still noise");
  assert.deepEqual(describeCell(lane, 9, 0), {
    title: "Position 1: “there”, given, never changed", note: "No probabilities were measured here.", faults: [],
  });
  assert.equal(describeCell(lane, 32, lane.verdict.faults[0].cells[0]).faults.length, 1);
  assert.match(cellLabel(lane, 0, 5), /^6: still noise, best guess \S+ \d+\u00a0%$/);
});

test("each rule has its own formula", () => {
  const run = { ...revised, step: { formula: MASKING, numbers: [], revises: false, grows: false, length: 48 } };
  const text = (rule) => plain(formulaOf({ ...run, rule }, 8).formula);
  assert.match(text("expected"), /^P\(a noisy cell is written\) = .*\(0\.250 − 0\.219\) \/ 0\.781 = 0\.040$/);
  assert.match(text("one"), /^1 − αs = \(1 − αt\) · u1\/n = 0\.781 · u1\/\d+ = 0\.750$/);
  assert.match(text("count"), /^Share of the noise that is written = /);
  assert.match(formulaOf(run, 8).note, /^Linear schedule, from t = 0\.781 to s = 0\.750\. \d+ cells were noise, so about \d\.\d were? ?/);
  assert.equal(formulaOf({ ...run, rule: "none" }, 8), null);
  assert.match(plain(formulaOf(run, 0).formula), /first/);
});

test("a process's formula is filled with the step's own numbers", () => {
  const step = { formula: "k_s = {kept}, V = {V}: *{share}*", numbers: ["kept"], revises: true, grows: false, length: 48 };
  const run = { ...revised, step, numWords: 152, "number kept": Float64Array.from({ length: 33 }, (_, i) => i / 100) };
  const { formula, note } = formulaOf(run, 8);
  assert.deepEqual(formula, [["k"], ["s", "sub"], [" = 0.080, V = 152: "], ["0.040", "strong"]]);
  assert.match(note, /\d+ cells? came out of the noise, \d+ words? changed\.$/);
  assert.equal(formulaOf({ ...run, step: null }, 8), null, "no process, no formula");
});

test("a step that writes as much as the model allows says what was demanded and what came of it", () => {
  const step = { formula: "every word with P ≥ τ = *{tau}*", numbers: ["tau"], revises: false, grows: false, length: 4, own: true };
  const told = { step, rule: "adaptive", "number tau": Float64Array.from([NaN, 0.9, 0.9, 0.9]) };
  const run = sketch(["....", "ab..", "ab.a", "abca"], told);
  const { formula, note } = formulaOf(run, 1);
  assert.deepEqual(formula, [["every word with P ≥ τ = "], ["0.900", "strong"]]);
  assert.match(note, /^4 cells were noise: 2 were written.*\. The step ends where so much noise is left: from t = 1\.000 to s = \d\.\d{3}\.$/);
  assert.match(formulaOf(run, 2).note, /^2 cells were noise: 1 was written/);
  assert.match(plain(formulaOf({ ...run, step: null }, 1).formula), /as the model's answer allows/);
});

test("a sampler that takes words back has its own formula, and the words it took are counted and named", () => {
  const step = { formula: "σ = *{sigma}*", numbers: ["sigma"], revises: false, grows: false, length: 4, own: true };
  const run = sketch(["....", "ab..", "a.ca", "abca"], { step, "number sigma": Float64Array.from([NaN, 0, 0.25, 0]) });
  assert.equal(plain(formulaOf(run, 2).formula), "σ = 0.250");
  assert.match(formulaOf(run, 2).note, /2 cells were noise; 2 were written, 1 word went back to noise\.$/);
  assert.match(formulaOf(run, 3).note, /1 cell was noise; 1 was written\.$/);
  assert.match(formulaOf({ ...run, rule: "count" }, 2).note, /1 word went back to noise\.$/);
  assert.match(say(run, 2), /Written: c, a\. Back to noise: b\.$/);
});

test("a page that grows tells what came, and counts only what is there", () => {
  const step = { formula: MASKING, numbers: [], revises: false, grows: true, length: 6 };
  const run = sketch(["----", "-.--", "-a-.", "baca"], { step, settings: { schedule: "linear" } });
  assert.equal(say(run, 0), "Step 0 of 3, 100 % noise. The page is empty; its words are still to come.");
  assert.equal(say(run, 1), "Step 1 of 3, 67 % noise. Came in: 1 cell.");
  assert.equal(say(run, 2), "Step 2 of 3, 33 % noise. Written: a. Came in: 1 cell.");
  assert.match(cellLabel(run, 2, 3), /^2: still noise/);
  assert.match(describeCell(run, 3, 3).title, /^Position 4: “a”/);
  assert.match(formulaOf(run, 2).note, /1 mask was there, so about 0\.5 were expected to be written; 1 was\. 1 mask came in\.$/);
  const alone = formulaOf({ ...run, rule: "one" }, 2).note;
  assert.match(alone, /of 1 mask and room for 4 more, the next of 5 may be due: 1 − α is u\^\(1\/5\) times as large/);
  assert.match(formulaOf({ ...run, rule: "one" }, 3).note, /Nothing is left to come\.$/);
});

test("keys ask for actions, and the page's own keys for none", () => {
  assert.deepEqual([" ", "ArrowLeft", "End", "7", "]"].map(actionFor), [["toggle"], ["back"], ["last"], ["tenth", 7], ["faster"]]);
  assert.deepEqual(["r", "c", "Tab", "Enter", "F1", "10"].map(actionFor), [null, null, null, null, null, null]);
});
