"""What MariaDB does in a way of its own: it cuts what is too long, locks what it looks at, keeps what is deleted.

Beside this, every test of the SQL systems that is tried on EVERY kind of database runs on it.
"""

from datetime import UTC, date, datetime, time

import pytest
from sqlalchemy import text

from privacy.datamap.parts import Stop
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.errors import SystemDown
from privacy.systems import engines
from privacy.systems.fit import misfits
from privacy.systems.lookup import Wanted
from privacy.systems.port import Place, SystemRefused, TableErased, TableErasure
from tests.privacy.systems.sql_world import (
    ANN,
    BOB,
    TABLES,
    SqlWorld,
    datamap,
    described,
    keys,
    link,
)

pytestmark = pytest.mark.mariadb

AT = datetime(2026, 11, 21, 10, 30, 5, tzinfo=UTC)


# --- types


def test_a_value_that_is_too_long_is_refused_and_not_cut(mariadb: SqlWorld) -> None:
    before = mariadb.dump()
    with pytest.raises(SystemRefused, match="shop → customers: the database refuses"):
        mariadb.system().correct(ANN, "customers", {"number": "x" * 41})
    assert mariadb.dump() == before


def test_values_of_its_own_types(mariadb: SqlWorld) -> None:
    mariadb.run(
        "CREATE TABLE things (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, flag BOOLEAN NOT NULL, bit BIT(1) NOT NULL,"
        " mood ENUM('sad', 'even', 'glad') NOT NULL DEFAULT 'even', tags SET('a', 'b') NOT NULL, doc JSON NOT NULL,"
        " day DATE NOT NULL, at DATETIME NOT NULL, stamp TIMESTAMP NOT NULL, clock TIME NOT NULL, built YEAR,"
        " file LONGBLOB NOT NULL, price DECIMAL(8, 2) NOT NULL)"
    )
    mariadb.run(
        """INSERT INTO things VALUES (1, 1, true, b'1', 'glad', 'a,b', '{"name": "Ann"}', '2024-02-03', '2024-02-03 04:05:06',
          '2024-02-03 04:05:06', '04:05:06', 2024, x'00ff', 1.50)"""
    )
    names = ["flag", "bit", "mood", "tags", "doc", "day", "at", "stamp", "clock", "built", "file", "price"]  # fmt: skip
    things = described(*names, link=link("customer_id", "customers.id"), dated_by="day")
    system = mariadb.system(dict(TABLES, things=things))
    [row] = system.rows("things", ANN, EVERYTHING)
    moment = datetime(2024, 2, 3, 4, 5, 6)  # noqa: DTZ001
    assert list(row.values.values())[:11] == [
        True, True, "glad", "a,b", '{"name": "Ann"}', date(2024, 2, 3), moment, moment, time(4, 5, 6), 2024, b"\x00\xff",
    ]  # fmt: skip
    assert str(row.values["price"]) == "1.50"
    assert system.correct(ANN, "things", {"flag": False, "bit": "false", "mood": "sad"}) == 1
    with pytest.raises(SystemRefused):
        system.correct(ANN, "things", {"mood": "angry"})
    acts = [TableErasure("things", "stay", dict.fromkeys(names))]
    assert system.erase(ANN, acts) == [TableErased("things", 0, 1, 0)]
    [row] = system.rows("things", ANN, EVERYTHING)
    assert [row.values[name] for name in names[:5]] == [False, False, "even", "", "{}"]
    assert (row.values["built"], row.values["file"]) == (None, b"")
    assert system.erase(ANN, acts) == [TableErased("things", 0, 0, 0)]


def test_what_an_old_server_let_in_is_read_as_it_stands(mariadb: SqlWorld) -> None:
    mariadb.run(
        "CREATE TABLE things (id INTEGER PRIMARY KEY, customer_id INTEGER, mood ENUM('sad', 'glad'), day DATE, span TIME);"
        "INSERT INTO things VALUES (1, 1, 'neither', '0000-00-00', '-34:00:01'), (2, 1, 'sad', '2020-02-03', '100:00:00')"
    )
    things = described(
        "mood", "day", "span", link=link("customer_id", "customers.id"), dated_by="day",
        technical=["id"],
    )  # fmt: skip
    system = mariadb.system(dict(TABLES, things=things))
    first, second = (row.values for row in system.rows("things", ANN, EVERYTHING))
    assert (first["mood"], first["span"], second["span"]) == ("", "-34:00:01", "100:00:00")
    # A day of zeros is no day, and of no range of days.
    assert keys(system.rows("things", ANN, Scope(until=date(2021, 1, 1)))) == [2]
    [count] = [one for one in system.counts(ANN, EVERYTHING) if one.table == "things"]
    assert (count.rows, count.first, count.last) == (2, date(2020, 2, 3), date(2020, 2, 3))
    acts = [TableErasure("things", "erase", older_than=date(2021, 1, 1))]
    assert system.erase(ANN, acts) == [TableErased("things", 1, 0, 0)]
    assert mariadb.all("SELECT id FROM things") == [(1,)]


def test_a_moment_is_written_as_the_moment_that_it_is(mariadb: SqlWorld) -> None:
    stop = Stop(on=["object"], set={"changed_at": "now"})
    mariadb.system().stop(ANN, [("customers", stop)], AT)
    [(seconds,)] = mariadb.all("SELECT unix_timestamp(changed_at) FROM customers WHERE id = 1")
    assert int(seconds) == int(AT.timestamp())


def test_a_number_that_must_differ_and_be_above_zero_is_for_a_person(mariadb: SqlWorld) -> None:
    mariadb.run("CREATE TABLE cards (id INTEGER PRIMARY KEY, customer_id INTEGER, number INT UNSIGNED NOT NULL UNIQUE)")  # fmt: skip
    mariadb.run("INSERT INTO cards VALUES (1, 1, 5)")
    cards = described("number", link=link("customer_id", "customers.id"))
    system = mariadb.system(dict(TABLES, cards=cards))
    with pytest.raises(SystemRefused, match="number must differ and be above zero"):
        system.erase(ANN, [TableErasure("cards", "stay", {"number": None})])


@pytest.mark.parametrize("name", ['a"b', "a'b", "a b", "a;--", "select", "ä", "a%sb", ":a", "a?b", "A"])  # fmt: skip
def test_awkward_names_that_exist_are_read_and_written(bare: SqlWorld, name: str) -> None:
    quoted = f"`{name}`"
    with bare.engine.begin() as connection:
        for statement in (
            f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} VARCHAR(80) NOT NULL UNIQUE)",
            f"INSERT INTO {quoted} VALUES (1, 'ann@example.com'), (2, 'bob@example.com')",
        ):
            connection.exec_driver_sql(statement.replace("%", "%%"), {})
    identity = {"person": "row", "key": "id", "email": name}
    system = bare.system({name: described(name, identity=identity, technical=["id"])})
    ann = [Place(name, ((("id", 1),),))]
    assert [one.key for one in system.search(Wanted(emails=frozenset({"ann@example.com"})))] == [
        "1"
    ]
    assert system.correct(ann, name, {name: "x"}, only_where={name: "ann@example.com"}) == 1
    [done] = system.erase(ann, [TableErasure(name, "stay", {name: None})])
    assert (done.blanked, done.left) == (1, 0)
    [done] = system.erase(ann, [TableErasure(name, "erase")])
    assert done.erased == 1


# --- transactions


def test_rows_that_let_go_of_each_other_are_still_known_as_whose_they_are(
    mariadb: SqlWorld,
) -> None:
    mariadb.run(
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, customer_id INTEGER, answers INTEGER, body TEXT, UNIQUE (customer_id, id),"
        " FOREIGN KEY (customer_id, answers) REFERENCES posts (customer_id, id));"
        "INSERT INTO posts VALUES (1, 1, NULL, 'a'), (5, 2, NULL, 'e'); INSERT INTO posts VALUES (2, 1, 1, 'b'), (3, 1, 2, 'c');"
        "INSERT INTO posts VALUES (6, 2, 5, 'f')"
    )
    posts = described("body", link=link("customer_id", "customers.id"))
    acts = [TableErasure("posts", "erase", {"body": None})]
    system = mariadb.system(dict(TABLES, posts=posts))
    assert system.erase(ANN, acts) == [TableErased("posts", 3, 0, 0)]
    assert mariadb.all("SELECT id, customer_id, answers FROM posts") == [(5, 2, None), (6, 2, 5)]


def test_who_reads_cannot_write(mariadb: SqlWorld) -> None:
    system = mariadb.system()
    with pytest.raises(Exception, match="READ ONLY"), system._engine.connect() as connection:
        connection.execute(text("DELETE FROM tickets"))


def test_a_locked_row_is_down_in_time_and_nothing_is_changed(
    mariadb: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_LONGER_FOR_WRITING", 1)
    system, before = mariadb.system(), mariadb.dump()
    acts = [TableErasure("lines", "erase"), TableErasure("orders", "erase", {"note": None})]
    with mariadb.engine.connect() as other:
        other.exec_driver_sql("SELECT * FROM orders WHERE id = 12 FOR UPDATE")
        with pytest.raises(SystemDown):
            system.erase(ANN, acts)
    assert mariadb.dump() == before
    assert [one.erased for one in system.erase(ANN, acts)] == [3, 2]


def test_the_rows_of_others_stay_free_while_one_person_is_erased(
    mariadb: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_LONGER_FOR_WRITING", 1)
    mariadb.run("INSERT INTO orders SELECT seq, 2, '2020-01-01', 'x', seq FROM seq_100_to_3000")
    mariadb.run("INSERT INTO lines SELECT seq + 1000, seq, 'x' FROM seq_100_to_3000; ANALYZE TABLE orders; ANALYZE TABLE lines")  # fmt: skip
    system = mariadb.system()
    acts = [TableErasure("lines", "erase"), TableErasure("orders", "erase", {"note": None})]
    with mariadb.engine.connect() as other:
        other.exec_driver_sql("SELECT * FROM orders WHERE id > 2000 FOR UPDATE")
        other.exec_driver_sql("SELECT * FROM `lines` WHERE id > 3000 FOR UPDATE")
        assert system.correct(ANN, "orders", {"note": "x"}) == 3
        done = [(one.erased, one.blanked) for one in system.erase(ANN, acts)]
    assert done == [(3, 0), (2, 1)]


def test_a_connection_that_is_cut_is_down_and_the_next_one_works(
    mariadb: SqlWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_point: str) -> None:
        for (id,) in mariadb.all(
            "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        ):
            mariadb.run(f"KILL {id}")

    system, before = mariadb.system(), mariadb.dump()
    with monkeypatch.context() as patched:
        patched.setattr("privacy.systems.sql.crashpoint", cut)
        with pytest.raises(SystemDown):
            system.correct(ANN, "customers", {"name": "Anna"})
    assert mariadb.dump() == before
    assert system.correct(ANN, "customers", {"name": "Anna"}) == 1


@pytest.mark.parametrize("why", ["a trigger", "a check", "a right"])
def test_what_it_forbids_is_told_without_quoting_anybody(mariadb: SqlWorld, why: str) -> None:
    system = mariadb.system()
    if why == "a trigger":
        with mariadb.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER no_more BEFORE UPDATE ON customers FOR EACH ROW"
                " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ann@example.com stays'"
            )
    elif why == "a check":
        mariadb.run("ALTER TABLE customers ADD CHECK (name <> 'Anna')")
    else:
        mariadb.run("CREATE VIEW seen AS SELECT max(id) AS id, 'x' AS name FROM customers")
        identity = {"person": "row", "key": "id", "email": "name"}
        seen = described("name", identity=identity, technical=["id"])
        system = mariadb.system(dict(TABLES, seen=seen))
    table = "seen" if why == "a right" else "customers"
    place = (Place(table, ((("id", 2 if why == "a right" else 1),),)),)
    before = mariadb.dump()
    with pytest.raises(SystemRefused) as refused:
        system.correct(place, table, {"name": "Anna"})
    assert str(refused.value) == f"shop → {table}: the database refuses (OperationalError)"
    assert mariadb.dump() == before


# --- what the map's author is told


def test_tables_in_which_a_deletion_would_not_be_one_are_findings(mariadb: SqlWorld) -> None:
    mariadb.run(
        "ALTER TABLE messages DROP FOREIGN KEY messages_ibfk_1; ALTER TABLE messages ENGINE = MyISAM; ALTER TABLE invoices ADD SYSTEM VERSIONING"
    )
    assert misfits(datamap(mariadb.url, TABLES)) == [
        "shop → invoices: the table keeps what is deleted from it (WITH SYSTEM VERSIONING), so nothing would be gone. "
        "Drop its versions: ALTER TABLE … DROP SYSTEM VERSIONING.",
        "shop → messages: its engine knows no transactions, so a deletion that breaks off would stay half done. "
        "Convert it: ALTER TABLE … ENGINE = InnoDB.",
    ]
    before = mariadb.dump()
    with pytest.raises(SystemRefused, match="shop → invoices: it keeps what is deleted from it"):
        mariadb.system().erase(
            BOB, [TableErasure("lines", "erase"), TableErasure("invoices", "erase")]
        )
    assert mariadb.dump() == before
    without = {name: table for name, table in TABLES.items() if name != "invoices"}
    assert any("nothing is said about the table invoices" in one for one in misfits(datamap(mariadb.url, without)))  # fmt: skip


def test_advice_on_indexes_is_something_that_it_understands(mariadb: SqlWorld) -> None:
    mariadb.run(
        "CREATE TABLE cards (id INTEGER PRIMARY KEY, customer VARCHAR(40), email VARCHAR(80));"
    )
    identity = {"person": "contact", "email": {"column": "email", "stored": "clean"}}
    cards = described("email", identity=identity, link=link("customer", "customers.number"), technical=["id"])  # fmt: skip
    wanted = ["CREATE INDEX cards_email_lookup ON cards (email)",
              "CREATE INDEX cards_customer_lookup ON cards (customer)"]  # fmt: skip
    for one in wanted:
        assert one in mariadb.system(dict(TABLES, cards=cards)).index_advice()
        mariadb.run(one)
    assert wanted[1] not in mariadb.system(dict(TABLES, cards=cards)).index_advice()
