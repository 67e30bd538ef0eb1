"""Connections that cannot write, give up in time, and stay quick in large tables."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text as sql_text

from privacy.contacts import Contact
from privacy.errors import SystemDown
from privacy.systems.company import CompanyDirectory
from privacy.systems.lookup import Wanted
from tests.privacy.systems.systems_world import (
    CUSTOMER,
    CUSTOMERS,
    KEYRING,
    database,
    datamap,
    find,
    opened,
    three,
    watched,
)

# --- connections


def test_connections_cannot_write(tmp_path: Path) -> None:
    path = database(
        tmp_path / "s.db", CUSTOMERS, [(1, "C1", "ann@example.com", None, None)], "customers"
    )
    described = datamap(shop=(path, "customers", CUSTOMER))
    system = opened(described)
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
    assert time.monotonic() - began < 60, "a connection that nobody limits takes minutes"
    assert "secret" not in repr(down.value) and down.value.__suppress_context__


def test_a_locked_database_is_down_in_time(tmp_path: Path) -> None:
    directory = three(tmp_path, [(1, "C1", "ann@example.com", None, None)])
    find(directory, "ann@example.com")
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(SystemDown):
            find(directory, "ann@example.com")
        assert time.monotonic() - began < 30, "a lock that nobody limits lasts for ever"


# --- scale


def test_a_large_table_is_searched_by_its_indexes(tmp_path: Path) -> None:
    rows = [
        (n, f"C{n}", f"Person.{n}@Example.com", f"+49 30 {n:07d}", None) for n in range(100_000)
    ]
    path = database(
        tmp_path / "s.db", CUSTOMERS.replace("number,", "number TEXT,"), rows, "customers"
    )
    described = datamap(shop=(path, "customers", CUSTOMER))
    system = opened(described)
    with closing(sqlite3.connect(path)) as made, made:
        for advice in system.index_advice():
            made.execute(advice)
    wanted = Wanted(
        numbers=frozenset({"C5"}),
        emails=frozenset({"person.77777@example.com"}),
        phones=frozenset({"+49300000009"}),
    )
    assert {row.key for row in system.search(wanted)} == {"5", "77777", "9"}

    with watched() as statements:
        system.search(wanted)
    [(statement, values)] = statements
    with closing(sqlite3.connect(path)) as reader:
        plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert len(plan) > 3 and not [step for step in plan if step.startswith("SCAN")], plan
