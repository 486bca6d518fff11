// Elements and drawn icons. Text from data goes in through textContent only.

const SVG = "http://www.w3.org/2000/svg";

function assign(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

/** h("p", {class: "note"}, "text", node): an element; null and false attributes are left out. */
export const h = (tag, attributes = {}, ...children) => assign(document.createElement(tag), attributes, children);

/** The same for SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  assign(document.createElementNS(SVG, tag), attributes, children);

/** Replaces a node's text by rich text, a list of [text, style] with style "strong", "sub", "sup" or none. */
export function write(node, parts) {
  node.replaceChildren(...parts.map(([text, style]) => (style ? h(style, {}, text) : document.createTextNode(text))));
}

/** Sets text only where it changed: an unchanged node costs no layout and is not read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const ICONS = {
  first: "M4 4h2v12H4z M16 4v12L7 10z",
  back: "M14 4v12L6 10z",
  play: "M6 3.5v13l11-6.5z",
  pause: "M5 4h3.6v12H5z M11.4 4H15v12h-3.6z",
  forward: "M6 4v12l8-6z",
  last: "M14 4h2v12h-2z M4 4v12l9-6z",
  loop: "M5 7h8V4.2L17.2 8 13 11.8V9H7v3H5z M15 13H7v2.8L2.8 12 7 8.2V11h6V8h2z",
  full: "M3 3h5v2H5v3H3z M12 3h5v5h-2V5h-3z M3 12h2v3h3v2H3z M15 12h2v5h-5v-2h3z",
  stop: "M5 5h10v10H5z",
};

export const icon = (name) =>
  svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", class: "icon" }, svg("path", { d: ICONS[name] }));

/** Changes the picture in a button made with `icon`. */
export function setIcon(button, name) {
  button.querySelector("path").setAttribute("d", ICONS[name]);
}

/** Fills the screen with an element, or leaves full screen. */
export function toggleFullScreen(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else element.requestFullscreen?.();
}

/** A small section with a title and one sentence: {root, title, note, body}. */
export function panel(name, title, note) {
  const parts = {
    title: h("h3", {}, title), note: h("p", { class: "note" }, note), body: h("div", { class: "body" }),
  };
  parts.root = h("section", { class: `panel ${name}`, "aria-label": title }, parts.title, parts.note, parts.body);
  return parts;
}
