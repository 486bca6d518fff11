// The panels around the text: which of them a payload wants, and what they are told.

import { CandidatesPanel, FormulaPanel } from "./chances.mjs";
import { CurvesPanel } from "./curves.mjs";
import { h } from "./dom.mjs";
import { LedgerPanel } from "./ledger.mjs";
import { PosteriorPanel } from "./noising.mjs";
import { ConfidencePanel, HeatPanel, LossPanel } from "./panels.mjs";
import { PathsPanel } from "./paths.mjs";
import { NUM_COLORS } from "./card.mjs";
import { TogetherPanel } from "./together.mjs";

export class Board {
  /** What a panel calls: go(frame, cell, lane) when the reader points at a step, at(t) at a time, tick(tick) at a tick of
   * the clock, draw(points) of a schedule. */
  constructor({ go, at, tick, draw }) {
    const [loss, heat, confidence] = [new LossPanel(), new HeatPanel(go), new ConfidencePanel(go)];
    const [candidates, formula] = [new CandidatesPanel(), new FormulaPanel()];
    this.paths = new PathsPanel(go);
    this.panels = [loss, candidates, heat, confidence, formula, this.paths];
    this.curves = new CurvesPanel(draw, at);
    this.posterior = new PosteriorPanel();
    this.ledger = new LedgerPanel((lane, frame) => go(frame, undefined, lane));
    this.together = new TogetherPanel(tick);
    this.under = confidence.root; // the text, in its own card
    this.side = h("aside", {}, loss.root, candidates.root);
    this.foot = h("div", { class: "foot" }, heat.root, formula.root);
    this.forward = h("div", { class: "forward" }, this.curves.root, this.posterior.root);
    this.roots = [this.side, this.paths.root, this.foot, this.forward, this.together.root, this.ledger.root];
    [loss, candidates, heat, formula, this.paths, this.curves, this.posterior, this.together, this.ledger].forEach((part) => part.root.classList.add("card"));
  }

  /** Shows the panels that this payload wants; `none`: it holds no run. */
  choose({ compact, noising, comparing }, none) {
    this.alone = compact === true || Boolean(noising); // without the panels of a single run
    for (const part of [this.side, this.foot, this.under, this.paths.root]) part.hidden = none || this.alone;
    this.forward.hidden = none || !noising;
    this.together.root.hidden = none || !comparing;
  }

  /** Tells them the runs; `lane` is the active one's number, `steps` the longest's, `focus` the mark in question. */
  load({ lanes, noising, comparing, start }, { lane, steps, align, focus }) {
    for (const part of [this.side, this.foot, this.under, this.paths.root]) part.dataset.lane = lane % NUM_COLORS;
    if (noising) {
      this.curves.load(noising);
      this.posterior.load(lanes, start);
    }
    if (!this.alone) for (const part of this.panels) part.load(lanes[lane], Math.max(200, part.parts.body.clientWidth), steps);
    if (comparing) this.together.load(lanes, align);
    this.ledger.load(lanes, align, focus);
  }

  /** Tells them the moment: `frames` of all lanes, of which number `lane` is active, and the chosen cell or null. */
  show({ lanes, noising, comparing }, { lane, frames, chosen, clock }) {
    if (noising) {
      this.curves.show(lanes[lane].t[frames[lane]]);
      this.posterior.show(frames[lane], chosen);
    }
    if (!this.alone) for (const part of this.panels) part.show(frames[lane], chosen);
    if (comparing) this.together.show(frames, clock.frame);
    this.ledger.show(frames);
  }

  /** Draws what moves between steps: a `share` of the way from the shown frame to the frame `next`. */
  move(next, share) {
    if (!this.alone) this.paths.move(next, share);
  }
}
