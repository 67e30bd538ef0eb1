"""MariaDB takes letters for others, and a space at the end for nothing: no person is taken for one who is written alike."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from privacy.datamap.parts import Stop
from privacy.datamap.scope import EVERYTHING
from privacy.systems.lookup import Wanted
from privacy.systems.port import Place, SystemRefused, TableErased, TableErasure, TableStopped
from tests.privacy.systems.sql_world import ANN, SqlWorld, described, keys, link

pytestmark = pytest.mark.mariadb

AT = datetime(2026, 11, 21, 10, 30, 5, tzinfo=UTC)
LETTER = {"person": "contact", "email": "email"}
LETTERS = {"letters": described("email", "body", identity=LETTER, technical=["id"])}


ALIKE = ["müller@example.com", "muller@example.com", "MÜLLER@example.com", "müller@example.com ", "mu\u0308ller@example.com",
         "🦊@example.com", "🐱@example.com"]  # fmt: skip


@pytest.mark.parametrize("collation", ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"])
def test_nobody_is_taken_for_somebody_who_is_written_alike(bare: SqlWorld, collation: str) -> None:
    bare.run(
        f"CREATE TABLE letters (id INTEGER PRIMARY KEY, email VARCHAR(80) COLLATE {collation}, body TEXT)"
    )
    with bare.engine.begin() as connection:
        for number, email in enumerate(ALIKE):
            values = {"id": number, "email": email}
            connection.execute(text("INSERT INTO letters VALUES (:id, :email, 'x')"), values)
    system = bare.system(LETTERS)
    for number, email in enumerate(ALIKE):
        place = [Place("letters", ((("email", email),),))]
        assert keys(system.rows("letters", place, EVERYTHING)) == [number]
        assert system.correct(place, "letters", {"body": f"of {number}"}) == 1
        [done] = system.erase(place, [TableErasure("letters", "erase")])
        assert (done.erased, done.left) == (1, 0)
        left = [id for (id,) in bare.all("SELECT id FROM letters ORDER BY id")]
        assert left == list(range(number + 1, len(ALIKE)))


@pytest.mark.parametrize(
    "theirs",
    ["VARCHAR(80)", "VARCHAR(80) COLLATE utf8mb4_unicode_ci", "VARCHAR(80) CHARACTER SET latin1"],
)
def test_a_link_without_a_key_leads_letter_by_letter(bare: SqlWorld, theirs: str) -> None:
    """Also between columns whose collations it does not compare at all."""
    bare.run(
        "CREATE TABLE members (id INTEGER PRIMARY KEY, login VARCHAR(80), email VARCHAR(80));"
        f"CREATE TABLE orders (id INTEGER PRIMARY KEY, login {theirs}, note TEXT);"
        "INSERT INTO members VALUES (1, 'müller', 'a@example.com'), (2, 'muller', 'b@example.com');"
        "INSERT INTO orders VALUES (10, 'müller', 'a'), (11, 'Müller', 'b'), (12, 'müller ', 'c'), (20, 'muller', 'd')"
    )
    identity = {"person": "row", "key": "id", "email": "email"}
    tables = {
        "members": described("login", "email", identity=identity, technical=["id"]),
        "orders": described("note", link=link("login", "members.login"), technical=["id", "login"]),
    }
    system = bare.system(tables)
    place = (Place("members", ((("id", 1),),)),)
    assert keys(system.rows("orders", place, EVERYTHING)) == [10]
    acts = [TableErasure("orders", "erase"), TableErasure("members", "erase", {"email": None})]
    assert system.erase(place, acts[1:]) == [TableErased("members", 0, 1, 0)], "an order holds it"
    assert system.erase(place, acts) == [
        TableErased("orders", 1, 0, 0),
        TableErased("members", 1, 0, 0),
    ]
    assert bare.all("SELECT id FROM orders ORDER BY id") == [(11,), (12,), (20,)]


def test_a_key_of_its_own_leads_as_it_says_itself(bare: SqlWorld) -> None:
    bare.run(
        "CREATE TABLE members (email VARCHAR(80) PRIMARY KEY, name TEXT);"
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, member VARCHAR(80) REFERENCES members (email));"
        "INSERT INTO members VALUES ('ann@example.com', 'Ann'), ('bob@example.com', 'Bob');"
        "INSERT INTO orders VALUES (1, 'ANN@example.com'), (2, 'bob@example.com')"
    )
    members = {"person": "row", "key": "email", "email": "email"}
    tables = {
        "members": described("email", "name", identity=members),
        "orders": described("member", link=link("member", "members.email"), technical=["id"]),
    }
    system = bare.system(tables)
    place = (Place("members", ((("email", "ann@example.com"),),)),)
    assert keys(system.rows("orders", place, EVERYTHING)) == [1]
    acts = [TableErasure("orders", "erase"), TableErasure("members", "erase")]
    assert [one.erased for one in system.erase(place, acts)] == [1, 1]


def test_a_number_is_not_every_text_that_begins_with_it(bare: SqlWorld) -> None:
    bare.run(
        "CREATE TABLE members (id INTEGER PRIMARY KEY, email VARCHAR(80));"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, member VARCHAR(20), body TEXT);"
        "INSERT INTO members VALUES (12, 'ann@example.com');"
        "INSERT INTO notes VALUES (1, '12', 'a'), (2, '12b', 'b'), (3, ' 12', 'c'), (4, '12.0', 'd')"
    )
    identity = {"person": "row", "key": "id", "email": "email"}
    tables = {
        "members": described("email", identity=identity, technical=["id"]),
        "notes": described("body", link=link("member", "members.id"), technical=["id", "member"]),
    }
    place = (Place("members", ((("id", 12),),)),)
    assert keys(bare.system(tables).rows("notes", place, EVERYTHING)) == [1]


def test_what_is_written_instead_is_written_letter_by_letter(mariadb: SqlWorld) -> None:
    mariadb.run("UPDATE orders SET note = 'STOPPED ' WHERE id = 10")
    system = mariadb.system()
    stop = Stop(on=["restrict"], set={"note": "stopped"})
    assert system.stop(ANN, [("orders", stop)], AT) == [TableStopped("orders", 3, 0)]
    mariadb.run("UPDATE invoices SET billing_name = 'Sömebody' WHERE id = 1000")
    acts = [TableErasure("invoices", "stay", {"billing_name": "Somebody"})]
    assert system.left(ANN, acts) == {"invoices": 1}
    assert system.erase(ANN, acts) == [TableErased("invoices", 0, 1, 0)]
    assert mariadb.all("SELECT billing_name FROM invoices WHERE id = 1000") == [("Somebody",)]


@pytest.mark.parametrize("charset", ["latin1", "ascii", "utf8mb3"])
def test_an_address_that_a_column_cannot_write_is_nobodys_there(
    bare: SqlWorld, charset: str
) -> None:
    bare.run(
        f"CREATE TABLE letters (id INTEGER PRIMARY KEY, email VARCHAR(80), body TEXT) CHARACTER SET {charset};"
        "INSERT INTO letters VALUES (1, 'ann@example.com', 'x')"
    )
    system = bare.system(LETTERS)
    for email in ("анна@example.com", "🦊@example.com", "ann@example.com"):
        found = system.search(Wanted(emails=frozenset({email})))
        assert [one.email for one in found] == ([email] if email.isascii() else [])
        place = [Place("letters", ((("email", email),),))]
        assert keys(system.rows("letters", place, EVERYTHING)) == ([1] if email.isascii() else [])
    with pytest.raises(SystemRefused):
        system.correct(place, "letters", {"body": "🦊"})
    assert system.correct(place, "letters", {"body": "O'Neil \\ \""}) == 1
