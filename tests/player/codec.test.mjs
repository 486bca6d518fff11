import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { decode, halvesToFloats, NOT_A_WORD } from "../../assets/player/codec.mjs";
import { payloads } from "./support.mjs";

const [plain, growing, empty] = payloads("plain", "growing", "empty");

test("Python's bytes arrive whole", async () => {
  const { version, live, lanes: [lane] } = await decode(plain);
  assert.deepEqual([version, live, lane.title, lane.rule], [1, false, "first", "one"]);
  assert.deepEqual([lane.frames, lane.cells, lane.alternatives], [33, 48, 8]);
  assert.equal(lane.words[lane.tokens[32 * 48]], "there");
  assert.equal(lane.tokens[5], lane.words.length, "noise is the place after the last word");
  assert.deepEqual([lane.alpha[0], lane.alpha[32], lane.calls[32]], [0, 1, 32]);
  assert.ok(Number.isNaN(lane.prob[0]), "a given word was not measured");
  assert.ok(lane.prob[5] > 0 && lane.prob[5] === lane.topProbs[5 * 8]);
  assert.ok(lane.topProbs[5 * 8] >= lane.topProbs[5 * 8 + 7]);
  assert.equal(lane.topIds[0], NOT_A_WORD);
  assert.equal(lane.loss.cross_entropy[2], null);
  assert.equal(lane.verdict.faults[0].cells.length, 2);
});

test("a growing run says that it is live and how far it will go", async () => {
  const { live, run, lanes: [lane] } = await decode(growing);
  assert.deepEqual([live, run, lane.frames, lane.steps], [true, "r", 5, 32]);
});

test("no run is a run too", async () => assert.deepEqual((await decode(empty)).lanes, []));

test("halves of every kind are read", () => {
  const halves = [0x0000, 0x3c00, 0x3800, 0x0001, 0x7e00, 0xbc00, 0x3266];
  const read = halvesToFloats(Uint16Array.from(halves));
  assert.deepEqual([...read.slice(0, 4)], [0, 1, 0.5, 2 ** -24]);
  assert.ok(Number.isNaN(read[4]));
  assert.equal(read[5], -1);
  assert.ok(Math.abs(read[6] - 0.2) < 1e-4);
});

function file(header) {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return gzipSync(Buffer.concat([length, text]));
}

test("a newer format and foreign bytes are refused", async () => {
  await assert.rejects(decode(file({ format: "textdiff-player", version: 2, lanes: [] })), /format 2/);
  await assert.rejects(decode(file({ format: "other", version: 1, lanes: [] })), /hold no run/);
});
