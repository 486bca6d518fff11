"""A Tales world small enough to list, and quick to train on."""

from textdiff_core.corpora.tales import Tales

TINY = Tales(
    names={"Ivy": "she", "Max": "he", "Leo": "he"},
    animals={"fox": ("den", "forest"), "bee": ("hive", "garden")},
    weather={"rainy": "boots", "hot": "shorts"},
    moods={"Happy": "danced"},
    traits=("shy",),
    colours=("red", "blue"),
    objects=("kite",),
    foods=("soup", "rice"),
)
