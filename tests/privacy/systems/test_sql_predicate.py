"""No statement about rows can be built that does not say whose they are."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete
from sqlalchemy.dialects import mysql, postgresql, sqlite

from privacy.datamap.parts import System
from privacy.datamap.scope import EVERYTHING
from privacy.systems.days import When
from privacy.systems.erasing import Erasing
from privacy.systems.port import Place, SystemRefused, TableErasure
from privacy.systems.shape import Shape, Shapes
from privacy.systems.sql import SqlSystem
from privacy.systems.whose import Nobody, Whose
from tests.privacy.systems.sql_world import (
    ANN,
    ROWS,
    SCHEMA,
    TABLES,
    datamap,
    described,
    link,
    watched,
    world_of,
)

NAMES = st.text(
    st.characters(exclude_characters="\x00.", exclude_categories=["Cs"]),
    min_size=1,
    max_size=30,
)
NOTHING: list[Any] = [
    (),
    ((),),
    ((("email", None), ("phone", None)),),
    ((("email", ""), ("phone", None)),),
    ((("email", "ann@example.com"), ("phone", None)), ()),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("predicate") / "shop.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(SCHEMA + ROWS)
    return path


@pytest.fixture(scope="module")
def system(path: Path) -> SqlSystem:
    return opened(path, TABLES)


def opened(path: Path, tables: dict[str, Any]) -> SqlSystem:
    part = datamap(f"sqlite:///{path}", tables).systems["shop"]
    assert isinstance(part, System)
    return SqlSystem("shop", part, "DE", leading=True)


# --- a place that names nobody


@pytest.mark.parametrize("rows", NOTHING)
def test_a_place_that_says_nothing_is_nobody(system: SqlSystem, path: Path, rows: Any) -> None:
    before = path.read_bytes()
    places = [Place("tickets", rows)]
    acts = [TableErasure("messages", "erase"), TableErasure("tickets", "erase")]
    if rows == ():
        assert [one.erased for one in system.erase(places, acts)] == [0, 0]
        assert system.correct(places, "tickets", {"subject": "x"}) == 0
    else:
        with pytest.raises(Nobody, match="nothing says whose rows are meant"):
            system.erase(places, acts)
        with pytest.raises(Nobody):
            system.correct(places, "tickets", {"subject": "x"})
        with pytest.raises(Nobody):
            list(system.rows("messages", places, EVERYTHING))
        with pytest.raises(Nobody):
            list(system.marks(places))
    assert path.read_bytes() == before


def test_a_condition_for_nobody_cannot_be_made(path: Path) -> None:
    with create_engine(f"sqlite:///{path}").connect() as connection:
        shapes = Shapes(None)
        part = datamap("sqlite://", TABLES).systems["shop"]
        assert isinstance(part, System)
        whose = Whose("shop", part, lambda name: shapes.of(connection, name), [])
        for table in TABLES:
            for when in (None, When("came"), When("counted")):
                assert not whose.reaches(table, when)
                with pytest.raises(Nobody):
                    whose.rows(table, when)
                with pytest.raises(Nobody):
                    whose.rows(table, when, alone=True)


def test_links_in_a_circle_end(path: Path) -> None:
    tables = dict(TABLES, tickets=dict(TABLES["tickets"], link=link("id", "messages.ticket_id")))
    assert len(list(opened(path, tables).rows("tickets", ANN, EVERYTHING))) == 2


def test_a_table_of_persons_that_is_linked_as_well_gives_both(path: Path) -> None:
    tables = dict(
        TABLES, invoices=dict(TABLES["invoices"], identity={"person": "contact", "email": "email"})
    )
    system = opened(path, tables)
    guest = Place("invoices", ((("email", "bob@example.com"),),))
    keys = [row.key[0][1] for row in system.rows("invoices", [*ANN, guest], EVERYTHING)]
    assert keys == [1000, 2000]


# --- every statement names the person


def test_every_statement_of_an_erasure_is_about_the_person(tmp_path: Path) -> None:
    acts = [
        TableErasure("lines", "erase"),
        TableErasure("invoices", "stay", {"email": None}),
        TableErasure("messages", "erase"),
        TableErasure("orders", "erase", {"note": None, "number": None}),
        TableErasure("tickets", "erase", {"email": None, "subject": None}),
        TableErasure("customers", "erase", {"name": None, "score": None}),
    ]
    with world_of("sqlite", tmp_path) as world:
        world.run("PRAGMA foreign_keys = OFF")
        world.run("UPDATE customers SET id = 777001 WHERE id = 1; UPDATE orders SET customer_id = 777001 WHERE customer_id = 1")  # fmt: skip
        ann = (Place("customers", ((("id", 777001),),)), ANN[1])
        with watched() as seen:
            world.system().erase(ann, acts)
    changing = [(s, v) for s, v in seen if s.startswith(("DELETE", "UPDATE"))]
    assert len(changing) == 8
    for statement, values in changing:
        assert " WHERE " in statement.replace("\n", " ")
        if statement.startswith("UPDATE orders"):  # a value of its own: by the key just found
            assert statement.endswith("WHERE orders.id = ?") and values[-1] == 10
        else:
            told = repr(values)
            assert "777001" in told or "ann@example.com" in told.lower(), statement


# --- identifiers and values that anybody may have chosen


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=NAMES, column=NAMES, blank=NAMES)
def test_names_cannot_break_out_of_a_statement(
    path: Path, table: str, column: str, blank: str
) -> None:
    before = path.read_bytes()
    tables = dict(TABLES)
    tables[table] = described(column, link=link(column, "customers.id"))
    acts = [TableErasure(table, "erase", {blank: None})]
    with pytest.raises(SystemRefused):
        opened(path, tables).erase(ANN[:1], acts)
    with pytest.raises(SystemRefused):
        opened(path, tables).correct(ANN[:1], table, {blank: "x"})
    assert path.read_bytes() == before


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=20)), st.one_of(st.none(), st.text(max_size=8), st.integers(-(2**63), 2**63 - 1))
        ),
        max_size=4,
    )
)  # fmt: skip
def test_values_find_exactly_the_rows_that_hold_them(path: Path, rows: list[Any]) -> None:
    system = opened(path, TABLES)
    places = [
        Place("tickets", tuple((("email", email), ("phone", phone)) for email, phone in rows))
    ]
    says_nothing = any(email in (None, "") and phone in (None, "") for email, phone in rows)
    try:
        assert list(system.rows("tickets", places, EVERYTHING)) == []
        assert not says_nothing
    except Nobody:
        assert says_nothing
    except SystemRefused:  # a lone surrogate: no driver takes it
        assert any("\ud800" <= letter <= "\udfff" for row in rows for v in row for letter in str(v))


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a b", "a;--", "select", "a`b", "[a]", "ä🦊", "a%sb", ":a", "a?b", "A"]
)
def test_awkward_names_that_exist_are_read_and_written(tmp_path: Path, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(
            f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {quoted} TEXT NOT NULL UNIQUE)"
        )
        made.execute(f"INSERT INTO {quoted} VALUES (1, 'ann@example.com'), (2, 'bob@example.com')")
    identity = {"person": "row", "key": "id", "email": name}
    system = opened(path, {name: described(name, identity=identity, technical=["id"])})
    ann = [Place(name, ((("id", 1),),))]
    assert [row.values for row in system.rows(name, ann, EVERYTHING)] == [{name: "ann@example.com"}]
    assert system.correct(ann, name, {name: "x"}, only_where={name: "ann@example.com"}) == 1
    [done] = system.erase(ann, [TableErasure(name, "stay", {name: None})])
    assert (done.blanked, done.left) == (1, 0)
    [done] = system.erase(ann, [TableErasure(name, "erase")])
    assert done.erased == 1
    assert system.foreign_keys() == []


def test_many_places_fit_one_statement(path: Path) -> None:
    rows = tuple(
        (("email", f"p{n}@example.com"), ("phone", None if n % 2 else "1")) for n in range(2_000)
    )
    places = [Place("tickets", (*rows, (("email", "ann@example.com"), ("phone", None))))]
    assert len(list(opened(path, TABLES).rows("tickets", places, EVERYTHING))) == 1


# --- other dialects, as they are written


@pytest.fixture
def mysql_shapes(path: Path) -> Any:
    """The shapes of the sample tables, as if a MySQL server had told them."""
    with create_engine(f"sqlite:///{path}").connect() as connection:
        shapes = Shapes(None)
        pointers = shapes.pointers(connection)

        class Told:
            def of(self, _connection: Any, name: str) -> Shape:
                return replace(shapes.of(connection, name), dialect="mysql")

            def pointers(self, _connection: Any) -> Any:
                return pointers

        yield Told()


def test_mysql_never_asks_the_table_it_changes(mysql_shapes: Any) -> None:
    """MySQL refuses (error 1093) to change a table that the same statement reads in a subquery."""
    tables = dict(TABLES)
    part = datamap("mysql+pymysql://u@h/d", tables).systems["shop"]
    assert isinstance(part, System)
    whose = Whose("shop", part, lambda name: mysql_shapes.of(None, name), ANN)
    acts = [
        TableErasure("lines", "erase"),
        TableErasure("invoices", "stay", {"email": None}),
        TableErasure("orders", "erase", {"note": None}),
        TableErasure("tickets", "erase", {"email": None}),
        TableErasure("customers", "erase", {"name": None}),
    ]
    erasing = Erasing("shop", part, mysql_shapes, None, whose, acts)  # type: ignore[arg-type]
    written = [
        str(statement.compile(dialect=mysql.dialect()))
        for act in erasing._acts
        for statement in (act.gone(), act.emptied())
        if statement is not None
    ]
    assert len(written) == 8
    for statement in written:
        head, _, condition = statement.partition(" WHERE ")
        table = head.split()[2] if head.startswith("DELETE") else head.split()[1]
        assert f"FROM {table} " not in condition.replace("\n", " "), statement
    lines = " ".join(written[0].split())
    # As one of several tables: of one alone, MariaDB would go through every row and lock it.
    assert lines.startswith(
        "DELETE FROM `lines` USING `lines`, (SELECT 1 AS vera_one) AS anon_1 WHERE `lines`.order_id IN (SELECT orders_1.id FROM orders AS orders_1"
    )


def test_mysql_compares_letter_by_letter(mysql_shapes: Any) -> None:
    part = datamap("mysql+pymysql://u@h/d", TABLES).systems["shop"]
    assert isinstance(part, System)
    whose = Whose("shop", part, lambda name: mysql_shapes.of(None, name), ANN)
    source = mysql_shapes.of(None, "tickets").source
    written = str(delete(source).where(whose.rows("tickets")).compile(dialect=mysql.dialect()))
    assert "CAST(CAST(tickets.email AS CHAR CHARACTER SET utf8mb4) AS BINARY)" in written
    assert "tickets.email IN" in written and "tickets.phone IS NULL" in written


def test_mysql_rows_that_point_at_their_own_table_go_through_a_table_of_their_own(
    tmp_path: Path,
) -> None:
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(
            SCHEMA + "CREATE TABLE posts (id INTEGER PRIMARY KEY, customer_id INTEGER, "
            "answers INTEGER REFERENCES posts (id));"
        )
    tables = dict(TABLES, posts=described("answers", link=link("customer_id", "customers.id")))
    part = datamap("mysql+pymysql://u@h/d", tables).systems["shop"]
    assert isinstance(part, System)
    with create_engine(f"sqlite:///{path}").connect() as connection:
        shapes = Shapes(None)
        whose = Whose(
            "shop", part, lambda name: replace(shapes.of(connection, name), dialect="mysql"), ANN
        )
        [act] = Erasing("shop", part, shapes, connection, whose, [TableErasure("posts", "erase")])._acts  # fmt: skip
        statement = act.gone()
    assert statement is not None
    written = " ".join(str(statement.compile(dialect=mysql.dialect())).split())
    # A recursive table, asked through DISTINCT: MySQL keeps both as tables of their own, which may be read.
    assert "IN (SELECT anon_1.vera_1 FROM (WITH RECURSIVE anon_2(vera_1) AS" in written
    assert "SELECT DISTINCT anon_2.vera_1 AS vera_1 FROM anon_2) AS anon_1" in written
    for dialect in (postgresql.dialect(), sqlite.dialect()):  # type: ignore[no-untyped-call]
        assert "DELETE FROM posts WHERE" in str(statement.compile(dialect=dialect)).replace(
            "\n", " "
        )
