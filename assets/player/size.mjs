// The one font size in which all texts are set: as large as fits, and steady while a run grows.

const USUAL = [[480, 19], [760, 21], [1000, 23], [1200, 26], [Infinity, 28]]; // px of font for widths below

const ROOM_FOR_THREE = 1080; // px of width, from which on three lanes stand side by side

/** How many lanes stand side by side, of `count` in a width in px. */
export const columnsFor = (count, narrow, width) =>
  narrow ? 1 : width >= ROOM_FOR_THREE && (count === 3 || count > 4) ? 3 : Math.min(2, count);

export class TextSize {
  /** The size in px. `look`: {run, view, guesses, full, columns, height (px, of the place for the texts), comparing}. */
  of(stories, { run, view, guesses, full, columns, height, comparing }) {
    const width = Math.min(...stories.map((story) => story.root.clientWidth));
    const key = [run, width, view, guesses, full && Math.round(height / 40), innerHeight].join();
    if (this.key === key) return this.size; // growing frames must not make the text breathe
    const several = stories.length > 1;
    const usual = several ? 19 : USUAL.find(([below]) => width < below)[1];
    const rows = Math.ceil(stories.length / columns);
    const shown = comparing ? (0.55 * innerHeight) / rows - 76 : Math.max(230, 0.5 * innerHeight); // all cards on one screen
    const room = full ? height / rows - (several ? 60 : 8) : shown;
    const fit = { width, height: room, view, guesses, least: 13, most: full ? 72 : usual };
    const size = width < 480 && !full ? usual : Math.min(...stories.map((story) => story.sizeThatFits(fit)));
    Object.assign(this, { key, size: Math.max(full ? 13 : 15, size) });
    return this.size;
  }

  /** Another run may have another size. */
  forget() {
    this.key = null;
  }
}
