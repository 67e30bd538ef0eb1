"""What the map makes of a wish to delete: nothing forgotten, nothing kept is touched, dependants first."""

from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.datamap.deletion import (
    TableDeletion,
    date_source,
    deletions,
    emptied,
    erasures,
    kept,
    recipients,
)
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.settings import ROOT

ACTS = st.sampled_from(
    [
        "erase",
        {"act": "anonymise"},
        {"act": "anonymise", "value": "removed"},
        {"act": "keep", "until": "short", "because": "we must"},
        {"act": "keep", "until": "long", "because": "we must, for long"},
    ]
)
UNHURRIED = settings(deadline=None)  # other tests may run beside these
COLUMNS = ("day", "email", "number", "parent", "text")


def a_map(tables: dict[str, Any]) -> DataMap:
    return DataMap.model_validate(
        {
            "version": 1,
            "company": "Company",
            "leading": "one",
            "region": "DE",
            "purposes": {"p": {"why": "for it", "basis": "contract", "because": "you did"}},
            "retentions": {
                "short": {"words": "for a year", "period": "P1Y"},
                "long": {"words": "for ten years", "period": "P10Y"},
            },
            "systems": {
                "one": {"label": "our one", "kind": "sql", "url": "sqlite://", "tables": tables},
                "two": {"label": "our two", "kind": "sql", "url": "sqlite://", "tables": tables},
            },
        }
    )


@st.composite
def maps(draw: st.DrawFn) -> DataMap:
    """A person's table and some that hang on it, on one another, by whatever columns."""
    tables: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 5))):
        columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True))
        table: dict[str, Any] = {
            "label": f"your t{number}",
            "retention": "short",
            "source": "from you",
            "on_delete": draw(ACTS),
            "fields": {
                column: {"label": f"your {column}", "category": "user", "purpose": ["p"]}
                | ({"on_delete": draw(ACTS)} if draw(st.booleans()) else {})
                for column in columns
            },
        }
        if draw(st.booleans()):
            table["counted_from"] = draw(st.sampled_from(["day", "other_day"]))
        if number == 0:
            table["identity"] = {"person": "row", "key": "number", "email": "email"}
        else:
            to = draw(st.integers(0, number - 1))
            target = draw(st.sampled_from(["number", "email", "id"]))
            table["link"] = {
                "column": draw(st.sampled_from(["parent", "email"])),
                "to": f"t{to}.{target}",
            }
        tables[f"t{number}"] = table
    names = draw(st.permutations(list(tables)))
    return a_map({name: tables[name] for name in names})


def all_fields(datamap: DataMap) -> list[str]:
    return [
        f"{system}.{table}.{column}"
        for system, part in datamap.systems.items()
        for table, described in part.tables.items()
        for column in described.fields
    ]


@st.composite
def wishes(draw: st.DrawFn) -> tuple[DataMap, Scope]:
    datamap = draw(maps())
    fields = draw(st.none() | st.frozensets(st.sampled_from(all_fields(datamap)), min_size=1))
    since = draw(st.none() | st.just(date(2020, 1, 1)))
    return datamap, Scope(fields, since=since)


def each(datamap: DataMap, scope: Scope) -> list[tuple[str, TableDeletion]]:
    return [(name, one) for name, tables in deletions(datamap, scope).items() for one in tables]


@given(wishes())
@UNHURRIED
def test_every_field_of_the_wish_goes_or_is_said_to_stay(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    told = {
        f"{name}.{one.table}.{column}"
        for name, one in each(datamap, scope)
        for column in (*one.gone, *(c for k in one.kept for c in k.fields))
    }
    dated = scope.since is not None
    for field in all_fields(datamap):
        system, table, _ = field.split(".")
        has_date = date_source(datamap.systems[system], table, born=True) is not None
        assert (field in told) == (scope.covers(field) and (has_date or not dated))


@given(wishes())
@UNHURRIED
def test_what_is_kept_is_neither_blanked_nor_gone(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    for name, one in each(datamap, scope):
        staying = {column for k in one.kept for column in k.fields}
        assert not staying & set(one.blank)
        assert not staying & set(one.gone)
        for column, part in datamap.systems[name].tables[one.table].fields.items():
            act = (part.on_delete or datamap.systems[name].tables[one.table].on_delete).act
            if scope.covers(f"{name}.{one.table}.{column}") and act == "keep":
                assert one.rows == "stay"
                assert column in staying


@given(wishes())
@UNHURRIED
def test_what_is_outside_the_wish_is_not_touched(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    for name, one in each(datamap, scope):
        table = datamap.systems[name].tables[one.table]
        for column in one.blank:
            if column in table.fields:
                assert scope.covers(f"{name}.{one.table}.{column}")
        if one.rows == "erase":
            assert all(scope.covers(f"{name}.{one.table}.{column}") for column in table.fields)


@given(wishes())
@UNHURRIED
def test_dependants_come_first_and_the_leading_system_last(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    acts = erasures(datamap, scope)
    assert "one" not in acts or list(acts)[-1] == "one"
    for name, tables in acts.items():
        order = [act.table for act in tables]
        assert len(set(order)) == len(order)
        for act in tables:
            link = datamap.systems[name].tables[act.table].link
            if link and link.table in order:
                assert order.index(act.table) < order.index(link.table)


@given(wishes())
@UNHURRIED
def test_what_stays_can_still_be_found_and_ended(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    found = each(datamap, scope)
    blanks = {(name, one.table): set(one.blank) for name, one in found}
    for name, one in found:
        timed = [k for k in one.kept if k.retention]
        tables = datamap.systems[name].tables
        if not any(act_of(datamap, name, one.table, c) == "keep" for k in timed for c in k.fields):
            continue
        source = date_source(datamap.systems[name], one.table)
        if source:
            assert source[1] not in blanks.get((name, source[0]), set())
        link = tables[one.table].link
        table = one.table
        while link:
            assert link.column not in blanks.get((name, table), set())
            assert link.target not in blanks.get((name, link.table), set())
            table, link = link.table, tables[link.table].link


def act_of(datamap: DataMap, system: str, table: str, column: str) -> str:
    described = datamap.systems[system].tables[table]
    return (described.fields[column].on_delete or described.on_delete).act


@given(wishes())
@UNHURRIED
def test_everything_that_is_kept_for_a_time_ends(wish: tuple[DataMap, Scope]) -> None:
    datamap, scope = wish
    for name, one in each(datamap, scope):
        ended = {
            column
            for end in one.ends
            for column in (
                datamap.systems[name].tables[one.table].fields if end.rows == "erase" else end.blank
            )
        }
        for k in one.kept:
            if any(act_of(datamap, name, one.table, column) == "keep" for column in k.fields):
                assert set(k.fields) <= ended


@given(maps())
@UNHURRIED
def test_who_is_emptied_has_no_contact_left(datamap: DataMap) -> None:
    for name, tables in deletions(datamap, Scope()).items():
        for table in emptied(datamap, Scope(), name):
            [one] = [t for t in tables if t.table == table]
            assert "email" in one.blank


# ---- The sample company's map ------------------------------------------------------------------------------------

DEMO = load_datamap(ROOT / "demo" / "datamap.yml", Path("nowhere"), {})


def test_the_order_of_the_sample_company() -> None:
    acts = erasures(DEMO, Scope())
    assert list(acts) == ["support", "newsletter", "shop"]
    assert [act.table for act in acts["shop"]] == [
        "invoices", "payments", "addresses", "orders", "customers",
    ]  # fmt: skip
    assert [act.rows for act in acts["shop"]] == ["stay", "stay", "erase", "stay", "erase"]
    by_table = {act.table: act for act in acts["shop"]}
    assert by_table["invoices"].blank == {"billing_email": None}
    assert by_table["orders"].blank == {"gift_note": None}


def test_what_the_sample_company_keeps() -> None:
    found = {one.table: one for one in kept(DEMO, Scope())}
    assert set(found) == {"orders", "order_lines", "invoices", "payments"}
    assert found["order_lines"].dated == ("orders", "placed_at")
    assert found["invoices"].period == "P11Y"
    assert found["invoices"].because == "tax law tells us to keep invoices"
    assert "the name on the invoice" in found["invoices"].labels


def test_only_those_are_told_who_received_something_that_is_gone() -> None:
    def told(*tables: str) -> list[str]:
        return recipients(
            DEMO, Scope(), {"shop": frozenset(tables), "newsletter": frozenset(tables)}
        )

    assert told("addresses") == ["parcel_service"]
    assert told("subscriptions") == ["mailing_service"]
    assert told("orders", "invoices", "payments") == []  # what they received is kept
    assert told() == []


def test_a_part_of_a_table_is_blanked_and_its_rows_stay() -> None:
    [act] = erasures(DEMO, Scope(frozenset({"shop.customers.birth_date"})))["shop"]
    assert (act.rows, act.blank) == ("stay", {"birth_date": None})


def test_a_range_of_days_leaves_out_what_has_no_date() -> None:
    acts = erasures(DEMO, Scope(until=date(2024, 12, 31)))
    assert {act.until for tables in acts.values() for act in tables} == {date(2024, 12, 31)}
    assert "addresses" not in {act.table for act in acts["shop"]} or (
        date_source(DEMO.systems["shop"], "addresses", born=True) == ("customers", "created_at")
    )
