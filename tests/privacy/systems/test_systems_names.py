"""Names of tables and columns: they cannot break out, and what does not fit the map is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.systems.company import CompanyDirectory
from privacy.systems.fit import misfits
from privacy.systems.shape import Pointer
from tests.privacy.systems.systems_world import (
    CUSTOMER,
    CUSTOMERS,
    KEYRING,
    database,
    datamap,
    find,
    opened,
    table,
)

NAMES = st.text(
    st.characters(exclude_characters="\x00.", exclude_categories=["Cs"]),
    min_size=1,
    max_size=30,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=NAMES, column=NAMES)
def test_names_of_tables_and_columns_cannot_break_out(
    tmp_path_factory: pytest.TempPathFactory, name: str, column: str
) -> None:
    path = tmp_path_factory.mktemp("names") / "s.db"
    database(path, CUSTOMERS, [(1, "C1", "ann@example.com", None, None)], "customers")
    identity = {"person": "row", "key": "id", "email": column}
    described = datamap(shop=(path, name, identity))
    exists = name.lower() == "customers" and column == "email"
    try:
        assert CompanyDirectory(described, KEYRING).find(Contact("email", "ann@example.com")) != []
        assert exists
    except SystemDown:
        assert not exists
    with closing(sqlite3.connect(path)) as kept:
        assert kept.execute("SELECT count(*) FROM customers").fetchone() == (1,)


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a b", "a;--", "select", "a`b", "[a]", "ä🦊", "a%sb", ":a"]
)
def test_awkward_names_that_exist_work(tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} TEXT)")
        made.execute(f"INSERT INTO {quoted} VALUES (1, 'ann@example.com')")
    described = datamap(shop=(path, name, {"person": "row", "key": "id", "email": name}))
    assert find(CompanyDirectory(described, KEYRING), "ann@example.com") == {"shop:1": {"shop"}}


def test_what_the_database_does_not_have_is_told_before_use(tmp_path: Path) -> None:
    path = database(tmp_path / "s.db", CUSTOMERS)
    described = datamap(shop=(path, "customers", CUSTOMER | {"email": "mail"}))
    assert misfits(described) == [
        "shop → customers: the table has no column mail. Correct its name, or leave it out.",
    ]
    with pytest.raises(SystemDown):
        CompanyDirectory(described, KEYRING).find(Contact("email", "ann@example.com"))


def test_what_the_map_does_not_mention_is_told(tmp_path: Path) -> None:
    path = database(tmp_path / "s.db", CUSTOMERS)
    database(path, "CREATE TABLE secrets (id)")
    identity = {key: value for key, value in CUSTOMER.items() if key != "phone"}
    assert misfits(datamap(shop=(path, "customers", identity))) == [
        "shop → customers: nothing is said about the column phone. Describe it under fields, or name it under technical.",
        "shop: nothing is said about the table secrets. Describe it under tables, or name it under not_personal.",
    ]
    assert "no such table" in misfits(datamap(shop=(path, "clients", CUSTOMER)))[0]


LINKED = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, number, email TEXT, phone TEXT, changed_at);
CREATE TABLE stores (id INTEGER PRIMARY KEY, keeper INTEGER REFERENCES customers);
CREATE TABLE guests (id INTEGER PRIMARY KEY, email TEXT, customer_id INTEGER REFERENCES customers (id));
"""


def test_foreign_keys_that_the_map_does_not_follow_are_told(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(LINKED)
    raw = datamap(shop=(path, "customers", CUSTOMER)).model_dump(exclude_unset=True)
    shop = raw["systems"]["shop"]
    shop["not_personal"] = {"stores": "where we sell"}
    shop["tables"]["customers"]["technical"] = ["id"]
    guests = table({"person": "contact", "email": "email"}) | {"technical": ["id"]}
    guests["fields"]["customer_id"] = guests["fields"]["email"]
    shop["tables"]["guests"] = guests
    assert misfits(DataMap.model_validate(raw)) == [
        "shop → guests: customer_id leads to customers, and the map does not say so. "
        "Add a link, or name the column under technical.",
        "shop → stores: keeper leads to customers, which holds personal data. "
        "Describe it under tables, with a link.",
    ]
    assert set(opened(DataMap.model_validate(raw)).foreign_keys()) == {
        Pointer("stores", ("keeper",), "customers", ("id",)),
        Pointer("guests", ("customer_id",), "customers", ("id",)),
    }
    guests["link"] = {"column": "customer_id", "to": "customers.number"}
    assert misfits(DataMap.model_validate(raw))[0] == (
        "shop → guests: the link of customer_id leads to customers.number, the database's own to customers.id. "
        "Correct the link."
    )
    guests["link"]["to"] = "customers.id"
    shop["not_personal"] = {}
    assert misfits(DataMap.model_validate(raw)) == [
        "shop: nothing is said about the table stores. Describe it under tables, or name it under not_personal.",
    ]


def test_links_without_an_index_are_advised(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(LINKED)
    raw = datamap(shop=(path, "customers", CUSTOMER)).model_dump(exclude_unset=True)
    guests = table(CUSTOMER) | {
        "identity": None,
        "link": {"column": "customer_id", "to": "customers.id"},
    }
    raw["systems"]["shop"]["tables"]["guests"] = guests
    system = opened(DataMap.model_validate(raw))
    wanted = "CREATE INDEX guests_customer_id_lookup ON guests (customer_id)"
    assert system.index_advice()[-1] == wanted
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(wanted)
    assert wanted not in opened(DataMap.model_validate(raw)).index_advice()
