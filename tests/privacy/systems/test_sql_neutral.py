"""What stands in a row that stays where a value is gone: nothing, or what says nothing and breaks nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.datamap.scope import Scope
from privacy.systems.port import SystemRefused, TableErased, TableErasure
from tests.driving.mariadb import EVERY
from tests.privacy.systems.sql_world import (
    ANN,
    BOB,
    TABLES,
    SqlWorld,
    described,
    link,
    world_of,
)


@pytest.fixture(params=EVERY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path) as made:
        yield made


def test_what_stands_where_nothing_may_stand(world: SqlWorld) -> None:
    types = {
        "a_text": "TEXT",
        "a_short": "VARCHAR(15)",
        "a_number": "INTEGER",
        "a_price": "NUMERIC(8, 2)",
        "a_share": "DOUBLE PRECISION",
        "a_flag": "BOOLEAN",
        "a_day": "DATE",
        "a_moment": "TIMESTAMP",
        "a_time": "TIME",
    }
    values = "'x', 'y', 5, 4.5, 0.5, true, '2020-02-02', '2020-02-02 10:00:00', '10:00:00'"
    columns = ", ".join(f"{name} {kind} NOT NULL" for name, kind in types.items())
    world.run(
        f"CREATE TABLE things (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, {columns})"
    )
    world.run(f"INSERT INTO things VALUES (1, 1, {values}), (2, 2, {values})")
    tables = dict(TABLES, things=described(*types, link=link("customer_id", "customers.id")))
    system = world.system(tables)
    acts = [TableErasure("things", "stay", dict.fromkeys(types))]
    assert system.erase(ANN, acts) == [TableErased("things", 0, 1, 0)]
    [row] = world.all("SELECT * FROM things WHERE id = 1")
    assert [str(value) for value in row[2:6]] == [
        "",
        "",
        "0",
        "0" if world.kind == "sqlite" else "0.00",
    ]
    assert row[6:8] in [(0.0, False), (0, 0)]
    clock = "0:00:00" if world.kind == "mariadb" else "00:00:00"
    # MariaDB knows no earlier TIMESTAMP.
    moment = "1970-01-02" if world.kind == "mariadb" else "1900-01-01"
    assert [str(value) for value in row[8:]] == ["1900-01-01", f"{moment} 00:00:00", clock]
    assert system.erase(ANN, acts) == [TableErased("things", 0, 0, 0)]
    assert system.left(ANN, acts) == {"things": 0} and system.left(BOB, acts) == {"things": 1}


def test_values_that_must_differ_differ_and_stay_the_same(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE cards (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL,"
        " code VARCHAR(15) NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, number INTEGER NOT NULL UNIQUE)"
    )
    rows = ", ".join(f"({n}, 1, 'K{n}', 'N{n}', {n})" for n in range(1, 12_001))
    world.run(f"INSERT INTO cards VALUES {rows}, (20000, 2, 'B', 'B', 20000)")
    tables = dict(
        TABLES, cards=described("code", "name", "number", link=link("customer_id", "customers.id"))
    )
    system = world.system(tables)
    acts = [TableErasure("cards", "stay", {"code": None, "name": "some_one", "number": None})]
    assert system.erase(ANN, acts) == [TableErased("cards", 0, 12_000, 0)]
    first = world.all("SELECT code, name, number FROM cards ORDER BY id")
    assert len(set(first)) == 12_001 and first[-1] == ("B", "B", 20_000)
    code, name, number = first[0]
    assert code.startswith("erased-") and len(code) == 15
    assert name.startswith("some_one-") and number < 0
    assert system.erase(ANN, acts) == [TableErased("cards", 0, 0, 0)]
    assert world.all("SELECT code, name, number FROM cards ORDER BY id") == first


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("place_id INTEGER NOT NULL DEFAULT 10 REFERENCES orders (id)", "leads to another table"),
        ("code VARCHAR(8) NOT NULL UNIQUE DEFAULT 'k'", "is too short for a new value"),
        ("day DATE NOT NULL UNIQUE DEFAULT '2020-01-01'", "must differ from row to row"),
    ],
)
def test_what_cannot_be_neutral_is_for_a_person(world: SqlWorld, column: str, why: str) -> None:
    world.run(
        f"CREATE TABLE things (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, {column})"
    )
    world.run("INSERT INTO things (id, customer_id) VALUES (1, 1)")
    name = column.split()[0]
    system = world.system(
        dict(TABLES, things=described(name, link=link("customer_id", "customers.id")))
    )
    with pytest.raises(SystemRefused, match=why):
        system.erase(ANN, [TableErasure("things", "stay", {name: None})])
    # Where no row stays, nothing neutral is needed.
    assert system.erase(ANN, [TableErasure("things", "erase", {name: None})]) == [
        TableErased("things", 1, 0, 0)
    ]


def test_keys_of_rows_that_stay_are_never_blanked(world: SqlWorld) -> None:
    acts = [
        TableErasure("orders", "stay", {"id": None, "note": None}),
        TableErasure("customers", "stay", {"id": None, "name": None}),
    ]
    world.system().erase(ANN, acts)
    assert world.all("SELECT id, name FROM customers WHERE id = 1") == [(1, None)]
    assert len(world.all("SELECT id FROM orders WHERE customer_id = 1")) == 3


def test_json_and_uuids_on_postgresql(world: SqlWorld) -> None:
    if world.kind != "postgres":
        pytest.skip("SQLite has no such types")
    world.run(
        "CREATE TABLE things (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, doc JSON NOT NULL,"
        " more JSONB, token UUID NOT NULL UNIQUE, at TIMESTAMPTZ NOT NULL, tags TEXT[] NOT NULL)"
    )
    world.run(
        """INSERT INTO things VALUES (1, 1, '{"name": "Ann"}', '{"name": "Ann"}', gen_random_uuid(), now(), '{Ann}')"""
    )
    names = ["doc", "more", "token", "at", "tags"]
    system = world.system(
        dict(TABLES, things=described(*names, link=link("customer_id", "customers.id")))
    )
    [row] = system.rows("things", ANN, Scope())
    assert (row.values["doc"], row.values["more"], row.values["tags"]) == (
        '{"name": "Ann"}',
        '{"name": "Ann"}',
        '["Ann"]',
    )
    acts = [TableErasure("things", "stay", dict.fromkeys(names))]
    assert system.erase(ANN, acts) == [TableErased("things", 0, 1, 0)]
    [(doc, more, at, tags)] = world.all("SELECT doc, more IS NULL, at, tags FROM things")
    assert (doc, more, at.year, tags) == ({}, True, 1900, [])
    assert system.erase(ANN, acts) == [TableErased("things", 0, 0, 0)]
