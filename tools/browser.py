"""Says whether a Chromium that the tests can drive is on this machine: `python3 -m tools.browser`."""

from __future__ import annotations

import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The path of the first Chromium found."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def main() -> int:
    if find_browser():
        return 0
    sys.stderr.write(
        "The browser tests need Chromium: install it (Debian: apt-get install chromium; macOS: brew install --cask chromium).\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
