// Keys, for the player that was last pointed at or focused. `r` and `c` belong to the page around it.

const ACTIONS = {
  " ": "toggle", ArrowLeft: "back", ArrowRight: "forward", ",": "back", ".": "forward", Home: "first", End: "last",
  "[": "slower", "]": "faster", f: "full", g: "guesses",
};

/** The action a key asks for as [name, argument], or null. Digits are tenths of the run. */
export function actionFor(key) {
  if (/^[0-9]$/.test(key)) return ["tenth", Number(key)];
  return ACTIONS[key] ? [ACTIONS[key]] : null;
}

let reacting = null;

/** Whether the element under a key press wants the key for itself. */
function isTaken(target, root, key) {
  if (!(target instanceof Element)) return false;
  const ours = root.contains(target);
  if (target.closest("input, textarea, select, [contenteditable]:not([contenteditable=false])")) {
    const isScrub = ours && target.matches("input[type=range]");
    return !isScrub || /^(Arrow|Home|End)/.test(key);
  }
  return key === " " && target.closest("button, a, summary, [role=button], [role=tab]") !== null;
}

/** Lets a player react to keys; returns what undoes it. */
export function listenToKeys(root, act) {
  const listener = (event) => {
    if (reacting !== root || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionFor(event.key);
    const target = event.composedPath()[0];
    if (!action || isTaken(target, root, event.key)) return;
    if (target instanceof Element && target.matches(".cell, .handle") && /^(Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    act[action[0]](...action.slice(1));
  };
  const claim = () => (reacting = root);
  reacting ??= root;
  root.addEventListener("pointerenter", claim);
  root.addEventListener("focusin", claim);
  document.addEventListener("keydown", listener, true);
  return () => {
    if (reacting === root) reacting = null;
    document.removeEventListener("keydown", listener, true);
  };
}
