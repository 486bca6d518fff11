import assert from "node:assert/strict";
import { test } from "node:test";
import { flow, grid, neighbour, slides, tallest, widthsOf } from "../../assets/player/layout.mjs";
import { pathOf, roundTicks } from "../../assets/player/charts.mjs";
import { sketch } from "./support.mjs";

const measure = (text) => 10 * text.length;
const sizes = { width: 100, line: 20, gap: 4, pad: 2, thin: 1 };
const named = (rows, words) => ({ ...sketch(rows), words });

test("a cell is as wide as the widest word it ever holds", () => {
  const lane = named([".", "a", ".", "b"], ["fox", "rabbit"]);
  assert.deepEqual(widthsOf(lane, measure, { guesses: false, minimum: 8, slack: 0 }), [60]);
  assert.deepEqual(widthsOf(named(["."], []), measure, { guesses: false, minimum: 8, slack: 0 }), [8]);
});

test("guesses widen a cell, but never by more than the slack", () => {
  const lane = { ...named(["..", "ab"], ["fox", "a"]), alternatives: 1 };
  Object.assign(lane, { words: ["fox", "a", "grandmother"], topIds: [2, 2, 0xffff, 0xffff], topProbs: [0.5, 0.5, NaN, NaN] });
  assert.deepEqual(widthsOf(lane, measure, { guesses: true, minimum: 8, slack: 15 }), [45, 25]);
  assert.deepEqual(widthsOf(lane, measure, { guesses: true, minimum: 8, slack: 999 }), [110, 110]);
  assert.deepEqual(widthsOf(lane, measure, { guesses: false, minimum: 8, slack: 15 }), [30, 10]);
});

test("words flow in lines and nothing moves between frames", () => {
  const lane = sketch(["....", "a...", "ab..", "abcd"]);
  const widths = [40, 40, 40, 40];
  const { boxes, height } = flow(lane, 3, widths, sizes);
  assert.deepEqual(boxes.map((box) => [box.x, box.y]), [[0, 0], [48, 0], [0, 20], [48, 20]]);
  assert.equal(height, 40);
  for (const frame of [0, 1, 2]) assert.deepEqual(flow(lane, frame, widths, sizes).boxes, boxes);
});

test("punctuation closes up to its word and never starts a line", () => {
  const lane = named(["...", "abc"], ["fox", "den", "."]);
  const { boxes } = flow(lane, 0, [40, 40, 10], sizes);
  assert.equal(boxes[1].y, 20, "the word goes down with its full stop");
  assert.equal(boxes[2].x, boxes[1].x + boxes[1].w);
  assert.deepEqual([boxes[1].right, boxes[2].left], [1, 1]);
});

test("a new line ends its line; characters stand without gaps and break between words", () => {
  const lane = named(["...", "abc"], ["fox", "\n", "den"]);
  assert.equal(flow(lane, 0, [30, 5, 30], sizes).boxes[2].y, 20);
  const letters = { ...named([".....", "abcde"], ["t", "o", " ", "b", "y"]), spacing: "char" };
  const { boxes } = flow(letters, 0, [20, 20, 20, 20, 20], { ...sizes, width: 90 });
  assert.deepEqual(boxes.map((box) => [box.x, box.y]), [[0, 0], [22, 0], [44, 0], [0, 20], [22, 20]]);
});

test("pieces of words keep the space they carry, and break only there", () => {
  const pieces = { ...named([".....", "abcde"], ["The", " fo", "xes", " ran", "\n"]), spacing: "char" };
  const place = (width) => flow(pieces, 0, [30, 20, 30, 30, 5], { ...sizes, width }).boxes.map((box) => [box.x, box.y]);
  assert.deepEqual(place(200), [[0, 0], [36, 0], [58, 0], [94, 0], [126, 0]], "a gap before a piece with a space, none inside a word");
  assert.deepEqual(place(100), [[0, 0], [36, 0], [58, 0], [0, 20], [32, 20]]);
  assert.deepEqual(place(60), [[0, 0], [0, 20], [22, 20], [0, 40], [32, 40]], "no gap at the start of a line");
  const lines = { ...named(["...", "abc"], ["a", "\n", "b"]), spacing: "char" };
  assert.deepEqual(flow(lines, 0, [10, 5, 10], sizes).boxes.map((box) => box.y), [0, 0, 20]);
});

test("a line's end as a word ends its line", () => {
  const lane = named(["....", "abcd"], ["fox", "⏎", ".", "den"]);
  assert.deepEqual(flow(lane, 0, [30, 5, 5, 30], sizes).boxes.map((box) => box.y), [0, 0, 20, 20]);
});

test("lines of right-to-left scripts begin at the right", () => {
  const lane = { ...named([".....", "abcde"], ["ש", "ל", " ", "ע", "ם"]), spacing: "char" };
  const { boxes } = flow(lane, 0, [20, 20, 20, 20, 20], { ...sizes, width: 90 });
  assert.deepEqual(boxes.map((box) => [box.x, box.y]), [[68, 0], [46, 0], [24, 0], [68, 20], [46, 20]]);
});

test("absent cells take no room and the others slide", () => {
  const lane = sketch([".-.", ".b.", "abc"]);
  assert.equal(slides(lane), true);
  const place = (frame) => flow(lane, frame, [20, 20, 20], { ...sizes, width: 60 });
  assert.deepEqual(place(0).boxes.map((box) => [box.on, box.x]), [[true, 0], [false, 0], [true, 28]]);
  assert.deepEqual(place(2).boxes.map((box) => [box.on, box.x, box.y]), [[true, 0, 0], [true, 28, 0], [true, 0, 20]]);
  assert.equal(tallest(lane, place), 40);
});

test("a word wider than the page is cut to the page", () => {
  const { boxes } = flow(sketch(["..", "ab"]), 1, [400, 30], sizes);
  assert.deepEqual(boxes.map((box) => [box.x, box.y, box.w]), [[0, 0, 100], [0, 20, 34]]);
});

test("the grid counts in round rows", () => {
  const { boxes } = grid(sketch(["............"]), 0, Array(12).fill(11), { ...sizes, width: 120 });
  assert.deepEqual([boxes[4].y, boxes[5].x, boxes[5].y], [0, 0, 20]);
});

test("up and down go to the nearest cell of the next line", () => {
  const { boxes } = flow(sketch(["....."]), 0, [20, 20, 20, 60, 20], sizes);
  assert.equal(neighbour(boxes, 0, true), 3);
  assert.equal(neighbour(boxes, 4, false), 2);
  assert.equal(neighbour(boxes, 1, false), 1, "there is no line above the first");
});

test("no cells, no height", () => {
  const none = { ...sketch([""]), words: [] };
  assert.deepEqual(flow(none, 0, [], sizes), { boxes: [], height: 0 });
  assert.deepEqual(grid(none, 0, [], sizes), { boxes: [], height: 0 });
});

test("a line has gaps where nothing was measured", () => {
  const same = (value) => value;
  assert.equal(pathOf([0, 1, 2, 3], [1, NaN, 2, 3], same, same), "M0.0 1.0M2.0 2.0L3.0 3.0");
  assert.equal(pathOf([0], [null], same, same), "");
});

test("an axis has a few round numbers that cover its values", () => {
  assert.deepEqual(roundTicks(2.4).map(([value]) => value), [0, 1, 2, 3]);
  for (const top of [0.03, 0.7, 5.6, 9.9, 130]) {
    const ticks = roundTicks(top);
    assert.ok(ticks.at(-1)[0] >= top && ticks.length <= 5, `${top}: ${ticks}`);
  }
});
