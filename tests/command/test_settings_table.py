"""The page of settings tells every one, as the settings class has it."""

from command.settings_table import PAGE, table, with_table
from privacy.settings import Settings


def test_the_page_holds_todays_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page, "run `make docs`"


def test_internal_settings_are_not_for_people() -> None:
    assert "VERA_INTERNAL_SECRET" not in table()
    assert all(
        f"VERA_{name.upper()}" in table()
        for name in Settings.model_fields
        if name in ("port", "smtp_url")
    )
