"""A value is written in typed columns of real servers, in the clothes of each, until every row says it."""

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from privacy.datamap.model import DataMap
from privacy.datamap.parts import Correction
from privacy.fulfilment.correct.correctable import fields_of, moved, rows_of
from privacy.fulfilment.correct.frozen import FrozenRow, freeze
from privacy.fulfilment.correct.rewriting import bring
from privacy.fulfilment.values.checked import Checked, check
from privacy.systems.port import SystemRefused
from tests.driving.postgres import EITHER
from tests.privacy.systems.sql_world import ANN, TABLES, SqlWorld, datamap, world_of

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def tables() -> dict[str, Any]:
    described = copy.deepcopy(TABLES)
    described["customers"]["identity"] = {**described["customers"]["identity"], "changed_at": "changed_at"}  # fmt: skip
    for table, column, correction in (
        ("customers", "email", "email"),
        ("customers", "name", "name"),
        ("customers", "phone", "phone"),
        ("tickets", "email", "email"),
        ("orders", "placed_on", "day"),
    ):
        described[table]["fields"][column]["correct"] = correction
    return described


def mapped(world: SqlWorld) -> DataMap:
    corrections = {
        name: Correction(label=f"your {name}", kind=kind)  # type: ignore[arg-type]
        for name, kind in (("email", "email"), ("name", "name"), ("phone", "phone"), ("day", "date"))
    }  # fmt: skip
    return datamap(world.url, tables(), world.schema).model_copy(
        update={"corrections": corrections}
    )


@pytest.fixture(params=EITHER)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlWorld]:
    with world_of(request.param, tmp_path) as made:
        yield made


def write(world: SqlWorld, correction: str, text: str) -> int:
    the_map = mapped(world)
    kind = the_map.corrections[correction].kind
    checked = check(kind, text, region="DE", today=AT.date())
    assert isinstance(checked, Checked)
    system = world.system(tables())
    return sum(
        bring(system, ANN, fields, checked, lambda _row: True, AT)
        for fields in fields_of(the_map, correction)
    )


def test_a_new_email_in_a_table_of_persons_and_in_one_of_contacts(world: SqlWorld) -> None:
    assert write(world, "email", "ann@new.example") == 3
    assert world.all("SELECT email FROM customers ORDER BY id") == [
        ("ann@new.example",),
        ("bob@example.com",),
    ]
    assert world.all("SELECT id FROM tickets WHERE email = 'ann@new.example' ORDER BY id") == [(1,), (2,)]  # fmt: skip
    [[changed_at]] = world.all("SELECT changed_at FROM customers WHERE id = 1")
    assert str(changed_at).startswith("2026-11-21 10:00:00")
    before = world.dump()
    assert write(world, "email", "ann@new.example") == 0
    assert world.dump() == before


def test_rows_of_contacts_are_found_again_where_they_went(world: SqlWorld) -> None:
    the_map = mapped(world)
    [tickets] = [f for f in fields_of(the_map, "email") if f.table == "tickets"]
    write(world, "email", "ann@new.example")
    system = world.system(tables())
    assert list(rows_of(system, ANN, tickets)) == []
    places = moved(ANN, "tickets", {"email": "ann@new.example"})
    assert [row.values["email"] for row in rows_of(system, places, tickets)] == ["ann@new.example"] * 2  # fmt: skip


def test_a_date_is_written_as_a_date(world: SqlWorld) -> None:
    assert write(world, "day", "31 March 1990") == 3
    assert {str(day) for [day] in world.all("SELECT placed_on FROM orders WHERE customer_id = 1")} == {"1990-03-31"}  # fmt: skip
    assert [str(day) for [day] in world.all("SELECT placed_on FROM orders WHERE customer_id = 2")] == ["2024-02-02"]  # fmt: skip


def test_what_the_leading_system_lacks_is_completed(world: SqlWorld) -> None:
    world.run("UPDATE customers SET phone = NULL WHERE id = 1")
    assert write(world, "phone", "0171 3920099") == 1
    assert world.all("SELECT phone FROM customers WHERE id = 1") == [("+491713920099",)]


@pytest.mark.parametrize("value", ["O'Hara \"; --", "🦊 𝓕𝓸𝔁", "=cmd()", "%s :name {0}"])
def test_values_are_bound(world: SqlWorld, value: str) -> None:
    assert write(world, "name", value) == 1
    assert world.all("SELECT name FROM customers WHERE id = 1") == [(value,)]


def test_a_system_that_does_not_keep_what_is_written_is_refused(world: SqlWorld) -> None:
    if world.kind != "sqlite":
        pytest.skip("the trigger is written for SQLite")
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER back AFTER UPDATE OF name ON customers BEGIN "
            "UPDATE customers SET name = old.name WHERE id = new.id; END"
        )
    with pytest.raises(SystemRefused, match="still holds what was corrected") as refused:
        write(world, "name", "Anna")
    assert "Anna" not in str(refused.value)


def test_a_row_is_kept_as_it_was_whatever_its_types(world: SqlWorld) -> None:
    the_map = mapped(world)
    system = world.system(tables())
    for correction in ("email", "day"):
        for fields in fields_of(the_map, correction):
            for row in rows_of(system, ANN, fields):
                frozen = freeze(fields, row)
                assert FrozenRow.from_json(frozen.as_json()) == frozen
    [day] = fields_of(the_map, "day")
    assert date(2020, 5, 1) in {
        date.fromisoformat(str(row.values["placed_on"])) for row in rows_of(system, ANN, day)
    }
