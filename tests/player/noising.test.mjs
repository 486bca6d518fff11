// The way into noise: hits, sentences, the way back in numbers, and the points of a drawn schedule.

import assert from "node:assert/strict";
import { test } from "node:test";

import { decode } from "../../assets/player/codec.mjs";
import { added, drawable, moved, removed, valueAt } from "../../assets/player/curves.mjs";
import { isNoise, statusAt } from "../../assets/player/model.mjs";
import { hitCells, NOISING, ownWord, shownInstead, small, wayBack } from "../../assets/player/noising.mjs";
import { plain } from "../../assets/player/words.mjs";
import { payloads } from "./support.mjs";

const [bytes] = payloads("noised");
const data = await decode(bytes);
const [masking, uniform] = data.lanes;
const text = (told) => told.formula.map(([part]) => part).join("");
const hitAt = (lane, frame) => hitCells(lane, frame).all.find((cell) => isNoise(statusAt(lane, frame, cell)));

test("the payload tells the schedule, and each lane its process and its way back", () => {
  assert.deepEqual(data.lanes.map((lane) => lane.process).slice(0, 2), ["absorbing", "uniform"]);
  for (const lane of data.lanes) {
    assert.equal(lane.frames, 51);
    assert.equal(lane.wayBack.length, 51 * lane.cells * 3);
  }
  assert.deepEqual(Object.keys(data.noising.curves).slice(0, 5), ["t", "alpha", "noise", "weight", "snr"]);
  assert.deepEqual(data.noising.points, [[0, 1], [0.5, 0.4], [1, 0]]);
  assert.equal(data.noising.curves.weight[0], null, "infinite");
});

test("a word once hit stays hit, until all are", () => {
  for (const lane of data.lanes) {
    let before = [];
    for (let frame = 0; frame < lane.frames; frame += 1) {
      const { all, fresh } = hitCells(lane, frame);
      assert.ok(before.every((cell) => all.includes(cell)));
      assert.deepEqual(fresh, all.filter((cell) => !before.includes(cell)));
      before = all;
    }
  }
  assert.equal(hitCells(masking, 50).all.length, masking.cells);
});

test("masking hides a word, uniform noise shows another one", () => {
  const cell = hitAt(uniform, 30);
  assert.equal(shownInstead(masking, 30, cell), null);
  assert.notEqual(shownInstead(uniform, 30, cell), null);
  assert.notEqual(shownInstead(uniform, 30, cell), ownWord(uniform, cell));
  assert.match(NOISING.label(uniform, 30, cell), /hit by noise, now /);
});

test("the level is told, and the words it hits", () => {
  assert.match(plain(NOISING.narrate(masking, 0)), /^t = 0\.00, 0\u00a0% noise expected\. The text is clean\.$/);
  const frame = Array.from({ length: 50 }, (_, i) => i + 1).find((f) => hitCells(masking, f).fresh.length);
  assert.ok(plain(NOISING.narrate(masking, frame)).includes(`Hit at this level: ${ownWord(masking, hitCells(masking, frame).fresh[0])}`));
  assert.equal(NOISING.fate(masking, 50), `0 of ${masking.cells} words left`);
});

test("a hidden word returns with (alpha_s - alpha_t) / (1 - alpha_t), as the formula and the core say alike", () => {
  const [frame, cell] = [30, hitAt(masking, 30)];
  const [a, b] = [masking.alpha[frame], masking.alpha[frame - 1]];
  const told = wayBack(masking, frame, cell);
  assert.ok(Math.abs(told.shares[0] - (b - a) / (1 - a)) < 1e-12);
  assert.ok(text(told).endsWith(((b - a) / (1 - a)).toFixed(3)));
  assert.equal(wayBack(masking, 0, cell), null);
  const whole = Array.from({ length: masking.cells }, (_, i) => i).find((i) => !hitCells(masking, 10).all.includes(i));
  assert.deepEqual(wayBack(masking, 10, whole).shares, [1, 0, 0]);
});

test("the numbers of the uniform formula multiply to the core's probability", () => {
  const [frame, cell] = [30, hitAt(uniform, 30)];
  const [a, b, num] = [uniform.alpha[frame], uniform.alpha[frame - 1], uniform.numWords];
  const due = ((b + (1 - b) / num) * ((1 - a / b) / num)) / ((1 - a) / num);
  assert.ok(Math.abs(wayBack(uniform, frame, cell).shares[0] - due) < 1e-12);
  const sum = wayBack(uniform, frame, cell).shares.reduce((total, share) => total + share);
  assert.ok(Math.abs(sum - 1) < 1e-12);
});

test("every process tells something of every cell at every level", () => {
  for (const lane of data.lanes) {
    for (const frame of [1, 17, 50]) {
      for (let cell = 0; cell < lane.cells; cell += 1) {
        const told = wayBack(lane, frame, cell);
        assert.ok(text(told).length > 10);
        assert.doesNotMatch(text(told) + told.note, /NaN|undefined|null/, `${lane.process} ${frame} ${cell}`);
      }
    }
  }
});

test("small numbers keep two digits", () => {
  assert.deepEqual([small(0.0312), small(0), small(0.0000077)], ["0.031", "0.000", "7.7 · 10⁻⁶"]);
});

test("a curve leaves out what is beyond its frame", () => {
  const shown = drawable("weight", [null, 1000, 100, 1, 0.01]);
  assert.deepEqual(shown.map(Number.isNaN), [true, true, false, false, true]);
  assert.deepEqual(shown.slice(2, 4), [2, 0]);
  assert.deepEqual([valueAt([5, 6, 7], 0), valueAt([5, 6, 7], 0.5), valueAt([5, 6, 7], 1)], [5, 6, 7]);
});

test("points move on hundredths, and the ends stay", () => {
  const points = [[0, 1], [0.5, 0.4], [1, 0]];
  assert.deepEqual(moved(points, 1, [0.4567, 1.3])[1], [0.46, 1]);
  assert.equal(moved(points, 0, [0.2, 0.2]), points);
  assert.deepEqual(added(points, [0.2, 0.777]), [[0, 1], [0.2, 0.78], [0.5, 0.4], [1, 0]]);
  assert.equal(added(points, [0.501, 0.9]), points, "no two at one t");
  assert.deepEqual(removed(points, 1), [[0, 1], [1, 0]]);
  assert.equal(removed(points, 2), points);
  const full = Array.from({ length: 12 }, (_, i) => [i / 11, 1 - i / 11]);
  assert.equal(added(full, [0.05, 0.9]), full);
});
