"""Builds the real thing from the settings: the only package that knows every part.

Nothing here decides anything; a test that wants another clock or directory hands it in.
"""

from privacy.wiring.building import build
from privacy.wiring.vera import Vera

__all__ = ["Vera", "build"]
