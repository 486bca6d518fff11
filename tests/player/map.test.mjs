// The map of the words: the lens, what is near on it, and what it tells.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../assets/player/codec.mjs";
import { arrivedIn, distancesOf, lens, nearestTo, placesOf, sayMap, spreadOf, worthFollowing } from "../../assets/player/map.mjs";
import { shapesIn } from "../../assets/player/model.mjs";
import { lookOf } from "../../assets/player/paint.mjs";
import { cellLabel } from "../../assets/player/words.mjs";
import { payloads, sketch } from "./support.mjs";

const [lane] = (await decode(payloads("vectors")[0])).lanes;
const SQUARE = [0.5, 0, 0, 0.5, -0.5, 0, 0, -0.5]; // four words, flat
const plainLook = { guesses: true, marked: false, numbers: false };

test("points, words and distances arrive, and every word has its place", () => {
  assert.deepEqual([lane.points.length, lane.distance.length], [2 * lane.frames * lane.cells, lane.frames * lane.cells]);
  assert.equal(lane.wordPoints.length, 2 * lane.words.length);
  assert.equal(lane.words.length, lane.numWords);
});

test("at the end of the run every vector lies on its word", () => {
  const last = lane.frames - 1;
  for (let cell = 0; cell < lane.cells; cell += 1) {
    const word = lane.tokens[last * lane.cells + cell];
    for (const axis of [0, 1]) {
      const gap = lane.points[2 * (last * lane.cells + cell) + axis] - lane.wordPoints[2 * word + axis];
      assert.ok(Math.abs(gap) < 1e-3);
    }
  }
});

test("pure noise spreads as the root of the words' summed squares", () => {
  assert.deepEqual(spreadOf(SQUARE), [Math.sqrt(0.5), Math.sqrt(0.5)]);
  assert.deepEqual(spreadOf([3, 1, 4, 1]), [5, Math.sqrt(2)]);
});

test("the lens keeps directions and order, and nothing leaves the picture", () => {
  const place = lens(SQUARE, 220, 120, 10);
  assert.deepEqual(place(0, 0), [110, 60]);
  const out = [0.01, 0.1, 0.5, 1, 1.5].map((r) => place(r, 0)[0] - 110);
  assert.ok(out.every((x, i) => i === 0 || x > out[i - 1]));
  assert.ok(out[1] / out[0] > 8, "near the middle distances are true");
  assert.ok(out[4] / out[2] < 2, "far out they are tight");
  assert.deepEqual(place(1e6, 0), [210, 60]);
  const [x, y] = place(-0.3, 0.3);
  assert.ok(x < 110 && y < 60, "up is up");
  assert.ok(Math.abs((110 - x) / 100 - (60 - y) / 50) < 1e-9, "a diagonal stays one");
});

test("words without any spread lie in the middle", () => {
  assert.deepEqual([...placesOf([0, 0, 0, 0], lens([0, 0, 0, 0], 100, 100, 10))], [50, 50, 50, 50]);
});

test("the pointer means the nearest place within its reach", () => {
  const places = Float32Array.from([10, 10, 20, 10, 90, 90]);
  assert.deepEqual([nearestTo(14, 10, places, 14), nearestTo(16, 10, places, 14), nearestTo(60, 60, places, 14)], [0, 1, null]);
});

test("the map is told in one sentence", () => {
  const run = sketch(["...A", "b..A", "bc.A", "bcdA"]);
  assert.deepEqual([0, 1, 3].map((frame) => arrivedIn(run, frame).arrived), [1, 2, 4]);
  assert.equal(sayMap(run, 1), "2 of 4 vectors have come nearer to their word than to all others together.");
  assert.equal(arrivedIn(sketch(["-.", "a."]), 0).cells, 1, "what is not there is no vector");
});

test("the path followed at first is that of a longer word, never a given one", () => {
  const run = sketch(["...", "..."], { words: ["mouse", "cat", "spider"], tokens: [0, 1, 2, 0, 1, 2], status: [4, 1, 1, 4, 3, 3] });
  assert.equal(worthFollowing(run), 2);
  assert.equal(worthFollowing(sketch(["ab", "ab"])), 0);
});

test("a vector's distance is told everywhere, also while it is noise", () => {
  const [frame, cell] = [3, 5];
  const far = lane.distance[frame * lane.cells + cell];
  assert.equal(distancesOf(lane, cell)[frame], far);
  assert.match(cellLabel(lane, frame, cell), new RegExp(`distance ${far.toFixed(2)} from its nearest word$`));
  const bar = (f) => lookOf(lane, f, cell, plainLook).prob;
  assert.equal(bar(lane.frames - 1), 1, "a full bar on the word itself");
  assert.ok(bar(frame) < bar(20));
  assert.ok(Number.isNaN(lookOf(sketch([".", "a"]), 0, 0, plainLook).prob), "noise that is no vector has no bar");
});

test("the legend explains the bar that is there", () => {
  assert.ok(shapesIn([lane]).has("near") && !shapesIn([lane]).has("settled"));
  assert.deepEqual(["near", "settled"].map((name) => shapesIn([lane, sketch(["."])]).has(name)), [true, true]);
});
