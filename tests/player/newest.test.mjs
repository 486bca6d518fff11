// What is shown of payloads that are unpacked while others arrive.

import assert from "node:assert/strict";
import test from "node:test";

import { Newest } from "../../assets/player/newest.mjs";

/** Numbers as payloads: a smaller one tells less. Resolves in `after` turns of the event loop. */
const soon = (value, after = 0) => new Promise((done) => setTimeout(() => done(value), after));
const outdated = (shown, coming) => shown !== undefined && coming < shown;

async function shownOf(...all) {
  const shown = [];
  const newest = new Newest(outdated, (value) => shown.push(value));
  await Promise.all(all.map((one) => newest.add(one)));
  return shown;
}

test("an outdated one right behind the newest changes nothing", async () => {
  assert.deepEqual(await shownOf(soon(3), soon(9), soon(4)), [9]);
});

test("the order is that of arrival, not of unpacking", async () => {
  const shown = [];
  const newest = new Newest(() => false, (value) => shown.push(value));
  await Promise.all([newest.add(soon("long", 30)), newest.add(soon("short"))]);
  assert.deepEqual(shown, ["short"]);
});

test("what comes later is shown later, and what tells less is not", async () => {
  const shown = [];
  const newest = new Newest(outdated, (value) => shown.push(value));
  for (const value of [1, 5, 2, 5, 7]) await newest.add(soon(value));
  assert.deepEqual(shown, [1, 5, 7]);
});
