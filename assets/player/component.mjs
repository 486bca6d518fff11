// Mounts the player in the app. The framework calls this again for new data and for a change of theme.

import { Player } from "./player.mjs";
import { setScheme } from "./scheme.mjs";

const players = new WeakMap();

export default function mount({ parentElement, data, setTriggerValue }) {
  let mounted = players.get(parentElement);
  if (!mounted) {
    const ask = {
      resume: (wish) => setTriggerValue("resume", wish), stop: () => setTriggerValue("stop", true),
      draw: (points) => setTriggerValue("draw", points),
    };
    mounted = { player: new Player(parentElement, ask), data: null };
    players.set(parentElement, mounted);
  }
  setScheme(mounted.player.root);
  mounted.player.resized();
  if (data && data !== mounted.data) {
    mounted.data = data;
    mounted.player.update(data);
  }
  return () => leave(parentElement);
}

// On a busy machine the framework may call for an outdated drawing after the newest one, and take it back at once:
// the player they share must outlive that. It goes when its place on the page has gone.
function leave(parentElement) {
  setTimeout(() => {
    if (parentElement.isConnected) return;
    players.get(parentElement)?.player.destroy();
    players.delete(parentElement);
  });
}
