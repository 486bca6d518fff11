import assert from "node:assert/strict";
import { test } from "node:test";
import { measuresOf, staircase } from "../../assets/player/measures.mjs";
import { sketch } from "./support.mjs";

const lane = sketch(["...", "ab.", ".c.", "dcb"], { entropy: [3, 2, 1, 9, 9, 0.5, 1, 9, NaN, 9, 9, 9], calls: [1, 2, 3, 3] });
const { written, back, entropy, mean, alpha, calls } = measuresOf(lane);

test("words written and changed count at the step that wrote them, words put back below zero", () => {
  assert.deepEqual([...written], [NaN, 2, 1, 2]);
  assert.deepEqual([...back], [NaN, NaN, -1, NaN]);
});

test("entropy is that of the cells still noise, as far as it was measured", () => {
  assert.deepEqual([...entropy], [2, 0.5, 1, NaN]);
  assert.ok([...mean].every(Number.isNaN), "nothing was measured here");
});

test("the schedule and the calls come as they are", () => {
  assert.deepEqual([alpha, calls], [[0, 1 / 3, 2 / 3, 1], [1, 2, 3, 3]]);
});

test("what a step did holds from the place before it to its own", () => {
  assert.deepEqual(staircase([0, 0.5, 1], [NaN, 4, 2]), [[0, 0.5, 0.5, 1], [4, 4, 2, 2]]);
  assert.deepEqual(staircase([0], [NaN]), [[], []]);
});
