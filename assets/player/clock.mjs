// The clock: where the reader is in the run, and how it moves on. Knows no screen and reads no time itself.

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];

const STEPS_PER_SECOND = 4; // at speed 1
const PAUSE_BEFORE_LOOP = 1600; // ms

export class Clock {
  constructor() {
    Object.assign(this, {
      time: 0, newest: 0, live: false, playing: false, following: false, looping: false, speed: 1, held: 0,
      stretch: 1, // ticks a step, see pace.mjs
    });
  }

  /** The frame to show; between two frames it is the earlier one. */
  get frame() {
    return Math.min(this.newest, Math.floor(this.time + 1e-6));
  }

  /** How far the clock has come on the way to the frame after that. */
  get share() {
    return Math.max(0, this.time - this.frame);
  }

  /** Ticks per second. */
  get rate() {
    return this.speed * STEPS_PER_SECOND * this.stretch;
  }

  /** A run opens at frame `start`. `still`: the reader asked for no motion, so nothing plays by itself. */
  open({ start, newest, live, autoplay, still }) {
    Object.assign(this, { time: Math.min(start, newest), newest, live, following: live });
    if (live) this.#keepUp(still);
    else this.playing = autoplay && !still && newest > this.time;
  }

  /** The same run has more frames, or has ended; `time` is where the clock stands in it. A reader who looks elsewhere stays there. */
  grow({ newest, live, still, time = this.time }) {
    Object.assign(this, { newest, live, time: Math.min(time, newest) });
    if (this.following) this.#keepUp(still);
    this.following &&= live;
  }

  #keepUp(still) {
    this.playing = !still;
    if (still) this.time = this.newest;
  }

  /** Goes to a frame and stays there; at the newest of a live run it follows what comes. */
  seek(frame, still = false) {
    this.time = Math.max(0, Math.min(this.newest, frame));
    this.following = this.live && frame >= this.newest;
    this.playing = this.following && !still;
  }

  play() {
    if (this.time >= this.newest && !this.live) this.time = 0;
    this.following = this.live && this.time >= this.newest - 1;
    this.playing = true;
  }

  pause() {
    this.time = this.frame;
    this.playing = this.following = false;
  }

  /** Moves on by a number of seconds; `now` in ms only measures the rest before a loop. */
  advance(seconds, now) {
    if (!this.playing) return;
    const behind = this.newest - this.time;
    const rate = this.following ? Math.max(this.rate, 2 * behind) : this.rate;
    this.time = Math.min(this.newest, this.time + seconds * rate);
    if (this.time < this.newest || this.live) this.held = now;
    else if (!this.looping) this.playing = false;
    else if (now - this.held > PAUSE_BEFORE_LOOP) this.time = 0;
  }

  /** Whether time alone will change the picture. */
  get moving() {
    return this.playing && !(this.live && this.time >= this.newest);
  }

  /** One speed slower or faster. */
  shift(by) {
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(this.speed) + by))];
  }
}
