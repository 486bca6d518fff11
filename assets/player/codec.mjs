// Reads the bytes that textdiff_ui/player/wire.py writes.

const NEWEST_VERSION = 1;
export const NOT_A_WORD = 0xffff;

const COLUMN_TYPES = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f8: Float64Array, f2: Uint16Array };

/** Half-precision floats (as uint16) to single precision; older browsers have no Float16Array. */
export function halvesToFloats(halves) {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i += 1) {
    const bits = halves[i];
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) floats[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) floats[i] = fraction ? NaN : sign * Infinity;
    else floats[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return floats;
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function column(buffer, base, [offset, kind, ...shape]) {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = new COLUMN_TYPES[kind](buffer, base + offset, length);
  return kind === "f2" ? halvesToFloats(values) : values;
}

/** One lane of the header with its columns in place: frames (F), cells (C) and alternatives (K). */
function lane(record, buffer, base) {
  const { arrays, ...rest } = record;
  const [, , frames, cells] = arrays.tokens;
  const columns = Object.entries(arrays).map(([name, place]) => [name, column(buffer, base, place)]);
  return { ...rest, frames, cells, alternatives: arrays.topIds[4], ...Object.fromEntries(columns) };
}

/** The payload as {run, live, start, autoplay, lanes}; throws where it is none, or newer than this reader. */
export async function decode(bytes) {
  const buffer = await gunzip(bytes);
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (header.format !== "textdiff-player") throw new Error("These bytes hold no run.");
  if (header.version > NEWEST_VERSION) {
    throw new Error(`This run has format ${header.version}; this player reads up to ${NEWEST_VERSION}.`);
  }
  return { ...header, lanes: header.lanes.map((record) => lane(record, buffer, 4 + length)) };
}
