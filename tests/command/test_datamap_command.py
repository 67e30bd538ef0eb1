"""`vera datamap` on the console: findings one a line, exit statuses for CI, drafts that keep secrets and files."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from command.cli import app
from command.datamap_command import schema_text
from demo.company import build
from privacy.settings import ROOT

DEMO = ROOT / "demo" / "datamap.yml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("VERA_DATAMAP", raising=False)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> Path:
    return build(folder / "demo")["shop"]


def vera(*words: str) -> Result:
    return CliRunner().invoke(app, ["datamap", *words])


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


# --- check


def test_the_sample_company_fits_its_map(shop: Path) -> None:
    result = vera("check")
    assert result.exit_code == 0, result.output
    assert result.output == f"{DEMO}: nothing is missing, and every database fits.\n"


def test_what_the_map_does_not_say_is_a_finding_each(shop: Path) -> None:
    change(
        shop,
        "ALTER TABLE customers ADD COLUMN shoe_size INTEGER",
        "ALTER TABLE products ADD COLUMN designer_email TEXT",
        "CREATE TABLE wishes (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id))",
    )
    result = vera("check")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert len(lines) == 3, lines
    assert any("customers: nothing is said about the column shoe_size" in line for line in lines)
    assert any("nothing is said about the table wishes" in line for line in lines)
    assert any(
        "products: the table stands under not_personal, but designer_email" in line
        for line in lines
    )


def test_a_column_that_was_thought_about_is_no_finding(shop: Path, folder: Path) -> None:
    change(shop, "ALTER TABLE products ADD COLUMN designer_email TEXT")
    mine = folder / "map.yml"
    mine.write_text(
        DEMO.read_text(encoding="utf-8").replace(
            "products: what we sell and what it costs",
            "products: what we sell; designer_email is a mailbox of ours",
        ),
        encoding="utf-8",
    )
    assert vera("check", str(mine)).exit_code == 0


def test_a_table_that_leads_to_persons_is_not_without_them(shop: Path, folder: Path) -> None:
    change(
        shop,
        "CREATE TABLE wishes (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id))",
    )
    mine = folder / "map.yml"
    mine.write_text(
        DEMO.read_text(encoding="utf-8").replace(
            "products: what we sell and what it costs",
            "products: what we sell and what it costs\n      wishes: what is wished for",
        ),
        encoding="utf-8",
    )
    result = vera("check", str(mine))
    assert result.exit_code == 1
    assert "wishes: customer leads to customers, which holds personal data" in result.output


def test_a_system_that_is_away_is_told_apart(shop: Path) -> None:
    shop.unlink()
    result = vera("check")
    assert result.exit_code == 2
    assert result.output.startswith(
        "shop: the database cannot be reached, so nothing could be compared."
    )
    assert len(result.output.splitlines()) == 1


def test_findings_are_for_programs_too(shop: Path) -> None:
    change(shop, "ALTER TABLE customers ADD COLUMN shoe_size INTEGER")
    shop.parent.joinpath("support.db").unlink()
    result = vera("check", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["map"] == str(DEMO)
    assert {(one["about"], one["place"]) for one in told["findings"]} == {
        ("database", "shop → customers"),
        ("unreachable", "support"),
    }


def test_mistakes_of_the_map_are_told_with_their_lines(folder: Path) -> None:
    mine = folder / "map.yml"
    mine.write_text(
        DEMO.read_text(encoding="utf-8").replace("leading: shop", "leading: TODO (which?)"),
        encoding="utf-8",
    )
    result = vera("check", str(mine))
    assert result.exit_code == 1
    line = DEMO.read_text(encoding="utf-8").splitlines().index("leading: shop") + 1
    assert f"{mine}, line {line}: leading: this waits for your decision (which?)." in result.output


def test_no_password_is_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = folder / "map.yml"
    text = DEMO.read_text(encoding="utf-8")
    mine.write_text(
        text.replace(
            "sqlite:///{data_dir}/demo/shop.db", '"postgresql://reader:${PW}@127.0.0.1:1/shop"'
        ),
        encoding="utf-8",
    )
    monkeypatch.setenv("PW", "hunter2")
    build(folder / "demo")
    result = vera("check", str(mine))
    assert result.exit_code == 2, result.output
    assert (
        "hunter2" not in result.output and "shop: the database cannot be reached" in result.output
    )


# --- draft, import


def test_a_draft_is_written_once_and_completed_by_a_person(shop: Path, folder: Path) -> None:
    target = folder / "drafted.yml"
    result = vera("draft", f"sqlite:///{shop}", "--name", "web_shop", "-o", str(target))
    assert result.exit_code == 0, result.output
    assert "complete what says TODO" in result.output
    assert "leading: web_shop" in target.read_text(encoding="utf-8")
    again = vera("draft", f"sqlite:///{shop}", "-o", str(target))
    assert again.exit_code == 1 and "is there already" in again.output
    check = vera("check", str(target))
    assert check.exit_code == 1 and "this waits for your decision" in check.output


def test_an_address_may_come_from_a_variable(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{shop}")
    result = vera("draft", "${SHOP_URL}")
    assert result.exit_code == 0
    assert "url: ${SHOP_URL}" in result.output and str(shop) not in result.output


@pytest.mark.parametrize("url", ["shop.db", "postgresql://reader:hunter2@127.0.0.1:1/shop"])
def test_an_address_that_does_not_work_is_told_without_it(url: str, folder: Path) -> None:
    result = vera("draft", url)
    assert result.exit_code == 1
    assert "hunter2" not in result.output and "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_name_has_to_be_one(shop: Path) -> None:
    assert vera("draft", f"sqlite:///{shop}", "--name", "My Shop").exit_code == 1


def test_fides_is_imported(folder: Path) -> None:
    source = folder / "fides.yml"
    source.write_text(
        "dataset:\n  - fides_key: shop\n    collections:\n      - name: customer\n        fields:\n"
        "          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}\n",
        encoding="utf-8",
    )
    result = vera("import-fides", str(source))
    assert result.exit_code == 0 and "category: user.contact.email" in result.output
    assert vera("import-fides", str(folder / "none.yml")).exit_code == 1


# --- schema


def test_the_published_schema_is_todays() -> None:
    published = (ROOT / "docs" / "datamap.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run `vera datamap schema > docs/datamap.schema.json`"
    assert vera("schema").output == published
