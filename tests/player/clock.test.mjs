import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock, SPEEDS } from "../../assets/player/clock.mjs";

function opened(more = {}) {
  const clock = new Clock();
  clock.open({ start: 0, newest: 10, live: false, autoplay: true, still: false, ...more });
  return clock;
}

test("a replay plays from its start to its end and rests there", () => {
  const clock = opened({ start: 4 });
  assert.deepEqual([clock.frame, clock.playing], [4, true]);
  clock.advance(0.5, 500);
  assert.equal(clock.frame, 6);
  clock.advance(60, 60500);
  assert.deepEqual([clock.frame, clock.playing, clock.moving], [10, false, false]);
  clock.play();
  assert.equal(clock.frame, 0, "playing at the end starts again");
});

test("nothing plays by itself for readers who want no motion", () => {
  assert.equal(opened({ still: true }).playing, false);
  assert.equal(opened({ autoplay: false }).playing, false);
  const live = opened({ live: true, newest: 3, still: true });
  assert.deepEqual([live.frame, live.playing], [3, false]);
  live.grow({ newest: 5, live: true, still: true });
  assert.equal(live.frame, 5, "but a live run still shows its newest frame");
});

test("a loop rests at the end before it starts again", () => {
  const clock = opened();
  clock.looping = true;
  clock.advance(3, 0);
  clock.advance(0.1, 1000);
  assert.deepEqual([clock.frame, clock.playing], [10, true]);
  clock.advance(0.1, 1700);
  assert.equal(clock.frame, 0);
});

test("a live run is followed, and catches up when many frames come at once", () => {
  const clock = opened({ live: true, newest: 1 });
  clock.advance(1, 0);
  assert.deepEqual([clock.frame, clock.playing, clock.moving], [1, true, false]);
  clock.grow({ newest: 41, live: true, still: false });
  assert.equal(clock.moving, true);
  clock.advance(0.25, 250);
  assert.equal(clock.frame, 21);
});

test("who scrubbed away from a live run stays there until they come back", () => {
  const clock = opened({ live: true, newest: 6 });
  clock.seek(2);
  clock.grow({ newest: 8, live: true, still: false });
  assert.deepEqual([clock.frame, clock.playing], [2, false]);
  clock.seek(8);
  assert.deepEqual([clock.following, clock.playing], [true, true]);
});

test("a run that ends live is played to its end as a replay", () => {
  const clock = opened({ live: true, newest: 6 });
  clock.advance(9, 0);
  clock.grow({ newest: 10, live: false, still: false });
  assert.deepEqual([clock.live, clock.following, clock.playing], [false, false, true]);
  clock.advance(9, 9000);
  assert.deepEqual([clock.frame, clock.playing], [10, false]);
});

test("the clock stays within the run", () => {
  const clock = opened();
  clock.seek(-3);
  assert.equal(clock.frame, 0);
  clock.seek(99);
  assert.deepEqual([clock.frame, clock.playing], [10, false]);
  assert.equal(opened({ start: 99 }).frame, 10);
  assert.equal(opened({ newest: 0 }).playing, false);
});

test("pausing stops on the frame that is shown", () => {
  const clock = opened();
  clock.advance(0.6, 0);
  clock.pause();
  assert.deepEqual([clock.time, clock.playing], [2, false]);
});

test("speed goes by steps and stops at its ends", () => {
  const clock = opened();
  clock.shift(1);
  assert.equal(clock.speed, 2);
  for (let i = 0; i < 9; i += 1) clock.shift(1);
  assert.equal(clock.speed, SPEEDS.at(-1));
  for (let i = 0; i < 20; i += 1) clock.shift(-1);
  assert.equal(clock.rate, 1);
});

test("a clock with more ticks takes no longer", () => {
  const clock = opened({ newest: 30 });
  clock.stretch = 3;
  clock.advance(1, 1000);
  assert.deepEqual([clock.frame, clock.rate], [12, 12]);
});
