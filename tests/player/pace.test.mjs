import assert from "node:assert/strict";
import { test } from "node:test";
import { Alignment } from "../../assets/player/pace.mjs";
import { sketch } from "./support.mjs";

const short = sketch(["..", "a.", "ab"]);
const long = sketch(["....", "a...", "ab..", "abc.", "abcd"]);
const odd = sketch(["...", "a..", "ab.", "abc"], { alpha: [0, 0.3, 0.31, 1] });
const all = (alignment) => Array.from({ length: alignment.last + 1 }, (_, tick) => alignment.framesAt(tick));

test("equal steps: the shorter run waits at its end", () => {
  assert.deepEqual(all(new Alignment([short, long])), [[0, 0], [1, 1], [2, 2], [2, 3], [2, 4]]);
});

test("equal share: both runs end together", () => {
  assert.deepEqual(all(new Alignment([short, long], "run")), [[0, 0], [1, 1], [1, 2], [2, 3], [2, 4]]);
});

test("equal noise: the clock stops wherever a lane has a frame, and no lane is ever cleaner than the clock", () => {
  const alignment = new Alignment([short, odd], "noise");
  assert.deepEqual(alignment.levels, [0, 0.3, 0.31, 0.5, 1]);
  assert.deepEqual(all(alignment), [[0, 0], [0, 1], [0, 2], [1, 2], [2, 3]]);
  for (let tick = 0; tick <= alignment.last; tick += 1) {
    alignment.framesAt(tick).forEach((frame, lane) => {
      const { alpha } = alignment.lanes[lane];
      assert.ok(1 - alpha[frame] >= alignment.sharedAt(tick)[1] - 1e-9);
      assert.ok(frame === alpha.length - 1 || 1 - alpha[frame + 1] < alignment.sharedAt(tick)[1]);
    });
  }
});

test("equal grids share every tick", () => {
  assert.equal(new Alignment([long, { ...long }, { ...long }, { ...long }], "noise").last, 4);
});

test("every frame of every lane is reached", () => {
  for (const pace of ["steps", "run", "noise"]) {
    const alignment = new Alignment([long, odd], pace);
    [0, 1, 2, 3, 4].forEach((frame) => assert.equal(alignment.framesAt(alignment.tickOf(0, frame))[0], frame));
    if (pace !== "run") [0, 1, 2, 3].forEach((frame) => assert.equal(alignment.framesAt(alignment.tickOf(1, frame))[1], frame));
  }
});

test("a clock keeps its noise level while runs grow", () => {
  const before = new Alignment([short, sketch(["..."])], "noise");
  const after = new Alignment([short, odd], "noise");
  assert.deepEqual(before.sharedAt(1), ["noise", 0.5]);
  assert.deepEqual(after.sharedAt(Math.floor(after.timeLike(before, 1.25))), ["noise", 0.5]);
  assert.equal(after.timeLike(before, 1.25) % 1, 0.25);
  assert.equal(new Alignment([long]).timeLike(new Alignment([]), 3.5), 3.5);
  assert.equal(after.timeLike(new Alignment([], "noise"), 0), 0);
});

test("a picture of the run is divided as the clock runs", () => {
  const near = (found, wanted) => assert.ok([...found].every((x, i) => Math.abs(x - wanted[i]) < 1e-9) && found.length === wanted.length, `${found}`);
  near(new Alignment([short, long]).edgesOf(0), [0, 0.2, 0.4, 0.6]);
  near(new Alignment([short, long], "run").edgesOf(0), [0, 1 / 3, 2 / 3, 1]);
  near(new Alignment([odd], "noise").edgesOf(0), [0, 0.3 * 0.975, 0.31 * 0.975, 0.975, 1]);
  const growing = { ...short, frames: 2, alpha: [0, 0.5] };
  near(new Alignment([growing], "noise").edgesOf(0), [0, 0.4875, 0.5125]);
});

test("no lanes, no ticks", () => {
  for (const pace of ["steps", "run", "noise"]) assert.deepEqual([new Alignment([], pace).last, new Alignment([], pace).framesAt(0)], [0, []]);
});

test("equal calls: a lane shows what its calls so far led to, and a cheap one waits at its end", () => {
  const cheap = sketch(["..", "ab"], { calls: [1, 1] });
  const twice = sketch(["..", ".b", "ab"], { calls: [2, 4, 4] });
  const alignment = new Alignment([cheap, twice, long], "calls");
  assert.deepEqual(alignment.levels, [0, 1, 2, 3, 4]);
  assert.deepEqual(all(alignment), [[0, 0, 0], [1, 0, 1], [1, 0, 2], [1, 0, 3], [1, 2, 4]]);
  assert.deepEqual([alignment.sharedAt(3), alignment.top], [["calls", 3], 4]);
  assert.deepEqual(alignment.readingAt(3), ["calls", "3", " of 4"]);
});

test("equal seconds: a lane shows what its time so far led to", () => {
  const quick = sketch(["..", "a.", "ab"], { seconds: [0, 0.01, 0.02] });
  const slow = sketch(["..", "ab"], { seconds: [0, 0.05] });
  const alignment = new Alignment([quick, slow], "seconds");
  assert.deepEqual(all(alignment), [[0, 0], [1, 0], [2, 0], [2, 1]]);
  assert.deepEqual([alignment.sharedAt(2), alignment.readingAt(1), alignment.momentAt(3)],
    [["seconds", 0.02], ["seconds", "0.01", " of 0.05"], "0.05 seconds"]);
  assert.equal(alignment.tickAt(alignment.placeAt(2)), 2);
});

test("frames of one noise level follow each other: a loop that writes words anew is seen", () => {
  const looping = sketch(["..", "a.", ".b", "ab", "ab"], { alpha: [0, 0.5, 0.5, 0.5, 1] });
  const alignment = new Alignment([short, looping], "noise");
  assert.deepEqual(alignment.levels, [0, 0.5, 0.5, 0.5, 1]);
  assert.deepEqual(all(alignment), [[0, 0], [1, 1], [1, 2], [1, 3], [2, 4]]);
});

test("places run as the clock does, and a place finds its tick", () => {
  for (const pace of ["steps", "run", "noise", "calls"]) {
    const alignment = new Alignment([long, odd], pace);
    for (let tick = 0; tick <= alignment.last; tick += 1) assert.equal(alignment.tickAt(alignment.placeAt(tick)), tick, pace);
    assert.deepEqual([alignment.placeAt(0), alignment.placeAt(alignment.last)], [0, 1]);
    assert.deepEqual([alignment.placeOf(0, 0), alignment.placeOf(0, 4)], [0, 1]);
  }
  assert.equal(new Alignment([long, odd], "run").placeOf(1, 3), 1);
  assert.equal(new Alignment([long, odd], "steps").placeOf(1, 3), 0.75);
});

test("the moment of the clock in words", () => {
  const moments = ["steps", "run", "noise", "calls"].map((pace) => new Alignment([long, short], pace).momentAt(2));
  assert.deepEqual(moments, ["step 2", "50\u00a0% of the run", "50\u00a0% noise", "2 network calls"]);
});

test("a clock with more ticks than the longest run has steps goes faster by as much", () => {
  const lanes = [long, { ...long, alpha: [0, 0.1, 0.2, 0.3, 1] }];
  assert.equal(new Alignment(lanes, "noise").stretch, new Alignment(lanes, "noise").last / 4);
  assert.deepEqual([new Alignment(lanes).stretch, new Alignment([], "noise").stretch], [1, 1]);
});
