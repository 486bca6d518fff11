"""The denoise player: runs in, a picture that plays in the browser and in a file of its own."""

from textdiff_ui.player.component import PlayerEvents, Resume, player
from textdiff_ui.player.replay import replay_html
from textdiff_ui.player.steps import process_of, rule_of, step_of
from textdiff_ui.player.wire import Lane, LossCurve, Noising, Step, encode

__all__ = [
    "Lane", "LossCurve", "Noising", "PlayerEvents", "Resume", "Step", "encode", "player", "process_of", "replay_html",
    "rule_of", "step_of",
]  # fmt: skip
