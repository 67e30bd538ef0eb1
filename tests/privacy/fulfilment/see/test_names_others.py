"""Texts in which other people may be named are left to the download: no page and no chat shows them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.datamap.load import load_datamap
from privacy.datamap.scope import Scope
from privacy.fulfilment.see.viewing import Category, ShownValue
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.export.package_world import JANE, PackageWorld, sample_company

NOTE = "For my sister Rosa Miller, with love."
FLAG = f"{' ' * 12}may_name_others: true\n"
LABELS = (
    "            label: the note you added for a gift\n",
    "            label: your phone number\n",
)


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> PackageWorld:
    """Notes for gifts are flagged, and so are phone numbers, of which one would be told in the chat."""
    sample_company(tmp_path)
    described = (ROOT / "demo" / "datamap.yml").read_text(encoding="utf-8")
    for label in LABELS:
        assert label in described
        described = described.replace(label, label + FLAG)
    (tmp_path / "map.yml").write_text(described, encoding="utf-8")
    datamap = load_datamap(tmp_path / "map.yml", data_dir=tmp_path)
    with closing(sqlite3.connect(tmp_path / "demo" / "shop.db")) as shop, shop:
        shop.execute("UPDATE orders SET gift_note = ' ' WHERE customer_id = 1")
        newest = "SELECT max(id) FROM orders WHERE customer_id = 1"
        shop.execute(f"UPDATE orders SET gift_note = ? WHERE id = ({newest})", (NOTE,))
        oldest = "SELECT min(id) FROM orders WHERE customer_id = 1"
        shop.execute(f"UPDATE orders SET gift_note = NULL WHERE id = ({oldest})")
    world = PackageWorld(database, keyring, clock, tmp_path, datamap)
    world.knows(JANE)
    return world


def values(category: Category, column: str) -> list[ShownValue]:
    return [one for row in category.entries for one in row.values if one.column == column]


def test_the_page_names_the_text_and_does_not_show_it(world: PackageWorld) -> None:
    page = {one.id: one for one in world.viewing.page("r1", world.places(), Scope())}
    notes = values(page["shop.orders"], "gift_note")
    assert sorted((one.how, one.text.strip()) for one in notes) == sorted(
        [("others", ""), *[("shown", "")] * (len(notes) - 1)]
    ), "of what is empty nothing is said"
    [phone] = values(page["shop.customers"], "phone")
    assert (phone.how, phone.text) == ("others", "")
    assert phone.correct is not None, "it can be corrected all the same"
    more = world.viewing.more("r1", world.places(), Scope(), "shop.orders", 0)
    for shown in (page, more):
        assert "Rosa" not in str(shown)
    assert "23125101" not in str([one.entries for one in page.values()])


def test_the_chat_does_not_tell_it(world: PackageWorld) -> None:
    world.ask("access")
    assert world.work() == ["done"]
    _, wording, said = world.said.all[-1]
    assert wording == "utter_found"
    assert "Your e-mail address: jane.miller@example.com" in said["lines"]
    for others in ("phone number", "23125101", "Rosa"):
        assert others not in said["lines"]
