// Starts the player in a file of its own: the run stands in the page as base64.

import { Player } from "./player.mjs";
import { setScheme } from "./scheme.mjs";

const player = new Player(document.getElementById("player"));

function followScheme() {
  setScheme(player.root);
  player.resized();
}

followScheme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followScheme);
const text = atob(document.getElementById("payload").textContent);
player.update(Uint8Array.from(text, (character) => character.charCodeAt(0)));
