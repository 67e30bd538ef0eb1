"""Values of one person are corrected as they are meant, letter by letter, and uses of their data end at once."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from privacy.datamap.parts import Stop
from privacy.datamap.scope import EVERYTHING
from privacy.systems.lookup import Wanted
from privacy.systems.port import MoreThanBound, Place, SystemRefused, TableStopped
from privacy.systems.sql import SqlSystem
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

AT = datetime(2026, 11, 21, 10, 30, 5, 999, tzinfo=UTC)


@pytest.fixture(params=EVERY)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def system(world: SqlWorld) -> SqlSystem:
    return world.system()


# --- correct


def test_a_value_is_corrected_for_one_person(system: SqlSystem, world: SqlWorld) -> None:
    assert system.correct(ANN, "customers", {"name": "Anna", "phone": None}) == 1
    assert world.all("SELECT name, phone FROM customers ORDER BY id") == [
        ("Anna", None),
        ("Bob", None),
    ]
    assert system.correct(ANN, "customers", {"name": "Anna", "phone": None}) == 1, "again: the same"


def test_linked_rows_are_corrected_all_or_one_or_those_that_hold_something(
    system: SqlSystem, world: SqlWorld
) -> None:
    def notes() -> list[Any]:
        return [note for (note,) in world.all("SELECT note FROM orders ORDER BY id")]

    assert system.correct(ANN, "orders", {"note": "x"}, only_where={"note": None}) == 1
    assert notes() == ["for Ann", "also for Ann", "x", "for Bob"]
    assert system.correct(ANN, "orders", {"note": "y"}, key=(("id", 11),)) == 1
    assert system.correct(ANN, "orders", {"note": "y"}, key=(("id", 20),)) == 0, "that is Bob's"
    assert system.correct(ANN, "orders", {"note": "z"}) == 3
    assert notes() == ["z", "z", "z", "for Bob"]


def test_a_row_without_a_key_is_corrected_by_all_it_holds(
    system: SqlSystem, world: SqlWorld
) -> None:
    [row, _] = system.rows("messages", ANN, EVERYTHING)
    assert system.correct(ANN, "messages", {"body": "Better"}, key=row.key) == 1
    assert world.all("SELECT body FROM messages ORDER BY at") == [
        ("On its way",),
        ("Better",),
        ("Hello",),
    ]


def test_a_value_takes_the_type_of_its_column(world: SqlWorld, system: SqlSystem) -> None:
    system.correct(ANN, "orders", {"placed_on": "2022-02-02"}, key=(("id", 10),))
    system.correct(ANN, "orders", {"placed_on": date(2022, 2, 3)}, key=(("id", 11),))
    system.correct(ANN, "customers", {"score": "42", "changed_at": AT.replace(tzinfo=None)})
    assert [str(d) for (d,) in world.all("SELECT placed_on FROM orders ORDER BY id")][:2] == [
        "2022-02-02",
        "2022-02-03",
    ]
    [(score, changed)] = world.all("SELECT score, changed_at FROM customers WHERE id = 1")
    assert score == 42 and str(changed).startswith("2026-11-21 10:30:05")
    if world.kind != "sqlite":
        with pytest.raises(SystemRefused, match="shop → orders: a value is no date") as refused:
            system.correct(ANN, "orders", {"placed_on": "secret words"})
        assert "secret" not in str(refused.value)


def test_what_may_not_be_corrected(world: SqlWorld, system: SqlSystem) -> None:
    for name in ("id", "nothing"):
        with pytest.raises(SystemRefused, match=f"{name} is not for correcting"):
            system.correct(ANN, "customers", {name: 1})
    with pytest.raises(SystemRefused, match="the database refuses"):
        system.correct(ANN, "customers", {"number": "C2"})
    bounded = world.system(dict(TABLES, orders=dict(TABLES["orders"], bound=2)))
    before = world.dump()
    with pytest.raises(MoreThanBound):
        bounded.correct(ANN, "orders", {"note": "x"})
    assert world.dump() == before
    assert bounded.correct(ANN, "orders", {"note": "x"}, key=(("id", 10),)) == 1


# --- hostile values


HOSTILE = [
    "O'Neil", '"quoted"', "a\\b", "100%", "_", "%s", ":name", "?", "{}", "Robert'); DROP TABLE customers;--",
    "=cmd()", "=HYPERLINK(\"http://x\")", "+49", "-1", "@x", "🦊 ünï 漢字", "a\r\nb\t", "\u202eabc", "", " x ", "\ue000",
    "<script>alert(1)</script>", "{{7*7}}", "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_read_corrected_and_found_again_unharmed(
    system: SqlSystem, world: SqlWorld, words: str
) -> None:
    before = world.all("SELECT * FROM customers WHERE id = 2")
    assert system.correct(ANN, "customers", {"name": words}) == 1
    [row] = system.rows("customers", ANN, EVERYTHING)
    assert row.values["name"] == words
    assert world.all("SELECT name FROM customers WHERE id = 1") == [(words,)]
    assert system.correct(ANN, "customers", {"name": "Ann"}, only_where={"name": words}) == 1
    assert world.all("SELECT * FROM customers WHERE id = 2") == before


@pytest.mark.parametrize("words", [word for word in HOSTILE if word])
def test_hostile_words_as_a_place_find_only_their_own_row(
    system: SqlSystem, world: SqlWorld, words: str
) -> None:
    place = (Place("tickets", ((("email", words), ("phone", None)),)),)
    assert list(system.rows("tickets", place, EVERYTHING)) == []
    with world.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO tickets VALUES (9, :words, NULL, 'x', NULL)"), {"words": words}
        )
    assert [row.key for row in system.rows("tickets", place, EVERYTHING)] == [(("id", 9),)]


def test_a_nul_is_kept_where_the_database_can(system: SqlSystem, world: SqlWorld) -> None:
    if world.kind != "postgres":
        assert system.correct(ANN, "customers", {"name": "a\x00b"}) == 1
        [row] = system.rows("customers", ANN, EVERYTHING)
        assert row.values["name"] == "a\x00b"
        assert system.correct(ANN, "customers", {"name": "c"}, only_where={"name": "a\x00b"}) == 1
    else:
        with pytest.raises(SystemRefused) as refused:
            system.correct(ANN, "customers", {"name": "a\x00b"})
        assert refused.value.__cause__ is None and refused.value.__suppress_context__


def test_half_a_letter_is_refused(system: SqlSystem) -> None:
    with pytest.raises(SystemRefused):
        system.correct(ANN, "customers", {"name": "\ud800"})


def test_texts_and_files_that_are_no_utf8(tmp_path: Path) -> None:
    with world_of("sqlite", tmp_path) as world:
        world.run("UPDATE customers SET name = CAST(x'4dfc6c6c6572' AS TEXT)")
        [row] = world.system().rows("customers", ANN, EVERYTHING)
        assert row.values["name"] == "M\ufffdller"


# --- keys of other kinds


def test_keys_that_json_does_not_know_survive_it(world: SqlWorld) -> None:
    kind = {"sqlite": "BLOB", "postgres": "UUID", "mariadb": "BINARY(16)"}[world.kind]
    one = "0190f3c2-0000-7000-8000-000000000001"
    literal = f"'{one}'" if world.kind == "postgres" else f"x'{one.replace('-', '')}'"
    moments = {"sqlite": "TEXT", "postgres": "TIMESTAMP WITH TIME ZONE", "mariadb": "TIMESTAMP"}
    moment = moments[world.kind]
    world.run(
        f"CREATE TABLE members (id {kind}, at {moment}, price NUMERIC(8, 2), email TEXT, PRIMARY KEY (id, at, price))"
    )
    world.run(
        f"INSERT INTO members VALUES ({literal}, '2026-01-01 10:00:00+00:00', 1.5, 'ann@example.com')"
    )
    member = described("email", identity={"person": "row", "key": "id", "email": "email"},
                       technical=["id", "at", "price"])  # fmt: skip
    system = world.system({"members": member})
    [found] = system.search(Wanted(emails=frozenset({"ann@example.com"})))
    where = tuple(tuple(pair) for pair in json.loads(json.dumps(found.where)))
    places = [Place("members", (where,))]
    [row] = system.rows("members", places, EVERYTHING)
    key = tuple(tuple(pair) for pair in json.loads(json.dumps(row.key)))
    assert system.correct(places, "members", {"email": "x"}, key=key) == 1
    [mark] = system.marks(places)
    assert [row.values for row in system.rows("members", [system.place_of(mark)], EVERYTHING)] == [
        {"email": "x"}
    ]


# --- stop


def test_a_use_ends_once(system: SqlSystem, world: SqlWorld) -> None:
    stop = Stop(on=["object"], set={"score": 0, "changed_at": "now"}, only_where={"score": 7})
    assert system.stop(ANN, [("customers", stop)], AT) == [TableStopped("customers", 1, 0)]
    [(score, changed)] = world.all("SELECT score, changed_at FROM customers WHERE id = 1")
    assert (score, str(changed)) == (0, "2026-11-21 10:30:05")
    assert system.stop(ANN, [("customers", stop)], AT) == [TableStopped("customers", 0, 1)]
    assert world.all("SELECT score FROM customers WHERE id = 2") == [(5,)]


def test_without_a_condition_a_use_ends_once_too(system: SqlSystem, world: SqlWorld) -> None:
    stops = [("orders", Stop(on=["restrict"], set={"note": "stopped"})),
             ("tickets", Stop(on=["restrict"], set={"opened_at": "now", "phone": None}))]  # fmt: skip
    assert system.stop(ANN, stops, AT) == [
        TableStopped("orders", 3, 0),
        TableStopped("tickets", 0, 2),
    ]
    assert system.stop(ANN, stops, AT) == [
        TableStopped("orders", 0, 3),
        TableStopped("tickets", 0, 2),
    ]
    assert world.all("SELECT note FROM orders WHERE id = 20") == [("for Bob",)]
    world.run("UPDATE tickets SET opened_at = NULL")
    assert system.stop(ANN, stops[1:], AT) == [TableStopped("tickets", 2, 0)]
    assert world.all("SELECT opened_at FROM tickets WHERE id = 1") == [("2026-11-21 10:30:05",)]


def test_stops_are_all_or_none(system: SqlSystem, world: SqlWorld) -> None:
    before = world.dump()
    stops = [("orders", Stop(on=["restrict"], set={"note": "stopped"})),
             ("customers", Stop(on=["restrict"], set={"number": None}))]  # fmt: skip
    with pytest.raises(SystemRefused, match="shop → customers"):
        system.stop(ANN, stops, AT)
    assert world.dump() == before
    assert system.stop((), stops, AT) == [
        TableStopped("orders", 0, 0),
        TableStopped("customers", 0, 0),
    ]


def test_moments_of_every_kind(world: SqlWorld) -> None:
    world.run(
        "CREATE TABLE flags (id INTEGER PRIMARY KEY, customer_id INTEGER, a_day DATE, a_text TEXT,"
        " a_number INTEGER, a_zoned TIMESTAMP WITH TIME ZONE)"
        if world.kind == "postgres"
        else "CREATE TABLE flags (id INTEGER PRIMARY KEY, customer_id INTEGER, a_day DATE, a_text TEXT,"
        " a_number INTEGER, a_zoned TEXT)"
    )
    world.run("INSERT INTO flags (id, customer_id) VALUES (1, 1), (2, 2)")
    names = ["a_day", "a_text", "a_number", "a_zoned"]
    tables = dict(TABLES, flags=described(*names, link=link("customer_id", "customers.id")))
    stop = Stop(on=["withdraw_consent"], set=dict.fromkeys(names, "now"))
    assert world.system(tables).stop(ANN, [("flags", stop)], AT) == [TableStopped("flags", 1, 0)]
    [(day, words, number, zoned)] = world.all(
        "SELECT a_day, a_text, a_number, a_zoned FROM flags WHERE id = 1"
    )
    assert (str(day), words, number) == ("2026-11-21", "2026-11-21 10:30:05", 1_795_257_005)
    assert str(zoned).startswith("2026-11-21 10:30:05") or zoned == AT.replace(microsecond=0)
    assert list(world.system(tables).rows("flags", BOB, EVERYTHING))[0].values["a_day"] is None
