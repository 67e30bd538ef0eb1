"""`vera holds` on a data folder with the sample company: placed by one contact, found by another, lifted."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from command.cli import app
from demo.company import build
from privacy.clock import SystemClock
from privacy.contacts import Contact
from privacy.fulfilment.delete.holds import Holds
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.audit import audit

VERA = CliRunner()
JANE = "jane.miller@example.com"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A data folder with an empty database and the sample company."""
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    build(tmp_path / "demo")
    database = Database(f"sqlite:///{tmp_path / 'vera.db'}")
    metadata.create_all(database.engine)
    Keyring.load(tmp_path / "keys.json")
    return database


def vera(*words: str) -> tuple[int, str]:
    result = VERA.invoke(app, ["holds", *words])
    return result.exit_code, result.output


def is_held(database: Database, folder: Path, contact: Contact) -> bool:
    holds = Holds(Keyring.load(folder / "keys.json"), SystemClock(), "DE")
    with database.read() as tx:
        return holds.is_held(tx, holds.indexes([contact]))


def test_a_hold_is_placed_listed_and_lifted(database: Database, tmp_path: Path) -> None:
    assert vera() == (0, "No legal hold is in force.\n")
    status, said = vera("place", JANE, "--reason", "Case 12 [red]U[/red]", "--by", "kim")
    assert status == 0
    hold = said.split("Placed: ")[1].split(".")[0]
    assert JANE not in said
    assert is_held(database, tmp_path, Contact("email", JANE))
    assert is_held(database, tmp_path, Contact("phone", "030 23125101"))
    status, said = vera()
    assert hold in said
    assert "Case 12 [red]U[/red]" in said
    assert "kim" in said
    assert vera("lift", hold)[0] == 0
    assert not is_held(database, tmp_path, Contact("email", JANE))
    assert vera("lift", hold)[0] == 1
    assert hold in vera("--lifted")[1]
    with database.read() as tx:
        acts = tx.execute(select(audit.c.act).order_by(audit.c.seq)).scalars().all()
    assert acts == ["hold.placed", "hold.lifted"]


def test_what_is_no_contact_is_said(database: Database) -> None:
    status, said = vera("place", "Jane", "--reason", "Case")
    assert (status, said.strip()) == (
        1,
        "This is no e-mail address or phone number: write one of the person's.",
    )
    assert vera("place", JANE, "--reason", " ")[0] == 1


def test_a_shared_contact_holds_all_who_share_it(database: Database, tmp_path: Path) -> None:
    status, said = vera("place", "family.brandt@example.com", "--reason", "Case")
    assert status == 0
    assert "people share this contact" in said


def test_a_system_that_is_away_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "demo" / "shop.db").unlink()
    status, said = vera("place", JANE, "--reason", "Case")
    assert status == 0
    assert "shop cannot be reached" in said
    assert is_held(database, tmp_path, Contact("email", JANE))
