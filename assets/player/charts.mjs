// Two small charts that move with the clock: lines (SVG) and the heat map of confidence (canvas).

import { svg } from "./dom.mjs";

const MARGIN = { top: 12, right: 12, bottom: 20, left: 44 };

/** A path that leaves a gap wherever a value is null or NaN. */
export function pathOf(xs, ys, toX, toY) {
  let path = "";
  let pen = "M";
  for (let i = 0; i < xs.length; i += 1) {
    if (ys[i] === null || ys[i] === undefined || Number.isNaN(ys[i])) {
      pen = "M";
    } else {
      path += `${pen}${toX(xs[i]).toFixed(1)} ${toY(ys[i]).toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

/** Points that stand alone between gaps: no line would show them. */
export function lonely(ys) {
  const has = (i) => i >= 0 && i < ys.length && ys[i] !== null && !Number.isNaN(ys[i]);
  return Array.from(ys.keys()).filter((i) => has(i) && !has(i - 1) && !has(i + 1));
}

function axes(spec, toX, toY, width) {
  const right = width - MARGIN.right;
  const bottom = spec.height - MARGIN.bottom;
  const lines = spec.yTicks.map(([value]) =>
    svg("line", { x1: MARGIN.left, x2: right, y1: toY(value), y2: toY(value), class: "rule" }));
  const marks = spec.yTicks.map(([value, label]) =>
    svg("text", { x: MARGIN.left - 7, y: toY(value) + 3.5, "text-anchor": "end" }, label));
  const feet = spec.xTicks.map(([value, label], i) => {
    const anchor = i === 0 ? "start" : i === spec.xTicks.length - 1 ? "end" : "middle";
    return svg("text", { x: toX(value), y: bottom + 14, "text-anchor": anchor }, label);
  });
  return [...lines, ...marks, ...feet];
}

/**
 * A line chart with a marker. `spec`: {width, height, x: [low, high], y: [low, high], log, xTicks, yTicks,
 * label, series: [{name, xs, ys, kind, at}]}; ticks are [value, text]; `at` is the point a name stands by.
 * Returns {root, mark(x, y, text), valueAt(clientX), placeAt(event), toX, toY}; mark(null) hides the marker.
 */
export function lineChart(spec) {
  const { width, height } = spec;
  const scale = (value) => (spec.log ? Math.log10(value) : value);
  const [low, high] = spec.x.map(scale);
  const spanX = high - low || 1;
  const spanY = spec.y[1] - spec.y[0] || 1;
  const toX = (value) => MARGIN.left + ((scale(value) - low) / spanX) * (width - MARGIN.left - MARGIN.right);
  const toY = (value) =>
    height - MARGIN.bottom - ((value - spec.y[0]) / spanY) * (height - MARGIN.top - MARGIN.bottom);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "chart", role: "img", "aria-label": spec.label });
  root.append(...axes(spec, toX, toY, width));
  for (const { name, xs, ys, kind, at } of spec.series) {
    root.append(svg("path", { d: pathOf(xs, ys, toX, toY), class: `line ${kind}` }));
    lonely(ys).forEach((i) => root.append(svg("circle", { cx: toX(xs[i]), cy: toY(ys[i]), r: 1.8, class: `dot ${kind}` })));
    if (name && at) {
      const anchor = at[2] ?? "middle";
      root.append(svg("text", { x: toX(at[0]), y: toY(at[1]) - 6, "text-anchor": anchor, class: `name ${kind}` }, name));
    }
  }
  const rule = svg("line", { y1: MARGIN.top - 4, y2: height - MARGIN.bottom, class: "now" });
  const dot = svg("circle", { r: 4.5, class: "here" });
  const text = svg("text", { class: "value" });
  const marker = svg("g", {}, rule, dot, text);
  root.append(marker);

  function mark(x, y = null, label = "") {
    marker.style.display = x === null ? "none" : "";
    if (x === null) return;
    const px = toX(x);
    rule.setAttribute("x1", px);
    rule.setAttribute("x2", px);
    dot.style.display = y === null || Number.isNaN(y) ? "none" : "";
    text.textContent = label;
    if (y === null || Number.isNaN(y)) return;
    dot.setAttribute("cx", px);
    dot.setAttribute("cy", toY(y));
    const left = px > width / 2;
    text.setAttribute("x", px + (left ? -9 : 9));
    text.setAttribute("y", Math.max(MARGIN.top + 4, toY(y) - 8));
    text.setAttribute("text-anchor", left ? "end" : "start");
  }
  mark(null);

  /** The x value under the pointer. */
  function valueAt(clientX) {
    const box = root.getBoundingClientRect();
    const px = ((clientX - box.left) / box.width) * width;
    const share = (px - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    const value = low + Math.min(1, Math.max(0, share)) * spanX;
    return spec.log ? 10 ** value : value;
  }
  /** The point [x, y] under the pointer, also beyond the frame. */
  function placeAt({ clientX, clientY }) {
    const box = root.getBoundingClientRect();
    const px = ((clientX - box.left) / box.width) * width;
    const py = ((clientY - box.top) / box.height) * height;
    const share = (height - MARGIN.bottom - py) / (height - MARGIN.top - MARGIN.bottom);
    return [low + ((px - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * spanX, spec.y[0] + share * spanY];
  }
  return { root, mark, valueAt, placeAt, toX, toY };
}

/** Three or four round numbers from 0 to at least `top`, as [value, text]. */
export function roundTicks(top, unit = "") {
  const rough = Math.max(top, 1e-9) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let value = 0; value <= top + step * 0.999; value += step) {
    ticks.push([value, `${Number(value.toPrecision(6))}${unit}`]);
  }
  return ticks;
}

/** Red, green, blue of a CSS colour, as the browser itself reads it. */
export function rgbOf(color) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  return pen.getImageData(0, 0, 1, 1).data;
}

/** Paints cells (rows) by frames (columns), one pixel each; what was not measured stays see-through. */
export function paintHeat(canvas, lane, low, high) {
  canvas.width = Math.max(1, lane.frames);
  canvas.height = Math.max(1, lane.cells);
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(canvas.width, canvas.height);
  for (let frame = 0; frame < lane.frames; frame += 1) {
    for (let cell = 0; cell < lane.cells; cell += 1) {
      const prob = lane.prob[frame * lane.cells + cell];
      if (Number.isNaN(prob)) continue;
      const share = Math.sqrt(Math.min(1, Math.max(0, prob)));
      const at = 4 * (cell * lane.frames + frame);
      for (let c = 0; c < 3; c += 1) image.data[at + c] = low[c] + share * (high[c] - low[c]);
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
}
