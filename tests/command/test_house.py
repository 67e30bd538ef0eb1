"""The house keeps its own rules: module sizes and names (DESIGN §2)."""

from collections.abc import Iterator

import pytest

from privacy.settings import ROOT

PACKAGES = ("actions", "bench", "bot", "command", "demo", "privacy", "tools", "web")
LONGEST = 400
NAMELESS = {"utils", "helpers", "common", "manager", "base", "misc"}


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if ".venv" not in path.parts:
                yield str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", list(modules()))
def test_a_module_is_short_and_has_a_name_that_says_something(module: str) -> None:
    path = ROOT / module
    assert len(path.read_text().splitlines()) <= LONGEST
    assert path.stem not in NAMELESS
