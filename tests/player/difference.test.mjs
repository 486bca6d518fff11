import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../../assets/player/codec.mjs";
import { incomparable, Pair, RELATION, writtenFrames } from "../../assets/player/difference.mjs";
import { Alignment } from "../../assets/player/pace.mjs";
import { lookOf } from "../../assets/player/paint.mjs";
import { payloads, sketch } from "./support.mjs";

const { NONE, ALIKE, PARTS, ALONE } = RELATION;
const one = sketch(["....", "a...", "ab..", "abc.", "abcd"]);
const other = sketch(["....", ".b..", "ab.x", "abyx"]);
const pair = (pace = "steps", lanes = [one, other]) => new Pair(new Alignment(lanes, pace), [0, 1]);

test("words are alike, part, or stand alone", () => {
  const { kinds, counts } = pair().at([2, 2]);
  assert.deepEqual([...kinds[0]], [ALIKE, ALIKE, NONE, NONE]);
  assert.deepEqual([...kinds[1]], [ALIKE, ALIKE, NONE, ALONE]);
  assert.deepEqual([counts.alike, counts.parts, counts.open], [2, 0, 2]);
  const last = pair().at([4, 3]);
  assert.deepEqual([...last.kinds[0]], [ALIKE, ALIKE, PARTS, PARTS]);
  assert.deepEqual([last.counts.alike, last.counts.parts, last.counts.open], [2, 2, 0]);
});

test("who was earlier is told by the clock, not by the number of the step", () => {
  assert.deepEqual([...pair().at([4, 3]).earlier], [0, 1, -1, 1]);
  assert.deepEqual(pair().at([4, 3]).counts.earlier, [1, 2]);
  // By equal noise the third of three steps ends with the fourth of four, and the second before the third.
  assert.deepEqual([...pair("noise").at([4, 3]).earlier], [0, 1, 0, 1]);
});

test("where two lanes part is the first tick at which both have written, and not the same", () => {
  const { parting, whereTheyPart } = pair();
  assert.deepEqual(parting, { tick: 3, cell: 2, words: ["c", "y"] });
  assert.equal(whereTheyPart, "They part at step 3, in place 3: “c” against “y”.");
  assert.match(pair("noise").whereTheyPart, /^They part at 0\u00a0% noise, in place 3/);
  assert.match(pair("calls").whereTheyPart, /^They part at 3 network calls, in place 3/);
  assert.equal(pair("steps", [one, { ...one }]).whereTheyPart, "Nowhere do they write different words.");
});

test("a word that was put back counts from when it was written again", () => {
  const lane = sketch(["..", "a.", "..", "a.", "aB"]);
  assert.deepEqual([...writtenFrames(lane)], [-1, -1, 1, -1, -1, -1, 3, -1, 3, -1]);
});

test("lanes of different length are compared where both have places", () => {
  const { kinds } = pair("steps", [one, sketch(["..", "a.", "ax"])]).at([4, 2]);
  assert.deepEqual([...kinds[0]], [ALIKE, PARTS]);
});

test("what cannot be compared is said", async () => {
  const { lanes, comparing, pace } = await decode(payloads("compared")[0]);
  assert.deepEqual([comparing, pace, lanes[0].note, lanes.map(({ vocabulary }) => vocabulary)], [true, "noise", "32 steps", [0, 0, 2]]);
  assert.equal(incomparable(lanes[0], lanes[1]), "");
  assert.match(incomparable(lanes[0], lanes[2]), /different vocabularies/);
  assert.match(incomparable(lanes[0], lanes[0]), /same lane/);
  assert.match(incomparable({ ...lanes[0], step: { grows: true } }, lanes[1]), /a text grows/);
  assert.equal(lanes[0].seconds.length, lanes[0].frames);
});

test("a cell is drawn anew when its relation changes", () => {
  const look = (kind, earlier) => lookOf(one, 4, 2, { guesses: true, marked: false, numbers: false,
    related: { kinds: [0, 0, kind, 0], earlier: [0, 0, earlier, 0] } });
  const looks = [look(NONE, 0), look(ALIKE, 0), look(PARTS, 0), look(PARTS, 1)];
  assert.equal(new Set(looks.map(({ key }) => key)).size, 4);
  assert.equal(lookOf(one, 4, 2, { guesses: true, marked: false, numbers: false }).key, looks[0].key);
});
