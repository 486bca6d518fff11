// Payloads made by the very Python that serves the app.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const own = `${root}.venv/bin/python`;

/** The bytes of each kind of payload that tests/ui/make_payload.py knows. */
export function payloads(...kinds) {
  const python = process.env.PYTHON ?? (existsSync(own) ? own : "python3");
  const text = execFileSync(python, ["-m", "tests.ui.make_payload", ...kinds], { cwd: root, encoding: "utf8" });
  return text.trim().split("\n").map((line) => new Uint8Array(Buffer.from(line, "base64")));
}

/** A small lane drawn by hand: rows are frames, "." is noise, "-" absent, letters are words, CAPITALS kept. */
export function sketch(rows, more = {}) {
  const cells = rows[0].length;
  const words = [...new Set(rows.join("").toLowerCase().replace(/[.\-]/g, ""))];
  const [tokens, status] = [[], []];
  rows.forEach((row, frame) => {
    [...row].forEach((letter, cell) => {
      const before = frame ? rows[frame - 1][cell] : letter;
      const id = words.indexOf(letter.toLowerCase());
      tokens.push(id === -1 ? words.length : id);
      if (letter === "-") status.push(0);
      else if (letter === ".") status.push(before === "." || before === "-" ? 1 : 5);
      else if (letter !== letter.toLowerCase()) status.push(4);
      else status.push(before === letter ? 3 : before === "." || before === "-" ? 2 : 6);
    });
  });
  const size = tokens.length;
  return {
    frames: rows.length, cells, words, spacing: "word", tokens, status, alternatives: 0, steps: rows.length - 1,
    prob: new Float32Array(size).fill(NaN), entropy: new Float32Array(size).fill(NaN), topIds: [], topProbs: [],
    alpha: rows.map((_, i) => i / Math.max(1, rows.length - 1)), t: rows.map((_, i) => 1 - i / Math.max(1, rows.length - 1)),
    calls: rows.map((_, i) => i), verdict: null, loss: null, rule: "expected", step: null, settings: { schedule: "linear" }, ...more,
  };
}
