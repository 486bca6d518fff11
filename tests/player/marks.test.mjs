import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../assets/player/codec.mjs";
import { lookOf } from "../../assets/player/paint.mjs";
import { emphasisOf, firstFrames, lengthsOf, MARK, markAt } from "../../assets/player/marks.mjs";
import { payloads } from "./support.mjs";

const { pace, questions, lanes } = await decode(payloads("beside")[0]);
const [revised, plain] = lanes;

test("the account, its totals and its questions arrive", () => {
  assert.equal(pace, "noise");
  assert.deepEqual(questions.map(({ mark }) => mark), [MARK.CHANGED, MARK.RENOISED, MARK.INSERTED]);
  assert.match(questions[0].answer, /^Uniform changed its mind once, in 1 of 48 places; masking never changed a word\./);
  assert.equal(plain.ledger.sentence, "Wrote 48 words, never changed its mind, put no word back to noise, inserted no cell.");
  assert.deepEqual(revised.ledger.times, { written: 49, changed: 1, renoised: 1, inserted: 0 });
});

test("what a question asks for stands out when it happens and after", () => {
  const first = firstFrames(revised, MARK.CHANGED);
  const cell = first.findIndex(Number.isFinite);
  const frame = first[cell];
  assert.equal(markAt(revised, frame, cell), MARK.CHANGED);
  const told = (at, which) => emphasisOf(revised, at, which, MARK.CHANGED, first);
  assert.deepEqual([told(frame - 1, cell), told(frame, cell), told(frame + 1, cell)], ["other", "now", "before"]);
  assert.equal(first.filter(Number.isFinite).length, 1);
  assert.ok(firstFrames(plain, MARK.CHANGED).every((at) => at === Infinity));
});

test("a cell is drawn anew when the question changes", () => {
  const look = (asked) => lookOf(plain, 3, 7, { guesses: true, marked: false, numbers: false, asked }).key;
  const about = (mark) => ({ mark, first: firstFrames(plain, mark) });
  assert.equal(new Set([look(null), look(about(MARK.CHANGED)), look(about(MARK.RENOISED))]).size, 3);
});

test("lengths count what is there", () => {
  assert.ok(lengthsOf(plain).every((length) => length === plain.cells));
  const lane = { frames: 3, cells: 2, marks: [0, 0, 6, 0, 3, 6] };
  assert.deepEqual(lengthsOf(lane), [0, 1, 2]);
});
