// The controls that move the clock, and the tools beside the legend.

import { h, icon, setIcon, setText } from "./dom.mjs";
import { SPEEDS } from "./clock.mjs";

const button = (name, title, act) =>
  h("button", { type: "button", class: `icon-button ${name}`, title, "aria-label": title, onclick: act }, icon(name));

/** First, back, play, forward, last, scrub, readings, speed, loop, full screen. */
export class Transport {
  /** `act` holds the player's actions by name; see keys.mjs for the keys in the titles. */
  constructor(act) {
    this.first = button("first", "First step (Home)", act.first);
    this.back = button("back", "One step back (left arrow)", act.back);
    this.play = button("play", "Play (space)", act.toggle);
    this.forward = button("forward", "One step on (right arrow)", act.forward);
    this.last = button("last", "Last step (End)", act.last);
    this.scrub = h("input", { type: "range", min: 0, step: 1, class: "scrub", "aria-label": "Step" });
    this.scrub.addEventListener("input", () => act.seek(Number(this.scrub.value)));
    this.readings = [0, 1, 2].map(() => ({ name: h("span"), value: h("b"), rest: h("span") }));
    this.readings.forEach((reading) => (reading.root = h("span", { class: "reading" }, reading.name, reading.value, reading.rest)));
    const reading = this.readings.map(({ root }) => root);
    this.speed = h("select", { class: "speed", title: "Speed ([ and ])", "aria-label": "Speed" },
      SPEEDS.map((speed) => h("option", { value: speed }, `${speed}×`)));
    this.speed.addEventListener("change", () => act.setSpeed(Number(this.speed.value)));
    this.loop = button("loop", "Start again at the end", act.loop);
    this.full = button("full", "Full screen (f)", act.full);
    this.stop = h("button", { type: "button", class: "stop", onclick: act.stop }, icon("stop"), "Stop");
    this.badge = h("span", { class: "badge" });
    this.root = h("div", { class: "transport", role: "group", "aria-label": "Player" },
      h("div", { class: "buttons" }, this.first, this.back, this.play, this.forward, this.last),
      this.scrub, h("div", { class: "readings", title: "calls: how often the network was asked so far" }, reading),
      h("div", { class: "extras" }, this.speed, this.loop, this.full));
  }

  /** Shows a `Clock`, the steps of the whole run, and the readings [name, value, rest] of its frame in a voice's words. */
  show({ frame, newest, playing, live, looping, speed: pace }, steps, readings, { clock, meanings }) {
    this.scrub.max = steps;
    this.scrub.value = frame;
    this.scrub.disabled = steps === 0;
    this.scrub.style.setProperty("--done", `${steps ? (100 * frame) / steps : 0}%`);
    this.scrub.style.setProperty("--there", `${steps ? (100 * newest) / steps : 0}%`);
    this.scrub.setAttribute("aria-label", clock);
    this.scrub.setAttribute("aria-valuetext", readings.map((parts) => parts.join(" ")).join(", "));
    this.readings.forEach(({ root, name, value, rest }, i) => {
      root.hidden = !readings[i];
      const [called, exact, more] = readings[i] ?? ["", "", ""];
      setText(name, `${called} `);
      setText(value, exact);
      setText(rest, more);
    });
    this.badge.hidden = meanings !== null;
    setIcon(this.play, playing ? "pause" : "play");
    this.play.title = playing ? "Pause (space)" : "Play (space)";
    this.play.setAttribute("aria-label", this.play.title);
    this.first.disabled = this.back.disabled = frame === 0;
    this.forward.disabled = this.last.disabled = frame >= newest;
    this.loop.setAttribute("aria-pressed", String(looping));
    this.speed.value = String(pace);
    this.stop.hidden = !live;
    setText(this.badge, live ? "live" : "replay");
    this.badge.classList.toggle("live", live);
  }
}

const LEGEND = {
  noise: ["", "noise"],
  guess: ["guess", "the model's best guess"],
  written: ["word", "written at this step"],
  settled: ["word", "settled; bar: its probability when written"],
  open: ["word", "may still change; bar: its probability now"],
  near: ["word", "bar: how near its vector is to its word"],
  untouched: ["word", ""],
  kept: ["word", "given"],
  renoised: ["", "back to noise"],
  changed: ["word", "changed"],
  wrong: ["word", "breaks a rule"],
};

const PACES = {
  noise: ["equal noise", "All runs show the same share of noise"],
  steps: ["equal steps", "All runs show the same step"],
  calls: ["equal calls", "All runs show what the same number of network calls led to"],
  seconds: ["equal seconds", "All runs show what the same time of computing led to"],
  run: ["equal share", "All runs show the same share of their own steps"],
};

/** What the shapes mean, and the switches: guesses, text or grid, noise brush. */
export class Tools {
  constructor(act) {
    this.keys = Object.entries(LEGEND).map(([name, [sample]]) =>
      h("span", { class: "key", "data-key": name }, h("span", { class: `sample ${name}` }, sample), h("span")));
    this.guesses = h("button", { type: "button", title: "Show the model's best guess in the noise (g)", onclick: act.guesses }, "Guesses");
    this.views = ["text", "grid"].map((view) =>
      h("button", { type: "button", onclick: () => act.setView(view) }, view === "text" ? "Text" : "Grid"));
    this.paces = Object.entries(PACES).map(([pace, [text, title]]) =>
      h("button", { type: "button", title, "data-pace": pace, onclick: () => act.setPace(pace) }, text));
    this.pace = h("div", { class: "tabs", role: "group", "aria-label": "What the runs share" }, this.paces);
    this.brush = h("button", { type: "button", title: "Choose words to put back to noise (or hold ctrl and click)", onclick: act.brush }, "Noise brush");
    this.resume = h("button", { type: "button", class: "resume", onclick: act.resume });
    this.clear = h("button", { type: "button", onclick: act.clear }, "Cancel");
    this.hint = h("span", { class: "hint" }, "Click the words that shall become noise again.");
    this.wish = h("div", { class: "wish" }, this.resume, this.clear, this.hint);
    this.switches = h("div", { class: "switches" }, this.pace, this.guesses,
      h("div", { class: "tabs", role: "group", "aria-label": "View" }, this.views), this.brush);
    this.root = h("div", { class: "tools" }, h("div", { class: "legend" }, this.keys), this.switches);
  }

  /** Explains only the shapes that occur; `several` runs also choose what they share. `meanings`: other words for them.
   * `comparing` runs of different lengths, their own shares say little; what they cost is told there alone. */
  explain(occurring, several, meanings, comparing) {
    this.pace.hidden = !several || meanings !== null;
    this.paces.forEach((tab) => (tab.hidden = tab.dataset.pace === (comparing ? "run" : "seconds")));
    this.guesses.hidden = meanings !== null;
    for (const key of this.keys) {
      const name = key.dataset.key;
      key.hidden = meanings ? !(name in meanings) : !occurring.has(name);
      setText(key.firstChild, meanings && LEGEND[name][0] ? "word" : LEGEND[name][0]);
      setText(key.lastChild, meanings?.[name] ?? LEGEND[name][1]);
    }
  }

  /** `state`: {guesses, view, pace, brushing, rewriting, erasable, marked (count), step}. */
  show(state) {
    this.guesses.setAttribute("aria-pressed", String(state.guesses));
    this.views.forEach((tab, i) => tab.setAttribute("aria-pressed", String((state.view === "grid") === (i === 1))));
    this.paces.forEach((tab) => tab.setAttribute("aria-pressed", String(tab.dataset.pace === state.pace)));
    this.brush.setAttribute("aria-pressed", String(state.brushing));
    this.brush.hidden = !state.erasable;
    const count = state.marked;
    this.wish.hidden = !state.brushing && !state.rewriting && !count;
    this.resume.hidden = !count;
    this.clear.hidden = !state.brushing && !count;
    this.hint.hidden = count > 0;
    const one = state.rewriting && !state.brushing;
    setText(this.hint, one ? "Click a word to have it and its neighbours written anew." : "Click the words that shall become noise again.");
    setText(this.resume, one ? `Write the ${count} marked cell${count === 1 ? "" : "s"} anew`
      : `Resume from step ${state.step} with ${count} word${count === 1 ? "" : "s"} back to noise`);
  }
}
