// What is still on its way to the reader: payloads are unpacked while others arrive, and only the newest is worth drawing.

export class Newest {
  /** `outdated(a, b)`: b tells less than a.   `show`: is given the newest of what came since it was called last. */
  constructor(outdated, show) {
    Object.assign(this, { outdated, show, shown: undefined, coming: [] });
  }

  /** Takes a promise; those that came earlier are waited for, so that their order stays. */
  async add(promise) {
    if (this.coming.push(promise) > 1) return; // whoever waits for the first will show it
    let newest = this.shown;
    for (; this.coming.length; this.coming.shift()) {
      const data = await this.coming[0];
      if (!this.outdated(newest, data)) newest = data;
    }
    if (newest === this.shown) return;
    this.shown = newest;
    this.show(newest);
  }
}
