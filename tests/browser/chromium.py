"""Finds the Chromium that the browser tests drive; run as a script it installs one if it must.

Prints the path: from $CHROMIUM, from the programs on the path, or Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = (
    "no Chromium was found for the browser tests: install one (Debian, Ubuntu: apt-get install chromium; "
    "elsewhere: .venv/bin/playwright install chromium) or set CHROMIUM to its path"
)


def find() -> str | None:
    """Path of a Chromium on this machine, or None.

    Raises:   ValueError: CHROMIUM is set and names no program.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise ValueError(f"CHROMIUM must be the path of a browser, got {chosen!r}")
        return found
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def main() -> str | None:
    """Prints the path, after an install where none was there; returns what went wrong, or None."""
    try:
        found = find()
    except ValueError as error:
        return str(error)
    if not found:
        install = [sys.executable, "-m", "playwright", "install", "chromium"]
        done = subprocess.run(install, stdout=sys.stderr, check=False)
        found = find() if done.returncode == 0 else None
    if not found:
        return HELP
    print(found)
    return None


if __name__ == "__main__":
    sys.exit(main())
