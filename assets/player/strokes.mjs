// Lines, dots and labels on a canvas.

export const SHADES = 32;

/** From far, as pure noise is, to near, on a word: SHADES colours. */
export function shadesBetween(far, near) {
  const mix = (share) => [0, 1, 2].map((c) => Math.round(far[c] + share * (near[c] - far[c])));
  return Array.from({ length: SHADES }, (_, i) => `rgb(${mix(i / (SHADES - 1)).join()})`);
}

/** Strokes a way through flat places, from one number to another, ever stronger. */
export function strokeFading(pen, places, { from, to, weakest, strongest }) {
  for (let i = from; i < to; i += 1) {
    pen.globalAlpha = weakest + (strongest - weakest) * ((i + 1 - from) / (to - from));
    pen.beginPath();
    pen.moveTo(places[2 * i], places[2 * i + 1]);
    pen.lineTo(places[2 * i + 2], places[2 * i + 3]);
    pen.stroke();
  }
}

/** A round path at [x, y], in px. */
export function dotAt(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Writes labels; a later one only where there is room left. */
export class Labels {
  constructor(pen, width, halo) {
    Object.assign(this, { pen, width, halo, taken: [] });
  }

  put(text, [x, y], font, color) {
    const { pen, taken } = this;
    pen.font = font;
    const wide = pen.measureText(text).width;
    const left = x + 9 + wide > this.width ? x - 9 - wide : x + 9;
    const box = [Math.min(left, x) - 3, y - 9, Math.max(left + wide, x) + 3, y + 9]; // the dot it names is in it
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    taken.push(box);
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = this.halo;
    pen.strokeText(text, left, y + 4.5);
    pen.fillStyle = color;
    pen.fillText(text, left, y + 4.5);
  }
}
