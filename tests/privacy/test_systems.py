"""SQL systems of other shapes: persons are told apart, names cannot break out, and large tables
stay quick.
"""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy import text as sql_text

from privacy.contacts import Contact, parse_contact
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.fit import misfits
from privacy.systems.lookup import Wanted
from privacy.systems.matching import (
    email_spellings,
    moment,
    normal_email,
    normal_phone,
    phone_spellings,
    postal_email,
)
from privacy.systems.sql import SqlSystem

KEYRING = Keyring([bytes(32)])
CUSTOMERS = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, number, email TEXT, phone TEXT, changed_at)"
)
TICKETS = "CREATE TABLE tickets (id INTEGER PRIMARY KEY, number, email TEXT, phone TEXT)"
NEWS = "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)"
CUSTOMER = {
    "person": "row",
    "key": "id",
    "customer_number": {"column": "number", "confirmed": True},
    "email": "email",
    "phone": "phone",
    "changed_at": "changed_at",
}
TICKET = {
    "person": "contact",
    "customer_number": {"column": "number", "confirmed": True},
    "email": "email",
    "phone": "phone",
}
READER = {"person": "row", "key": "id", "email": "email"}


def database(path: Path, schema: str, rows: list[tuple[Any, ...]] = [], table: str = "") -> Path:  # noqa: B006
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(schema)
        if rows:
            made.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return path


def table(identity: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": "your things",
        "identity": identity,
        "retention": "years",
        "source": "from you",
        "on_delete": "erase",
        "fields": {
            "email": {
                "label": "your e-mail address",
                "category": "user.contact.email",
                "purpose": ["sell"],
            }
        },
    }


def datamap(**systems: tuple[Path | str, str, dict[str, Any]]) -> DataMap:
    """A map with one identity table in each system; the first one leads."""
    return DataMap.model_validate({
        "version": 1,
        "company": "Corner Books",
        "leading": next(iter(systems)),
        "region": "DE",
        "purposes": {"sell": {"why": "to sell you books", "basis": "contract", "because": "you buy books"}},
        "retentions": {"years": {"words": "for six years", "period": "P6Y"}},
        "systems": {
            name: {
                "label": f"our {name}",
                "kind": "sql",
                "url": where if isinstance(where, str) else f"sqlite:///{where}",
                "timeout_seconds": 1,
                "tables": {table_name: table(identity)},
            }
            for name, (where, table_name, identity) in systems.items()
        },
    })  # fmt: skip


def three(
    tmp_path: Path,
    customers: list[tuple[Any, ...]],
    tickets: list[tuple[Any, ...]] = [],  # noqa: B006
    readers: list[tuple[Any, ...]] = [],  # noqa: B006
    ticket: dict[str, Any] = TICKET,
) -> CompanyDirectory:
    return CompanyDirectory(
        datamap(
            shop=(
                database(tmp_path / "shop.db", CUSTOMERS, customers, "customers"),
                "customers",
                CUSTOMER,
            ),
            desk=(database(tmp_path / "desk.db", TICKETS, tickets, "tickets"), "tickets", ticket),
            news=(database(tmp_path / "news.db", NEWS, readers, "people"), "people", READER),
        ),
        KEYRING,
    )


def find(directory: CompanyDirectory, text: str) -> dict[str, set[str]]:
    contact = parse_contact(text)
    assert contact is not None
    persons: dict[str, set[str]] = {}
    for record in directory.find(contact):
        persons.setdefault(record.subject, set()).add(record.system)
    return persons


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that goes to a database, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


# --- who belongs together


def test_a_confirmed_number_joins_whatever_address_was_used(tmp_path: Path) -> None:
    directory = three(
        tmp_path,
        [(7, "C7", "ann@example.com", None, None)],
        [(1, "C7", "ann.work@example.com", None)],
    )
    assert find(directory, "ann@example.com") == {"shop:7": {"shop", "desk"}}
    assert find(directory, "ann.work@example.com") == {}, (
        "an address beside a number opens no account"
    )


def test_a_number_that_anybody_may_type_joins_only_with_the_address(tmp_path: Path) -> None:
    typed = TICKET | {"customer_number": {"column": "number"}}
    customers = [(7, "C7", "ann@example.com", None, None), (8, "C8", "ann@example.com", None, None)]
    tickets = [(1, "C7", "mallory@example.com", None), (2, "C8", "ann@example.com", None)]
    directory = three(tmp_path, customers, tickets, ticket=typed)
    assert find(directory, "ann@example.com") == {"shop:7": {"shop"}, "shop:8": {"shop", "desk"}}
    [(subject, systems)] = find(directory, "mallory@example.com").items()
    assert systems == {"desk"} and subject.startswith("contact:")


def test_numbers_are_texts_here_and_whole_numbers_there(tmp_path: Path) -> None:
    shop = database(
        tmp_path / "s.db",
        CUSTOMERS.replace("number,", "number INTEGER,"),
        [(1, 42, "ann@example.com", None, None)],
        "customers",
    )
    desk = database(
        tmp_path / "d.db",
        TICKETS.replace("number,", "number TEXT,"),
        [(1, " 42", "x@example.com", None), (2, "42", "y@example.com", None)],
        "tickets",
    )
    directory = CompanyDirectory(
        datamap(shop=(shop, "customers", CUSTOMER), desk=(desk, "tickets", TICKET)), KEYRING
    )
    records = directory.find(Contact("email", "ann@example.com"))
    assert {(r.subject, r.email) for r in records} == {
        ("shop:1", "ann@example.com"),
        ("shop:1", "y@example.com"),
    }


def test_a_number_that_leads_nowhere_joins_by_address(tmp_path: Path) -> None:
    directory = three(
        tmp_path, [(7, "C7", "ann@example.com", None, None)], [(1, "C99", "ann@example.com", None)]
    )
    assert find(directory, "ann@example.com") == {"shop:7": {"shop", "desk"}}


def test_one_person_in_two_systems_that_the_shop_does_not_know(tmp_path: Path) -> None:
    directory = three(tmp_path, [], [(1, None, "ann@example.com", None)], [(5, "Ann@example.com")])
    [(subject, systems)] = find(directory, "ann@example.com").items()
    assert systems == {"desk", "news"} and subject.startswith("contact:")


def test_two_rows_that_are_persons_are_not_merged(tmp_path: Path) -> None:
    directory = three(tmp_path, [], [], [(5, "ann@example.com"), (6, "ANN@example.com")])
    assert find(directory, "ann@example.com") == {
        "news.people:5": {"news"},
        "news.people:6": {"news"},
    }


def test_a_ticket_with_a_shared_address_belongs_to_neither(tmp_path: Path) -> None:
    couple = [(1, "C1", "us@example.com", None, None), (2, "C2", "us@example.com", None, None)]
    directory = three(tmp_path, couple, [(1, None, "us@example.com", None)])
    persons = find(directory, "us@example.com")
    assert len(persons) == 3 and persons["shop:1"] == persons["shop:2"] == {"shop"}


def test_an_address_is_shared_also_where_only_a_link_leads_to_the_second_owner(
    tmp_path: Path,
) -> None:
    # By phone only Ann is met; that her address is Bob's too must still keep the newsletter from
    # her.
    couple = [
        (1, "C1", "us@example.com", "030 23125 001", None),
        (2, "C2", "us@example.com", None, None),
    ]
    directory = three(tmp_path, couple, [], [(9, "us@example.com")])
    assert find(directory, "030 23125 001") == {"shop:1": {"shop"}}


def test_a_ticket_without_address_joins_by_phone_also_when_found_by_address(tmp_path: Path) -> None:
    customers = [(1, "C1", "ann@example.com", "030 23125 001", None)]
    directory = three(tmp_path, customers, [(1, None, None, "+49 30 23125001")])
    assert find(directory, "ann@example.com") == {"shop:1": {"shop", "desk"}}
    assert find(directory, "03023125001") == {"shop:1": {"shop", "desk"}}


def test_a_contact_that_ten_thousand_rows_share_is_cut_off(tmp_path: Path) -> None:
    rows = [(n, f"C{n}", "none@example.com", None, None) for n in range(10_000)]
    directory = three(tmp_path, rows)
    assert len(find(directory, "none@example.com")) == 200


def test_an_address_that_mail_cannot_carry_is_left_out(tmp_path: Path) -> None:
    unsafe = "ann@example.com\r\nBcc: everybody@example.com"
    directory = three(tmp_path, [(1, "C1", unsafe, "030 23125 001", None)])
    [record] = directory.find(Contact("phone", "03023125001"))
    assert record.email is None


# --- spellings


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Ümit@example.com", "ümit@example.com"),
        ("ÜMİT.K@example.com".replace("İ", "I"), "ümit.k@example.com"),
        ("e\u0301va@example.com", "éva@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("o'neil+tag@EXAMPLE.com ", "O'Neil+tag@example.com"),
    ],
)
def test_spellings_of_an_address_meet_in_sqlite(tmp_path: Path, stored: str, typed: str) -> None:
    directory = three(tmp_path, [(1, "C1", stored, None, None)])
    assert find(directory, typed) == {"shop:1": {"shop"}}


def test_look_alikes_do_not_meet(tmp_path: Path) -> None:
    directory = three(
        tmp_path,
        [(1, "C1", "muller@example.com", None, None), (2, "C2", "jane@example.com", None, None)],
    )
    for other in (
        "müller@example.com",
        "jаne@example.com",
        "jane@examp1e.com",
        "jane+x@example.com",
        "j.ane@example.com",
    ):
        assert find(directory, other) == {}


def test_mail_goes_to_the_address_as_stored() -> None:
    def postal(stored: object) -> str | None:
        return postal_email(stored, normal_email(stored))

    assert postal("  Odd.Case@Example.COM ") == "Odd.Case@example.com"
    assert postal("<Jane@example.com>") is None
    assert postal("not an address") is None
    assert postal(None) is None


@pytest.mark.parametrize(
    "stored",
    [
        "030 23125-101",
        "(030) 23125101",
        "+49 30 23125101",
        "0049/30/23125101",
        "+49 (0)30 23125.101",
    ],
)
def test_spellings_of_a_number_meet(tmp_path: Path, stored: str) -> None:
    directory = three(tmp_path, [(1, "C1", None, stored, None)])
    for typed in ("03023125101", "+493023125101", "0049 30 23125101"):
        assert find(directory, typed) == {"shop:1": {"shop"}}
    assert find(directory, "+1 302 312 5101") == {}, (
        "another country's number with the same last digits"
    )


def test_clean_columns_are_compared_as_they_are(tmp_path: Path) -> None:
    clean = CUSTOMER | {
        "email": {"column": "email", "stored": "clean"},
        "phone": {"column": "phone", "stored": "clean"},
    }
    shop = database(
        tmp_path / "s.db",
        CUSTOMERS,
        [(1, "C1", "ann@example.com", "+493023125101", None)],
        "customers",
    )
    directory = CompanyDirectory(datamap(shop=(shop, "customers", clean)), KEYRING)
    assert (
        find(directory, "Ann@Example.com")
        == find(directory, "030 23125 101")
        == {"shop:1": {"shop"}}
    )


def test_normal_forms() -> None:
    assert normal_email("Jane@EXAMPLE.com") == "jane@example.com"
    assert normal_email(17) is None and normal_email("030 23125 101") is None
    assert (
        normal_phone("0049 30 23125 101", "DE")
        == normal_phone("030/23125101", "DE")
        == "+493023125101"
    )
    assert normal_phone("020 7946 0018", "GB") == "+442079460018"
    assert normal_phone("jane@example.com", "DE") is None
    assert "03023125101" in phone_spellings("+493023125101")
    assert email_spellings("jane@example.com") == {"jane@example.com"}
    assert "Ümit@example.com" in email_spellings("ümit@example.com")


@pytest.mark.parametrize(
    ("stored", "year"),
    [
        ("2026-11-16 10:00:00", 2026),
        ("2026-11-16", 2026),
        ("2026-11-16T10:00:00+02:00", 2026),
        (1_763_000_000, 2025),
        ("soon", None),
        (None, None),
        (10**30, None),
        (True, None),
    ],
)
def test_moments_of_all_kinds(stored: object, year: int | None) -> None:
    found = moment(stored)
    assert (found and found.year) == year
    assert found is None or found.tzinfo is not None


# --- identifiers


NAMES = st.text(
    st.characters(blacklist_characters="\x00.", blacklist_categories=("Cs",)),
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


# --- connections


def test_connections_cannot_write(tmp_path: Path) -> None:
    path = database(
        tmp_path / "s.db", CUSTOMERS, [(1, "C1", "ann@example.com", None, None)], "customers"
    )
    described = datamap(shop=(path, "customers", CUSTOMER))
    system = SqlSystem("shop", described.systems["shop"], "DE", leading=True)
    with pytest.raises(Exception, match="readonly"), system._engine.connect() as connection:
        connection.execute(sql_text("DELETE FROM customers"))


def test_a_server_that_does_not_answer_is_down_in_time(tmp_path: Path) -> None:
    # 192.0.2.1 belongs to nobody (RFC 5737): packets to it are lost, or refused at once.
    described = datamap(
        shop=("postgresql+psycopg://reader:secret@192.0.2.1/shop", "customers", CUSTOMER)
    )
    began = time.monotonic()
    with pytest.raises(SystemDown) as down:
        CompanyDirectory(described, KEYRING).find(Contact("email", "ann@example.com"))
    assert time.monotonic() - began < 8
    assert "secret" not in repr(down.value) and down.value.__suppress_context__


def test_a_locked_database_is_down_in_time(tmp_path: Path) -> None:
    directory = three(tmp_path, [(1, "C1", "ann@example.com", None, None)])
    find(directory, "ann@example.com")
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(SystemDown):
            find(directory, "ann@example.com")
        assert time.monotonic() - began < 5


# --- scale


def test_a_large_table_is_searched_by_its_indexes(tmp_path: Path) -> None:
    rows = [
        (n, f"C{n}", f"Person.{n}@Example.com", f"+49 30 {n:07d}", None) for n in range(100_000)
    ]
    path = database(
        tmp_path / "s.db", CUSTOMERS.replace("number,", "number TEXT,"), rows, "customers"
    )
    described = datamap(shop=(path, "customers", CUSTOMER))
    system = SqlSystem("shop", described.systems["shop"], "DE", leading=True)
    with closing(sqlite3.connect(path)) as made, made:
        for advice in system.index_advice():
            made.execute(advice)
    wanted = Wanted(
        numbers=frozenset({"C5"}),
        emails=frozenset({"person.77777@example.com"}),
        phones=frozenset({"+49300000009"}),
    )
    assert {row.key for row in system.search(wanted)} == {"5", "77777", "9"}

    began = time.perf_counter()
    for _ in range(20):
        system.search(wanted)
    assert (time.perf_counter() - began) / 20 < 0.02

    with watched() as statements:
        system.search(wanted)
    [(statement, values)] = statements
    with closing(sqlite3.connect(path)) as reader:
        plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert len(plan) > 3 and not [step for step in plan if step.startswith("SCAN")], plan


# --- what opens a person, and what does not


def test_a_phone_that_stands_beside_somebody_elses_address_opens_nothing(tmp_path: Path) -> None:
    # Anybody can write to a support desk in Ann's name and leave a phone number of their own.
    tickets = [(1, None, "ann@example.com", None), (2, None, "ann@example.com", "030 23125 666")]
    directory = three(tmp_path, [], tickets)
    assert find(directory, "030 23125 666") == {}
    assert len(find(directory, "ann@example.com")) == 1


def test_a_key_that_is_an_address_is_not_told(tmp_path: Path) -> None:
    schema = "CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT)"
    rows = [
        ("ann@example.com", "ann@example.com"),
        ("0190f3c2-0000-7000-8000-000000000000", "b@example.com"),
    ]
    shop = database(tmp_path / "s.db", schema, rows, "people")
    directory = CompanyDirectory(datamap(shop=(shop, "people", READER)), KEYRING)
    [subject] = find(directory, "ann@example.com")
    assert subject.startswith("shop:") and "ann" not in subject and "@" not in subject
    assert list(find(directory, "b@example.com")) == ["shop:0190f3c2-0000-7000-8000-000000000000"]


def test_many_ask_at_once_while_the_map_is_exchanged(tmp_path: Path) -> None:
    directory = three(
        tmp_path, [(1, "C1", "ann@example.com", None, None)], [(1, "C1", "x@example.com", None)]
    )
    described = directory._company.datamap
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(find, directory, "ann@example.com") for _ in range(120)]
        for _ in range(10):
            directory.reload(described)
        assert all(one.result() == {"shop:1": {"shop", "desk"}} for one in asked)
