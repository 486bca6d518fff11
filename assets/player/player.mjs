// The player: one clock over the lanes' texts and the panels beside them.

import { decode } from "./codec.mjs";
import { h, setText, toggleFullScreen, write } from "./dom.mjs";
import { isErasable, lastStep, mark, overtaken, shapesIn } from "./model.mjs";
import { DENOISING, plain } from "./words.mjs";
import { serifReady } from "./story.mjs";
import { columnsFor, TextSize } from "./size.mjs";
import { Board } from "./board.mjs";
import { Card } from "./card.mjs";
import { Difference } from "./difference.mjs";
import { NOISING } from "./noising.mjs";
import { Questions } from "./ledger.mjs";
import { Clock } from "./clock.mjs";
import { Alignment } from "./pace.mjs";
import { Tools, Transport } from "./transport.mjs";
import { Newest } from "./newest.mjs";
import { listenToKeys } from "./keys.mjs";

const FADES_UP_TO = 10; // ticks per second; faster, fades would only smear

export class Player {
  /** `ask`: {resume(wish), stop(), draw(points)} tells the server what the reader wants; without it nothing can be asked. */
  constructor(parent, ask = null) {
    Object.assign(this, {
      ask, clock: new Clock(), guesses: true, view: "text", pace: "steps", chosen: null, lane: 0, marked: new Set(),
      brushing: false, textSize: new TextSize(), cards: [], focus: null, align: new Alignment([]),
      newest: new Newest(overtaken, (data) => this.#take(data)),
    });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.act = this.#actions();
    this.#build();
    parent.append(this.root);
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(this.root);
    this.unlisten = listenToKeys(this.root, this.act);
    serifReady().then(() => {
      this.cards.forEach(({ story }) => story.remeasure());
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
    this.difference = new Difference(() => this.resized(), (tick) => this.seek(tick));
    this.board = new Board({
      go: (frame, cell, lane = this.lane) => this.seek(this.align.tickOf(lane, frame), cell),
      at: (t) => this.seek(Math.round(t * this.steps)), tick: (tick) => this.seek(tick), draw: (points) => this.ask?.draw(points),
    });
    this.said = h("div", { class: "said" }, this.narration, this.transport.stop, this.transport.badge);
    this.words = h("div", { class: "below" }, this.said, this.verdict, this.tools.wish, this.tools.root);
    this.main = h("section", { class: "card main", "aria-label": "Denoising, step by step" },
      this.transport.root, this.questions.root, this.difference.root, this.empty, this.lanes, this.words, this.board.under);
    this.places = h("div", { class: "places" }, this.main, this.board.roots);
    this.root = h("div", { class: "tp blank", tabindex: "-1" }, this.places, this.spoken);
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
  update(bytes) {
    this.newest.add(decode(bytes).catch((error) => {
      this.empty.textContent = error.message;
      return { run: null, live: false, start: 0, autoplay: false, lanes: [] };
    }));
  }

  #take(data) {
    const same = this.data !== undefined && this.data.run === data.run;
    if (this.data === undefined) this.pace = data.pace ?? this.pace;
    data.lanes = data.lanes.filter((lane) => lane.frames > 0);
    this.data = data;
    const [before, still] = [this.align, this.still.matches];
    this.align = new Alignment(data.lanes, this.pace);
    this.clock.stretch = this.align.stretch;
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
    this.words.hidden = this.transport.root.hidden = none;
    this.board.choose(this.data, none);
    this.voice = this.data.noising ? NOISING : DENOISING;
    this.root.classList.toggle("compact", this.board.alone);
    for (const [name, on] of [["several", lanes.length > 1], ["comparing", this.data.comparing], ["blank", false]]) this.root.classList.toggle(name, Boolean(on));
    (this.data.comparing ? this.transport.root : this.tools.switches).prepend(this.tools.pace);
    while (this.cards.length > lanes.length) this.cards.pop().root.remove();
    for (let i = this.cards.length; i < lanes.length; i += 1) this.cards.push(new Card(this.lanes, i, (cell, erase) => this.#pick(i, cell, erase)));
    lanes.forEach((lane, i) => this.cards[i].load(lane, { same, live: this.data.live, costs: this.data.comparing }));
    if (none) return;
    this.focus = this.questions.load(this.data.questions ?? [], this.focus);
    this.tools.explain(shapesIn(lanes), lanes.length > 1, this.voice.meanings, this.data.comparing);
    this.verdict.hidden = lanes.every((lane) => !lane.verdict);
    this.resized();
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
    this.difference.load(this.data.lanes, this.align, this.data.comparing);
    this.cards.forEach(({ story }) => {
      story.recolor();
      story.focus(this.focus);
    });
    const columns = columnsFor(this.cards.length, this.root.classList.contains("narrow"), width);
    this.lanes.style.setProperty("--columns", columns);
    const { data: { run, comparing }, view, guesses, lanes: { clientHeight: height } } = this;
    const look = { run, view, guesses, full: this.root.classList.contains("full"), columns, height, comparing };
    this.size = this.textSize.of(this.cards.map(({ story }) => story), look);
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
    Object.assign(this.clock, { newest: this.align.last, stretch: this.align.stretch });
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
    if (this.erasable && (erase || this.brushing || this.data.rewriting)) {
      this.clock.pause();
      mark(this.marked, this.data.lanes[lane], this.frames[lane], cell, this.data.rewriting && !this.brushing);
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
    const { size, view, guesses } = this;
    const widths = this.cards.map(({ story }) => story.root.clientWidth); // before text is set, or each would cost a layout
    const related = this.difference.show(this.frames);
    this.cards.forEach((card, i) => {
      card.tell(this.frames[i], this.voice, lanes.length > 1);
      const marked = i === this.lane ? this.marked : new Set();
      busy = card.story.draw({ frame: this.frames[i], now, size, width: widths[i], view, guesses, marked, fades, related: related[i] }) || busy;
      card.root.classList.toggle("active", lanes.length > 1 && i === this.lane);
      card.root.classList.toggle("aside", related.length > 0 && !related[i]);
    });
    if (!all) return busy;
    this.#showControls(lane, frame);
    const key = [this.frames, this.chosen, this.lane, this.clock.playing].join();
    if (key !== this.shownFrames) this.#showPanels(lane, frame, key);
    return busy;
  }

  #showControls(lane, frame) {
    const shared = this.align.readingAt(this.clock.frame);
    const own = this.voice.readings(lane, frame, this.align.levels ? lastStep(lane, this.data.live) : this.steps);
    const readings = this.data.comparing ? [shared] : own.map((reading) => (this.align.levels && reading[0] === shared[0] ? shared : reading));
    this.transport.show(this.clock, this.ticks, readings, this.voice);
    this.root.dataset.run = this.data.run;
    const { guesses, view, pace, brushing } = this;
    const rewriting = Boolean(this.data.rewriting) && this.erasable && frame === lane.frames - 1;
    this.tools.show({ guesses, view, pace, brushing, rewriting, erasable: this.erasable, marked: this.marked.size, step: frame });
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
    this.cards.forEach((card, i) => {
      const chosen = this.data.noising ? this.board.posterior.cell : i === this.lane ? this.chosen : null;
      card.point(this.frames[i], chosen, this.brushing, this.clock.playing ? null : this.voice.label);
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
