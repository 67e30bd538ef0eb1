"""What other libraries say is logged as level, name and place; never as text."""

import io
import json
import logging

import pytest

from privacy.logging import configure_logging


@pytest.mark.parametrize(
    ("number", "level"),
    [(10, None), (15, None), (20, "info"), (25, "info"), (30, "warning"), (35, "warning"), (40, "error"), (50, "critical"), (99, "critical")],
)  # fmt: skip
def test_a_library_may_have_levels_of_its_own(number: int, level: str | None) -> None:
    lines = io.StringIO()
    configure_logging("info", lines)
    logging.getLogger("somebody.else").log(number, "written to %s", "jane@example.com")
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["level"] for line in said] == ([level] if level else [])
    assert all(line["logger"] == "somebody.else" for line in said)
    assert "jane" not in lines.getvalue()


@pytest.mark.parametrize("number", [1, 5, 10, 15])
def test_the_finest_levels_break_nothing(number: int) -> None:
    lines = io.StringIO()
    configure_logging("debug", lines)
    logger = logging.getLogger("somebody.fine")
    logger.setLevel(1)
    logger.log(number, "anything")
    assert [json.loads(line)["level"] for line in lines.getvalue().splitlines()] == ["debug"]
