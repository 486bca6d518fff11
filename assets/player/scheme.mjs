// Whether the page around the player is light or dark, told by its background.

import { rgbOf } from "./charts.mjs";

/** Sets data-scheme on the player, from the luminance of the theme's background. */
export function setScheme(root) {
  const background = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const [red, green, blue] = rgbOf(background || "#ffffff");
  root.dataset.scheme = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? "dark" : "light";
}
