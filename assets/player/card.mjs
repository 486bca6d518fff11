// One lane of several: its title and settings, how far it is and what it cost, and its text.

import { h, setText } from "./dom.mjs";
import { Story } from "./story.mjs";
import { plural } from "./words.mjs";

export const NUM_COLORS = 6; // lanes after these begin again with the first colour

export class Card {
  /** `pick(cell, erase)` is called when the reader chooses a cell of lane number `index`. */
  constructor(parent, index, pick) {
    this.story = new Story(pick);
    [this.title, this.note, this.fate, this.cost] = ["", "note", "fate", "cost"].map((name) => h("span", { class: name }));
    this.root = h("div", { class: "lane", "data-lane": index % NUM_COLORS },
      h("h3", {}, h("span", { class: "named" }, this.title, this.note), this.fate), this.story.root, this.cost);
    parent.append(this.root);
  }

  /** Shows a run, or more frames of the `same` one; `costs`: also what it cost so far. */
  load(lane, { same, live, costs }) {
    Object.assign(this, { lane, costs });
    this.story.load(lane, same, live);
    setText(this.title, lane.title);
    setText(this.note, lane.note ?? "");
    this.cost.hidden = !costs;
  }

  /** Marks the chosen cell; with `label`, also tells screen readers what each cell is. */
  point(frame, chosen, erasing, label) {
    if (label) this.story.label(frame, chosen, erasing, label);
    else this.story.select(chosen, erasing);
  }

  /** Says how a lane fares in a frame, in the voice's words; nothing where it is alone. */
  tell(frame, voice, several) {
    const { lane } = this;
    setText(this.fate, several ? voice.fate(lane, frame) : "");
    const judged = voice.judge(lane, frame);
    this.fate.classList.toggle("good", judged?.good === true);
    this.fate.classList.toggle("wrong", judged?.good === false);
    if (this.costs) setText(this.cost, `${plural(lane.calls[frame], "network call")} · ${lane.seconds[frame].toFixed(2)} s`);
  }
}
