"""The page of settings, made from the settings class; `make docs` writes its table, a test compares it."""

from pathlib import Path

from privacy.settings import ROOT, Settings

BEGIN, END = "<!-- settings: written by `make docs` -->", "<!-- end of settings -->"
PAGE = ROOT / "docs" / "settings.md"


def table() -> str:
    """One row per setting that is for people."""
    rows = ["| Setting | Default | Meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("internal"):
            continue
        default = field.default
        if isinstance(default, Path) and default.is_relative_to(ROOT):
            default = default.relative_to(ROOT)
        shown = f"`{default}`" if str(default) else "empty"
        rows.append(f"| `VERA_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def with_table(page: str) -> str:
    """The page with today's table between its marks."""
    before, rest = page.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def write() -> None:
    """Bring the page up to date."""
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
