// The player: one clock over the lanes' texts and the panels beside them.

import { decode } from "./codec.mjs";
import { h, setText, toggleFullScreen, write } from "./dom.mjs";
import { isErasable, lastStep, overtaken, shapesIn } from "./model.mjs";
import { DENOISING, percent, plain } from "./words.mjs";
import { serifReady, Story } from "./story.mjs";
import { TextSize } from "./size.mjs";
import { Board } from "./board.mjs";
import { NOISING } from "./noising.mjs";
import { Questions } from "./ledger.mjs";
import { Clock } from "./clock.mjs";
import { Alignment } from "./pace.mjs";
import { Tools, Transport } from "./transport.mjs";
import { listenToKeys } from "./keys.mjs";

const FADES_UP_TO = 10; // steps per second; faster, fades would only smear

export class Player {
  /** `ask`: {resume(wish), stop(), draw(points)} tells the server what the reader wants; without it nothing can be asked. */
  constructor(parent, ask = null) {
    Object.assign(this, {
      ask, clock: new Clock(), guesses: true, view: "text", pace: "steps", chosen: null, lane: 0, marked: new Set(),
      brushing: false, serial: 0, textSize: new TextSize(), stories: [], focus: null, align: new Alignment([]),
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
      tenth: (digit) => this.seek(Math.round((digit / 10) * this.ticks)),
      toggle: then(() => (clock.playing ? clock.pause() : clock.play())),
      slower: then(() => clock.shift(-1)), faster: then(() => clock.shift(1)),
      setSpeed: then((speed) => (clock.speed = speed)), loop: then(() => (clock.looping = !clock.looping)),
      guesses: () => this.#look({ guesses: !this.guesses }), setView: (view) => this.#look({ view }),
      setPace: (pace) => this.#setPace(pace), ask: (mark) => this.#look({ focus: this.focus === mark ? null : mark }),
      full: () => toggleFullScreen(this.root), brush: then(() => (this.brushing = !this.brushing)),
      clear: then(() => this.#clear()), resume: then(() => this.#resume()), stop: () => this.ask?.stop(),
    };
  }

  #build() {
    [this.transport, this.tools] = [new Transport(this.act), new Tools(this.act)];
    this.lanes = h("div", { class: "lanes" });
    this.verdict = h("p", { class: "verdict" });
    this.narration = h("p", { class: "narration" });
    this.spoken = h("p", { class: "unseen", "aria-live": "polite" });
    this.empty = h("p", { class: "empty" }, "Nothing has run yet. Noise becomes words here, step by step.");
    this.questions = new Questions(this.act.ask);
    this.board = new Board({
      go: (frame, cell, lane = this.lane) => this.seek(this.align.tickOf(lane, frame), cell),
      at: (t) => this.seek(Math.round(t * this.steps)), draw: (points) => this.ask?.draw(points),
    });
    this.said = h("div", { class: "said" }, this.narration, this.transport.stop, this.transport.badge);
    this.words = h("div", { class: "below" }, this.said, this.verdict, this.tools.wish, this.tools.root);
    this.main = h("section", { class: "card main", "aria-label": "Denoising, step by step" },
      this.transport.root, this.questions.root, this.empty, this.lanes, this.words, this.board.under);
    this.places = h("div", { class: "places" }, this.main, this.board.roots);
    this.root = h("div", { class: "tp", tabindex: "-1" }, this.places, this.spoken);
  }

  /** Words can be put back to noise only where someone can resume the run, and after it has ended. */
  get erasable() {
    return this.ask !== null && !this.data.live && !this.data.noising;
  }

  get steps() {
    return Math.max(0, ...this.data.lanes.map((lane) => lastStep(lane, this.data.live)));
  }

  /** Where the clock will end: its last tick, or while it is live at least the steps asked for. */
  get ticks() {
    return this.data.live ? Math.max(this.align.last, this.steps) : this.align.last;
  }

  /** Shows a payload; a longer one of the same run keeps the reader's place. */
  async update(bytes) {
    const serial = (this.serial += 1);
    const data = await decode(bytes).catch((error) => {
      this.empty.textContent = error.message;
      return { run: null, live: false, start: 0, autoplay: false, lanes: [] };
    });
    if (serial !== this.serial || overtaken(this.data, data)) return; // a newer payload came meanwhile, or before
    const same = this.data !== undefined && this.data.run === data.run;
    if (this.data === undefined) this.pace = data.pace ?? this.pace;
    data.lanes = data.lanes.filter((lane) => lane.frames > 0);
    this.data = data;
    const [before, still] = [this.align, this.still.matches];
    this.align = new Alignment(data.lanes, this.pace);
    const [{ last: newest }, { live, start, autoplay }] = [this.align, data];
    if (same) {
      this.clock.grow({ newest, live, still, time: this.align.timeLike(before, this.clock.time) });
    } else {
      this.clock.open({ start: data.lanes.length ? this.align.tickOf(0, start) : 0, newest, live, autoplay, still });
      Object.assign(this, { chosen: null, lane: 0, brushing: false });
      this.textSize.forget();
      this.marked.clear();
    }
    this.#load(same);
  }

  #load(same) {
    const { lanes } = this.data;
    const none = lanes.length === 0;
    this.empty.hidden = !none;
    for (const part of [this.words, this.transport.root]) part.hidden = none;
    this.board.choose(this.data, none);
    this.voice = this.data.noising ? NOISING : DENOISING;
    this.root.classList.toggle("compact", this.board.alone);
    this.root.classList.toggle("several", lanes.length > 1);
    while (this.stories.length > lanes.length) this.stories.pop().box.remove();
    while (this.stories.length < lanes.length) this.stories.push(this.#addLane(this.stories.length));
    lanes.forEach((lane, i) => {
      this.stories[i].story.load(lane, same, this.data.live);
      setText(this.stories[i].title, lane.title);
    });
    if (none) return;
    this.focus = this.questions.load(this.data.questions ?? [], this.focus);
    this.tools.explain(shapesIn(lanes), lanes.length > 1, this.voice.meanings);
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
    this.board.load(this.data, this);
    this.questions.show(this.focus);
    this.stories.forEach(({ story }) => {
      story.recolor();
      story.focus(this.focus);
    });
    const [full, narrow] = ["full", "narrow"].map((name) => this.root.classList.contains(name));
    const { data: { run }, view, guesses, lanes: { clientHeight: height } } = this;
    this.size = this.textSize.of(this.stories.map(({ story }) => story), { run, view, guesses, full, narrow, height });
    this.shownFrames = null;
    this.wake();
  }

  /** Changes how the text looks: {guesses}, {view} or {focus}. */
  #look(change) {
    Object.assign(this, change);
    this.resized();
  }

  /** Lets the lanes share something else, at the frame that the active one shows. */
  #setPace(pace) {
    this.pace = pace;
    this.align = new Alignment(this.data.lanes, pace);
    this.clock.newest = this.align.last;
    this.clock.time = this.align.tickOf(this.lane, this.frames[this.lane]);
    this.resized();
  }

  /** Goes to a tick of the clock and stays there; with `cell`, chooses that cell too. */
  seek(tick, cell = this.chosen) {
    this.clock.seek(tick, this.still.matches);
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
    this.board.move(this.align.framesAt(this.clock.frame + 1)[this.lane], this.still.matches ? 0 : this.clock.share);
    this.before = this.clock.moving ? now : undefined;
    if (this.fading || this.clock.moving) this.#next();
  }

  /** Draws the present state, all of it or only what fades; true while something is still fading. */
  #show(now, all) {
    const { lanes } = this.data;
    this.frames = this.align.framesAt(this.clock.frame);
    const [lane, frame] = [lanes[this.lane], this.frames[this.lane]];
    for (const cell of this.marked) if (!isErasable(lane, frame, cell)) this.marked.delete(cell);
    const fades = !this.still.matches && this.clock.rate <= FADES_UP_TO;
    let busy = false;
    this.stories.forEach(({ story, box, fate }, i) => {
      setText(fate, lanes.length > 1 ? this.voice.fate(lanes[i], this.frames[i]) : "");
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
    const readings = this.voice.readings(lane, frame, this.align.levels ? lastStep(lane, this.data.live) : this.steps);
    if (this.align.levels) readings[1] = ["noise", percent(this.align.noiseAt(this.clock.frame)), ""];
    this.transport.show(this.clock, this.ticks, readings, this.voice);
    this.root.dataset.run = this.data.run;
    const { guesses, view, pace, brushing } = this;
    this.tools.show({ guesses, view, pace, brushing, erasable: this.erasable, marked: this.marked.size, step: frame });
    this.root.classList.toggle("brushing", brushing);
  }

  #showPanels(lane, frame, key) {
    this.shownFrames = key;
    this.board.show(this.data, this);
    const said = this.voice.narrate(lane, frame, this.steps);
    if (this.align.levels) said.unshift([`${lane.title}: `]);
    write(this.narration, said);
    const judged = this.voice.judge(lane, frame);
    setText(this.verdict, judged?.text ?? "");
    this.verdict.classList.toggle("wrong", judged?.good === false);
    this.stories.forEach(({ story }, i) => {
      const chosen = this.data.noising ? this.board.posterior.cell : i === this.lane ? this.chosen : null;
      if (this.clock.playing) story.select(chosen, this.brushing);
      else story.label(this.frames[i], chosen, this.brushing, this.voice.label);
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
