"""Databases made by others: keys of several columns, e-mail addresses as keys, threads that point at themselves,
days written as texts, columns that have to hold something. On SQLite and, where there is one, on PostgreSQL.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from privacy.datamap.model import DataMap
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.systems.fit import misfits
from privacy.systems.matching import normal_email
from privacy.systems.port import Place, SystemRefused, TableErased, TableErasure
from tests.driving.mariadb import EVERY
from tests.privacy.systems.sql_world import SqlWorld, datamap, described, link, world_of

ANN = (Place("members", ((("email", "ann@example.com"),),)),)
MEMBERS = {"person": "row", "key": "email", "email": "email"}
SCHEMA = """
CREATE TABLE members (email VARCHAR(80) PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE bookings (year INTEGER NOT NULL, number INTEGER NOT NULL, member VARCHAR(80) NOT NULL
  REFERENCES members (email), booked TEXT, PRIMARY KEY (year, number));
CREATE TABLE travellers (year INTEGER NOT NULL, number INTEGER NOT NULL, seat INTEGER NOT NULL, name TEXT,
  PRIMARY KEY (year, number, seat), FOREIGN KEY (year, number) REFERENCES bookings (year, number));
INSERT INTO members VALUES ('ann@example.com', 'Ann'), ('bob@example.com', 'Bob');
INSERT INTO bookings VALUES (2023, 1, 'ann@example.com', '31.12.2023'), (2024, 1, 'bob@example.com', '2024-01-05');
INSERT INTO bookings VALUES (2024, 2, 'ann@example.com', '2024/02/03 10:00'), (2024, 3, 'ann@example.com', '20240304');
INSERT INTO bookings VALUES (2024, 4, 'ann@example.com', '3/4/2024'), (2024, 5, 'ann@example.com', 'Thursday');
INSERT INTO travellers VALUES (2023, 1, 1, 'Ann'), (2024, 1, 1, 'Bob'), (2024, 2, 1, 'Ann'), (2024, 2, 2, 'Cy');
"""
BOTH = {"column": "year", "to": "bookings.year", "also": {"number": "number"}}
TABLES: dict[str, Any] = {
    "members": described("email", "name", identity=MEMBERS),
    "bookings": described(
        "booked",
        link=link("member", "members.email"),
        dated_by="booked",
        technical=["year", "number", "member"],
    ),
    "travellers": described("name", link=BOTH, technical=["year", "number", "seat"]),
}


@pytest.fixture(params=EVERY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path, empty=True) as made:
        yield made


def found(world: SqlWorld, tables: dict[str, Any]) -> list[str]:
    return misfits(datamap(world.url, tables, world.schema))


# --- keys of several columns


def test_a_key_of_several_columns_leads_to_one_persons_rows_only(world: SqlWorld) -> None:
    world.run(SCHEMA)
    system = world.system(TABLES)
    rows = list(system.rows("travellers", ANN, EVERYTHING))
    assert [row.values["name"] for row in rows] == ["Ann", "Ann", "Cy"]
    assert rows[1].values == {"name": "Ann", "year": 2024, "number": 2}
    acts = [TableErasure("travellers", "erase"), TableErasure("bookings", "erase")]
    assert [one.erased for one in system.erase(ANN, acts)] == [3, 5]
    assert world.all("SELECT name FROM travellers") == [("Bob",)]
    assert world.all("SELECT member FROM bookings") == [("bob@example.com",)]
    assert found(world, TABLES) == []


def test_half_a_key_is_a_finding_and_takes_nobody_elses_rows(world: SqlWorld) -> None:
    world.run(SCHEMA)
    half = dict(
        TABLES, travellers=dict(TABLES["travellers"], link=link("number", "bookings.number"))
    )
    assert found(world, half) == [
        "shop → travellers: the link leads to bookings.number, which is only a part of what names a row of bookings: "
        "rows of others would be taken for the person's. Name under also what leads to year."
    ]
    # Bob's booking has the number 1 as well: nothing of it is erased.
    [done] = world.system(half).erase(ANN, [TableErasure("travellers", "erase")])
    assert done.erased == 2
    assert world.all("SELECT name FROM travellers ORDER BY name") == [("Ann",), ("Bob",)]


def test_a_table_that_hangs_by_several_columns_is_told_once(world: SqlWorld) -> None:
    world.run(SCHEMA)
    without = {name: table for name, table in TABLES.items() if name != "travellers"}
    raw = datamap(world.url, without, world.schema).model_dump(exclude_unset=True)
    raw["systems"]["shop"]["not_personal"] = {"travellers": "who sits where"}
    assert misfits(DataMap.model_validate(raw)) == [
        "shop → travellers: year and number lead to bookings, which holds personal data. "
        "Describe it under tables, with a link."
    ]


# --- days written as texts


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        (date(2024, 1, 1), None, [2, 3]),
        (None, date(2023, 12, 31), [1]),
        (date(2023, 12, 31), date(2024, 2, 3), [1, 2]),
        (date(2024, 3, 4), date(2024, 3, 4), [3]),
    ],
)
def test_days_are_read_in_the_orders_that_leave_no_doubt(
    world: SqlWorld, since: date | None, until: date | None, numbers: list[int]
) -> None:
    world.run(SCHEMA)
    system = world.system(TABLES)
    rows = system.rows("bookings", ANN, Scope(since=since, until=until))
    assert [dict(row.key)["number"] for row in rows] == numbers
    count = next(c for c in system.counts(ANN, EVERYTHING) if c.table == "bookings")
    assert (count.rows, count.first, count.last) == (5, date(2023, 12, 31), date(2024, 3, 4))


# --- threads


def test_an_answer_of_somebody_else_keeps_the_whole_thread_hanging_together(
    world: SqlWorld,
) -> None:
    world.run(
        "CREATE TABLE members (email VARCHAR(80) PRIMARY KEY, name TEXT);"
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author VARCHAR(80) REFERENCES members (email),"
        " answers INTEGER REFERENCES posts (id), root INTEGER REFERENCES posts (id), body TEXT);"
        "INSERT INTO members VALUES ('ann@example.com', 'Ann'), ('bob@example.com', 'Bob');"
        "INSERT INTO posts VALUES (1, 'ann@example.com', NULL, NULL, 'a'), (2, 'ann@example.com', 1, 1, 'b');"
        "INSERT INTO posts VALUES (3, 'bob@example.com', 2, 1, 'c'), (4, 'ann@example.com', 3, 1, 'd');"
        "INSERT INTO posts VALUES (5, 'ann@example.com', NULL, NULL, 'e'), (6, 'ann@example.com', 5, 5, 'f');"
    )
    posts = described(
        "body", link=link("author", "members.email"), technical=["id", "author", "answers", "root"]
    )
    system = world.system({"members": described("email", "name", identity=MEMBERS), "posts": posts})
    acts = [TableErasure("posts", "erase", {"body": None})]
    assert system.erase(ANN, acts) == [TableErased("posts", 3, 2, 0)]
    assert world.all("SELECT id, body FROM posts ORDER BY id") == [(1, None), (2, None), (3, "c")]
    assert system.left(ANN, acts) == {"posts": 0}


# --- what has to stand in a row that stays


def test_an_address_that_nobody_has_takes_the_place_of_one_that_has_to_look_like_one(
    world: SqlWorld,
) -> None:
    world.run(
        "CREATE TABLE members (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE CHECK (replace(email, '@', '') <> email),"
        " second VARCHAR(80) NOT NULL CHECK (replace(second, '@', '') <> second));"
        "INSERT INTO members VALUES (1, 'ann@example.com', 'a@example.com'), (2, 'bob@example.com', 'b@example.com');"
    )
    identity = {"person": "row", "key": "id", "email": "email"}
    tables = {"members": described("email", "second", identity=identity, technical=["id"])}
    assert found(world, tables) == []
    system = world.system(tables)
    ann = (Place("members", ((("id", 1),),)),)
    acts = [TableErasure("members", "stay", {"email": None, "second": None})]
    assert system.erase(ann, acts) == [TableErased("members", 0, 1, 0)]
    [(email, second)] = world.all("SELECT email, second FROM members WHERE id = 1")
    assert email.startswith("erased-") and email.endswith("@erased.invalid")
    assert second == "erased@erased.invalid"
    # It is nobody's: no one is found by it, and the row is still known as the erased person's.
    assert normal_email(email) is None
    assert [mark.contacts for mark in system.marks(ann)] == [()]
    assert system.erase(ann, acts) == [TableErased("members", 0, 0, 0)]


def test_a_value_that_must_differ_is_no_contact(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE members (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL UNIQUE);"
        "INSERT INTO members VALUES (1, 'ann@example.com')"
    )
    identity = {"person": "row", "key": "id", "email": "email"}
    system = world.system({"members": described("email", identity=identity, technical=["id"])})
    ann = (Place("members", ((("id", 1),),)),)
    system.erase(ann, [TableErasure("members", "stay", {"email": None})])
    assert [mark.contacts for mark in system.marks(ann)] == [()]


def test_what_could_never_be_emptied_is_a_finding(world: SqlWorld) -> None:
    world.run(
        SCHEMA + "CREATE TABLE notes (member VARCHAR(80) NOT NULL REFERENCES members (email));"
    )
    # A key that leads to the person, described as something that goes while the row stays.
    notes = described("member", link=link("member", "members.email"), on_delete="anonymise")
    assert found(world, TABLES | {"notes": notes}) == [
        "shop → notes: member leads to another table and cannot be empty, so deleting would stop at a row that has to "
        "stay. Say under on_delete what stands there then: {act: anonymise, value: …}, or keep it."
    ]


# --- PostgreSQL alone


@pytest.fixture
def postgres(world: SqlWorld) -> SqlWorld:
    if world.kind != "postgres":
        pytest.skip("This is about PostgreSQL alone.")
    return world


def test_words_of_a_type_of_its_own(postgres: SqlWorld) -> None:
    postgres.run(
        "CREATE TYPE mood AS ENUM ('sad', 'even', 'glad');"
        "CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, mood mood NOT NULL DEFAULT 'even',"
        " other mood NOT NULL, place inet NOT NULL, while interval NOT NULL);"
        "INSERT INTO members VALUES (1, 'ann@example.com', 'glad', 'glad', '10.0.0.1', '2 days')"
    )
    identity = {"person": "row", "key": "id", "email": "email"}
    columns = ["email", "mood", "other", "place", "while"]
    tables = {"members": described(*columns, identity=identity, technical=["id"])}
    ann = (Place("members", ((("id", 1),),)),)
    blank: dict[str, str | None] = dict.fromkeys(columns)
    [done] = postgres.system(tables).erase(ann, [TableErasure("members", "stay", blank)])
    assert (done.blanked, done.left) == (1, 0)
    assert postgres.all("SELECT email, mood::text, other::text, place::text FROM members") == [
        (None, "even", "sad", "0.0.0.0/32")
    ]


def test_parts_of_a_table_are_the_table_and_stored_views_are_told(postgres: SqlWorld) -> None:
    postgres.run(
        SCHEMA
        + "CREATE TABLE logins (member VARCHAR(80) NOT NULL REFERENCES members (email), at DATE NOT NULL)"
        " PARTITION BY RANGE (at);"
        "CREATE TABLE logins_2024 PARTITION OF logins FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');"
        "INSERT INTO logins VALUES ('ann@example.com', '2024-05-05'), ('bob@example.com', '2024-05-06');"
        "CREATE MATERIALIZED VIEW names AS SELECT name FROM members;"
    )
    logins = described("at", link=link("member", "members.email"), technical=["member"])
    tables = TABLES | {"logins": logins}
    assert found(postgres, tables) == [
        "shop: nothing is said about the table names. Describe it under tables, or name it under not_personal."
    ]
    [done] = postgres.system(tables).erase(ANN, [TableErasure("logins", "erase")])
    assert done.erased == 1
    assert postgres.all("SELECT member FROM logins") == [("bob@example.com",)]


def test_a_key_is_never_written(world: SqlWorld) -> None:
    world.run(SCHEMA)
    with pytest.raises(SystemRefused, match="email is not for correcting"):
        world.system(TABLES).correct(ANN, "members", {"email": "x@example.com"})
