// The player: one clock over the lanes' texts and the panels beside them.

import { decode } from "./codec.mjs";
import { h, setText, write } from "./dom.mjs";
import { framesAt, isErasable, lastStep, shapesIn, worthSeeing } from "./model.mjs";
import { fateOf, judge, narrate, plain } from "./words.mjs";
import { serifReady, Story } from "./story.mjs";
import { ConfidencePanel, HeatPanel, LossPanel } from "./panels.mjs";
import { CandidatesPanel, FormulaPanel } from "./chances.mjs";
import { Clock } from "./clock.mjs";
import { Tools, Transport } from "./transport.mjs";
import { listenToKeys } from "./keys.mjs";

const FADES_UP_TO = 10; // steps per second; faster, fades would only smear

export class Player {
  /** `ask`: {resume(wish), stop()} tells the server what the reader wants; without it nothing can be asked. */
  constructor(parent, ask = null) {
    Object.assign(this, {
      ask, clock: new Clock(), guesses: true, view: "text", pace: "steps", chosen: null, lane: 0, marked: new Set(),
      brushing: false, serial: 0, steady: null, stories: [],
    });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.act = this.#actions();
    this.#build();
    parent.append(this.root);
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.root);
    this.unlisten = listenToKeys(this.root, this.act);
    serifReady().then(() => {
      this.stories.forEach(({ story }) => story.remeasure());
      this.resized();
    });
    this.root.addEventListener("fullscreenchange", () => this.resized());
  }

  #actions() {
    const { clock } = this;
    const then = (change) => (value) => {
      change(value);
      this.wake();
    };
    return {
      first: () => this.seek(0), back: () => this.seek(clock.frame - 1), forward: () => this.seek(clock.frame + 1),
      last: () => this.seek(clock.newest), seek: (step) => this.seek(step),
      tenth: (digit) => this.seek(Math.round((digit / 10) * this.steps)),
      toggle: then(() => (clock.playing ? clock.pause() : clock.play())),
      slower: then(() => clock.shift(-1)), faster: then(() => clock.shift(1)),
      setSpeed: then((speed) => (clock.speed = speed)), loop: then(() => (clock.looping = !clock.looping)),
      guesses: () => this.#look({ guesses: !this.guesses }), setView: (view) => this.#look({ view }),
      setPace: then((pace) => (this.pace = pace)),
      full: () => this.#fullScreen(), brush: then(() => (this.brushing = !this.brushing)),
      clear: then(() => this.#clear()), resume: then(() => this.#resume()), stop: () => this.ask?.stop(),
    };
  }

  #build() {
    this.transport = new Transport(this.act);
    this.tools = new Tools(this.act);
    this.lanes = h("div", { class: "lanes" });
    this.verdict = h("p", { class: "verdict" });
    this.narration = h("p", { class: "narration" });
    this.spoken = h("p", { class: "unseen", "aria-live": "polite" });
    this.empty = h("p", { class: "empty" }, "Nothing has run yet. Noise becomes words here, step by step.");
    const go = (frame) => this.seek(frame);
    this.confidence = new ConfidencePanel(go);
    this.loss = new LossPanel();
    this.heat = new HeatPanel((frame, cell) => this.seek(frame, cell));
    this.candidates = new CandidatesPanel();
    this.formula = new FormulaPanel();
    this.panels = [this.loss, this.candidates, this.heat, this.confidence, this.formula];
    this.said = h("div", { class: "said" }, this.narration, this.transport.stop, this.transport.badge);
    this.words = h("div", { class: "below" }, this.said, this.verdict, this.tools.wish, this.tools.root);
    this.main = h("section", { class: "card main", "aria-label": "Denoising, step by step" },
      this.transport.root, this.empty, this.lanes, this.words, this.confidence.root);
    this.side = h("aside", {}, this.loss.root, this.candidates.root);
    this.foot = h("div", { class: "foot" }, this.heat.root, this.formula.root);
    [this.loss, this.candidates, this.heat, this.formula].forEach((part) => part.root.classList.add("card"));
    this.places = h("div", { class: "places" }, this.main, this.side, this.foot);
    this.root = h("div", { class: "tp", tabindex: "-1" }, this.places, this.spoken);
  }

  /** Words can be put back to noise only where someone can resume the run, and after it has ended. */
  get erasable() {
    return this.ask !== null && !this.data.live;
  }

  get steps() {
    return Math.max(0, ...this.data.lanes.map((lane) => lastStep(lane, this.data.live)));
  }

  /** Shows a payload; a longer one of the same run keeps the reader's place. */
  async update(bytes) {
    const serial = (this.serial += 1);
    const data = await decode(bytes).catch((error) => {
      this.empty.textContent = error.message;
      return { run: null, live: false, start: 0, autoplay: false, lanes: [] };
    });
    if (serial !== this.serial) return; // a newer payload came meanwhile
    const same = this.data !== undefined && this.data.run === data.run;
    data.lanes = data.lanes.filter((lane) => lane.frames > 0);
    this.data = data;
    const newest = Math.max(0, ...data.lanes.map((lane) => lane.frames - 1));
    const { live, start, autoplay } = data;
    const still = this.still.matches;
    if (same) {
      this.clock.grow({ newest, live, still });
    } else {
      this.clock.open({ start, newest, live, autoplay, still });
      Object.assign(this, { chosen: null, lane: 0, brushing: false, steady: null });
      this.marked.clear();
    }
    this.#load(same);
  }

  #load(same) {
    const { lanes } = this.data;
    const none = lanes.length === 0;
    this.empty.hidden = !none;
    for (const part of [this.words, this.transport.root]) part.hidden = none;
    for (const part of [this.side, this.foot, this.confidence.root]) part.hidden = none || this.data.compact === true;
    this.root.classList.toggle("compact", this.data.compact === true);
    this.root.classList.toggle("several", lanes.length > 1);
    while (this.stories.length > lanes.length) this.stories.pop().box.remove();
    while (this.stories.length < lanes.length) this.stories.push(this.#addLane(this.stories.length));
    lanes.forEach((lane, i) => {
      this.stories[i].story.load(lane, same);
      setText(this.stories[i].title, lane.title);
    });
    if (none) return;
    this.tools.explain(shapesIn(lanes), lanes.length > 1);
    this.verdict.hidden = lanes.every((lane) => !lane.verdict);
    this.resized();
  }

  #addLane(index) {
    const story = new Story((cell, erase) => this.#pick(index, cell, erase));
    const [title, fate] = [h("span"), h("span", { class: "fate" })];
    const box = h("div", { class: "lane", "data-lane": index % 4 }, h("h3", {}, title, fate), story.root);
    this.lanes.append(box);
    return { story, title, fate, box };
  }

  /** Makes sizes, colours and charts anew: after a resize, a change of theme, or new frames. */
  resized() {
    if (!this.data?.lanes.length || !this.root.clientWidth) return;
    const width = this.root.clientWidth;
        this.root.classList.toggle("slim", width < 560);
    this.root.classList.toggle("narrow", width < (document.fullscreenElement ? 1200 : 860));
    this.root.classList.toggle("full", document.fullscreenElement !== null && this.root.matches(":fullscreen"));
    this.root.classList.toggle("tight", this.main.clientWidth < 740);
    const lane = this.data.lanes[this.lane];
    for (const part of [this.side, this.foot, this.confidence.root]) part.dataset.lane = this.lane % 4;
    for (const part of this.panels) part.load(lane, Math.max(200, part.parts.body.clientWidth), this.steps);
    this.stories.forEach(({ story }) => story.recolor());
    this.size = this.#fontSize();
    this.shownFrames = null;
    this.wake();
  }

  #fontSize() {
    const full = this.root.classList.contains("full");
    const width = Math.min(...this.stories.map(({ story }) => story.root.clientWidth));
    const key = [this.data.run, width, this.view, this.guesses, full, innerHeight].join();
    if (this.steady?.key === key) return this.steady.size; // growing frames must not make the text breathe
    const usual = this.stories.length > 1 ? 19 : width < 480 ? 19 : width < 760 ? 21 : width < 1000 ? 23 : width < 1200 ? 26 : 28;
    const rows = this.root.classList.contains("narrow") ? this.stories.length : Math.ceil(this.stories.length / 2);
    const room = full ? this.lanes.clientHeight / rows - (this.stories.length > 1 ? 60 : 8) : Math.max(230, 0.5 * innerHeight);
    const fit = { width, height: room, view: this.view, guesses: this.guesses, least: 13, most: full ? 72 : usual };
    const size = width < 480 && !full ? usual : Math.min(...this.stories.map(({ story }) => story.sizeThatFits(fit)));
    this.steady = { key, size: Math.max(full ? 13 : 15, size) };
    return this.steady.size;
  }

  /** Changes how the text looks: {guesses} or {view}. */
  #look(change) {
    Object.assign(this, change);
    this.resized();
  }

  /** Goes to a frame and stays there; with `cell`, chooses that cell too. */
  seek(frame, cell = this.chosen) {
    this.clock.seek(frame, this.still.matches);
    this.chosen = cell;
    this.wake();
  }

  #pick(lane, cell, erase) {
    if (lane !== this.lane) {
      Object.assign(this, { lane, chosen: null });
      this.marked.clear();
      this.resized();
    }
    if (this.erasable && (erase || this.brushing)) {
      this.clock.pause();
      if (!this.marked.delete(cell) && isErasable(this.data.lanes[lane], this.frames[lane], cell)) this.marked.add(cell);
    } else {
      this.chosen = this.chosen === cell ? null : cell;
    }
    this.wake();
  }

  #clear() {
    this.marked.clear();
    this.brushing = false;
  }

  #resume() {
    if (!this.marked.size) return;
    const positions = [...this.marked].sort((a, b) => a - b).map((cell) => cell + 1);
    this.ask?.resume({ step: this.frames[this.lane], positions, lane: this.lane });
    this.#clear();
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  /** Asks for a new picture. */
  wake() {
    this.dirty = true;
    this.#next();
  }

  #next() {
    this.waiting ??= requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now) {
    this.waiting = undefined;
    if (!this.data?.lanes.length) return;
    const before = this.clock.frame;
    this.clock.advance(Math.min(0.25, (now - (this.before ?? now)) / 1000), now);
    const changed = this.dirty || this.clock.frame !== before || !this.clock.playing;
    this.dirty = false;
    if (changed || this.fading) this.fading = this.#show(now, changed);
    this.before = this.clock.moving ? now : undefined;
    if (this.fading || this.clock.moving) this.#next();
  }

  /** Draws the present state, all of it or only what fades; true while something is still fading. */
  #show(now, all) {
    const { lanes } = this.data;
    this.frames = framesAt(lanes, this.clock.frame, this.pace);
    const lane = lanes[this.lane];
    const frame = this.frames[this.lane];
    for (const cell of this.marked) if (!isErasable(lane, frame, cell)) this.marked.delete(cell);
    const fades = !this.still.matches && this.clock.rate <= FADES_UP_TO;
    let busy = false;
    this.stories.forEach(({ story, box, fate }, i) => {
      setText(fate, lanes.length > 1 ? fateOf(lanes[i], this.frames[i]) : "");
      const marked = i === this.lane ? this.marked : new Set();
      const width = story.root.clientWidth;
      const options = { frame: this.frames[i], now, size: this.size, width, view: this.view, guesses: this.guesses, marked, fades };
      busy = story.draw(options) || busy;
      box.classList.toggle("active", lanes.length > 1 && i === this.lane);
    });
    if (!all) return busy;
    this.#showControls(lane, frame);
    const key = [this.frames, this.chosen, this.lane, this.clock.playing].join();
    if (key !== this.shownFrames) this.#showPanels(lane, frame, key);
    return busy;
  }

  #showControls(lane, frame) {
    this.transport.show(this.clock, { steps: this.steps, noise: 1 - lane.alpha[frame], calls: lane.calls[frame] });
    const { guesses, view, pace, brushing } = this;
    this.tools.show({ guesses, view, pace, brushing, erasable: this.erasable, marked: this.marked.size, step: frame });
    this.root.classList.toggle("brushing", brushing);
  }

  #showPanels(lane, frame, key) {
    this.shownFrames = key;
    this.loss.show(frame);
    this.confidence.show(frame);
    this.heat.show(frame, this.chosen);
    this.formula.show(frame);
    this.candidates.show(frame, this.chosen ?? worthSeeing(lane, frame));
    const said = narrate(lane, frame, this.steps);
    write(this.narration, said);
    const judged = judge(lane, frame);
    setText(this.verdict, judged?.text ?? "");
    this.verdict.classList.toggle("wrong", judged?.good === false);
    this.stories.forEach(({ story }, i) => {
      const chosen = i === this.lane ? this.chosen : null;
      if (this.clock.playing) story.select(chosen, this.brushing);
      else story.label(this.frames[i], chosen, this.brushing);
    });
    // Spoken when the reader stops or steps; while it plays, a sentence a step would be noise.
    if (!this.clock.playing) setText(this.spoken, `${plain(said)} ${judged?.text ?? ""}`.trim());
  }

  destroy() {
    this.observer.disconnect();
    this.unlisten();
    if (this.waiting !== undefined) cancelAnimationFrame(this.waiting);
    this.root.remove();
  }
}
