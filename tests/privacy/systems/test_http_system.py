"""A person's data in a service that speaks JSON: found, read, corrected, stopped, erased; and a manual system."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from privacy.datamap.parts import ManualSystem, Stop
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.systems.http import HttpSystemDoor
from privacy.systems.lookup import Wanted
from privacy.systems.manual import ManualSystemDoor
from privacy.systems.port import MoreThanBound, Place, System, SystemRefused, TableErasure
from tests.privacy.systems.http_crm import Crm, described, door, served

ANN = [Place("contacts", ((("id", 7),),))]
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)

ALL_GOES = [
    TableErasure("lines", "erase"),
    TableErasure("orders", "erase"),
    TableErasure("notes", "erase"),
    TableErasure("invoices", "erase"),
    TableErasure("contacts", "erase", {"email": None, "name": None}),
]
# As the map says: invoices are kept, so that the account stays as an empty shell.
AS_THE_MAP = [
    *ALL_GOES[:2],
    TableErasure("invoices", "stay", {"billing_name": None}),
    TableErasure(
        "contacts", "erase", {"name": None, "email": None, "phone": None, "city": "nowhere"}
    ),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Crm]:
    crm = Crm()
    with served(crm.app()) as port:
        crm.url = f"http://127.0.0.1:{port}/api"
        yield crm


@pytest.fixture
def crm(running: Crm) -> Crm:
    fresh = Crm()
    fresh.url = running.url
    fresh.fill()
    running.__dict__.update(fresh.__dict__)
    return running


@pytest.fixture
def shop(crm: Crm, tmp_path: Path) -> Iterator[HttpSystemDoor]:
    opened: System = door(described(crm.url, tmp_path))
    assert isinstance(opened, HttpSystemDoor)
    yield opened
    opened.close()


# --- found


def test_a_person_is_found_by_each_contact(shop: HttpSystemDoor) -> None:
    for wanted in (
        Wanted(emails=frozenset({"ann@example.com"})),
        Wanted(phones=frozenset({"+4930231251 07".replace(" ", "")})),
        Wanted(numbers=frozenset({"C7"})),
    ):
        [row] = shop.search(wanted)
        assert (row.system, row.table, row.leads, row.key) == ("crm", "contacts", True, "7")
        assert (row.number, row.number_confirmed) == ("C7", True)
        assert (row.email, row.mailbox) == ("ann@example.com", "Ann@example.com")
        assert row.phone == "+493023125107" and row.changed_at is not None
        assert row.where == (("id", 7),)


def test_nobody_costs_as_many_questions_as_somebody(crm: Crm, shop: HttpSystemDoor) -> None:
    shop.search(Wanted(emails=frozenset({"nobody@example.com"})))
    unknown = [asked.split("?")[0] for asked in crm.asked]
    crm.asked.clear()
    assert shop.search(Wanted()) == []
    assert [asked.split("?")[0] for asked in crm.asked] == unknown


def test_a_service_that_sends_everybody_finds_only_the_one(crm: Crm, shop: HttpSystemDoor) -> None:
    crm.filters = False
    assert [r.key for r in shop.search(Wanted(emails=frozenset({"ann@example.com"})))] == ["7"]
    counts = {count.table: count.rows for count in shop.counts(ANN, EVERYTHING)}
    assert counts == {"contacts": 1, "notes": 5, "orders": 5, "lines": 5, "invoices": 5}
    shop.erase(ANN, ALL_GOES)
    assert crm.contacts.keys() == {8}
    assert {row["contact"] for row in [*crm.orders.values(), *crm.invoices.values()]} == {8}


# --- seen


def test_rows_are_counted_with_their_first_and_last_day(shop: HttpSystemDoor) -> None:
    orders = shop.counts(ANN, EVERYTHING)[2]
    assert (orders.first, orders.last) == (date(2020, 6, 1), date(2024, 6, 1))
    recent = Scope(frozenset({"crm.orders.what"}), since=date(2023, 1, 1))
    assert [(c.table, c.rows) for c in shop.counts(ANN, recent)] == [("orders", 2)]


def test_rows_come_page_by_page_with_the_fields_of_the_scope(
    crm: Crm, shop: HttpSystemDoor
) -> None:
    [row] = shop.rows("contacts", ANN, EVERYTHING)
    assert row.values["email"] == "Ann@Example.com" and row.values["city"] == "Berlin"
    assert "id" not in row.values and "Ann" not in repr(row)
    orders = shop.rows("orders", ANN, Scope(frozenset({"crm.orders.what"})), limit=2, skip=1)
    assert [(row.key, dict(row.values)) for row in orders] == [
        ((("id", 701),), {"what": "books"}),
        ((("id", 702),), {"what": "books"}),
    ]
    assert sum("GET /api/orders?" in asked for asked in crm.asked) == 2, (
        "the third page is not read"
    )


def test_each_kind_of_paging_reads_all(shop: HttpSystemDoor) -> None:
    for table in ("notes", "orders", "lines", "invoices"):
        assert len(list(shop.rows(table, ANN, EVERYTHING))) == 5
    assert len(list(shop.marks())) == 2


# --- corrected and stopped


def test_a_value_is_corrected_and_its_neighbours_stay(crm: Crm, shop: HttpSystemDoor) -> None:
    before = copy.deepcopy(crm.contacts[7])
    assert shop.correct(ANN, "contacts", {"email": "new@example.com"}, key=(("id", 7),)) == 1
    before["reach"]["email"] = "new@example.com"
    assert crm.contacts[7] == before and crm.contacts[8]["reach"]["email"] == "Bob@Example.com"
    crm.asked.clear()
    assert shop.correct(ANN, "contacts", {"email": "new@example.com"}) == 1
    assert not any(asked.startswith("PATCH") for asked in crm.asked), "it stands there already"
    assert shop.correct(ANN, "contacts", {"city": "Bonn"}, only_where={"city": "Paris"}) == 0


def test_a_whole_row_is_sent_where_the_service_wants_that(crm: Crm, shop: HttpSystemDoor) -> None:
    shop.correct(ANN, "orders", {"what": "a map"}, key=(("id", 701),))
    assert crm.orders[701] == {
        "id": 701, "contact": 7, "at": "2021-06-01T00:00:00Z", "what": "a map", "extra": [1],
    }  # fmt: skip


def test_a_use_stops_once(crm: Crm, shop: HttpSystemDoor) -> None:
    stop = Stop(on=["object"], set={"news": 0, "stopped_at": "now"}, only_where={"news": 1})
    [first] = shop.stop(ANN, [("contacts", stop)], AT)
    [second] = shop.stop(ANN, [("contacts", stop)], AT)
    assert (first.changed, first.already, second.changed, second.already) == (1, 0, 0, 1)
    assert crm.contacts[7]["stopped_at"] == "2026-11-21T10:00:00Z" and crm.contacts[8]["news"] == 1


# --- erased


def test_everything_goes_dependants_first(crm: Crm, shop: HttpSystemDoor) -> None:
    crm.asked.clear()
    done = {one.table: (one.erased, one.blanked, one.left) for one in shop.erase(ANN, ALL_GOES)}
    assert done == {
        "lines": (5, 0, 0), "orders": (5, 0, 0), "notes": (5, 0, 0), "invoices": (5, 0, 0), "contacts": (1, 0, 0),
    }  # fmt: skip
    deletes = [a.split("/")[2] for a in crm.asked if a.startswith("DELETE")]
    assert deletes[-1] == "contacts" and deletes.count("contacts") == 1
    assert crm.contacts.keys() == {8} and len(crm.orders) == len(crm.lines) == len(crm.notes) == 5
    assert shop.left(ANN, ALL_GOES) == dict.fromkeys(done, 0)
    again = shop.erase(ANN, ALL_GOES)
    assert sum(one.erased + one.left for one in again) == 0


def test_what_is_kept_keeps_an_empty_shell(crm: Crm, shop: HttpSystemDoor) -> None:
    done = {o.table: (o.erased, o.blanked, o.left) for o in shop.erase(ANN, AS_THE_MAP)}
    assert done == {
        "lines": (5, 0, 0), "orders": (5, 0, 0), "invoices": (0, 5, 0), "contacts": (0, 1, 0),
    }  # fmt: skip
    shell = crm.contacts[7]
    assert shell["name"] is None and shell["address"] == [{"city": "nowhere", "zip": "10115"}]
    assert shell["reach"] == {"email": "gone-7@example.invalid", "phone": None, "fax": None}
    assert {i["billing_name"] for i in crm.invoices.values() if i["contact"] == 7} == {None}
    assert {i["sum"] for i in crm.invoices.values()} == {19.9}
    assert len(crm.notes) == 10, "what no act names stays"
    crm.asked.clear()
    assert set(shop.left(ANN, AS_THE_MAP).values()) == {0}
    shop.erase(ANN, AS_THE_MAP)
    assert not any(a.startswith(("PATCH", "DELETE")) for a in crm.asked), (
        "a second time does nothing"
    )


def test_only_what_is_old_enough_goes(crm: Crm, shop: HttpSystemDoor) -> None:
    act = TableErasure("invoices", "erase", older_than=date(2022, 6, 1))
    [done] = shop.erase(ANN, [act])
    assert (done.erased, done.left) == (2, 0)
    assert [k for k in crm.invoices if k < 800] == [702, 703, 704]


def test_a_row_without_a_date_has_that_of_the_row_it_belongs_to(
    crm: Crm, shop: HttpSystemDoor
) -> None:
    days = (date(2022, 1, 1), date(2022, 12, 31))
    acts = [
        TableErasure(table, "erase", since=days[0], until=days[1]) for table in ("lines", "orders")
    ]
    assert [(one.erased, one.left) for one in shop.erase(ANN, acts)] == [(1, 0), (1, 0)]
    assert (
        {702} == set(range(700, 705)) - crm.orders.keys() == set(range(700, 705)) - crm.lines.keys()
    )
    rows = shop.rows("lines", ANN, Scope(since=date(2023, 1, 1)))
    assert [row.key for row in rows] == [(("id", 703),), (("id", 704),)]


def test_a_service_that_says_yes_and_does_nothing_is_found_out(
    crm: Crm, shop: HttpSystemDoor
) -> None:
    crm.deletes = False
    done = {one.table: (one.erased, one.left) for one in shop.erase(ANN, ALL_GOES)}
    assert done["lines"] == (5, 5) and done["orders"] == (0, 5) and done["contacts"] == (0, 1)
    assert shop.left(ANN, ALL_GOES)["lines"] == 5
    crm.deletes = True
    assert all(one.left == 0 for one in shop.erase(ANN, ALL_GOES))
    assert crm.contacts.keys() == {8}


def test_more_rows_than_the_bound_change_nothing(crm: Crm, tmp_path: Path) -> None:
    system = described(crm.url, tmp_path)
    orders = system.tables["orders"].model_copy(update={"bound": 4})
    bounded = door(system.model_copy(update={"tables": {**system.tables, "orders": orders}}))
    before = copy.deepcopy((crm.contacts, crm.orders, crm.lines))
    with pytest.raises(MoreThanBound):
        bounded.erase(ANN, ALL_GOES)
    with pytest.raises(MoreThanBound):
        bounded.correct(ANN, "orders", {"what": "x"})
    assert (crm.contacts, crm.orders, crm.lines) == before


def test_what_goes_with_its_parent_cannot_go_alone(crm: Crm, shop: HttpSystemDoor) -> None:
    with pytest.raises(SystemRefused, match="go only with"):
        shop.erase(ANN, [TableErasure("notes", "erase")])
    # The account stays for its invoices: then its notes are still there, and nobody says otherwise.
    acts = [TableErasure("notes", "erase"), *AS_THE_MAP]
    done = {one.table: one.left for one in shop.erase(ANN, acts)}
    assert done["notes"] == shop.left(ANN, acts)["notes"] == 5


# --- marks


def test_marks_name_the_row_and_lead_back_to_it(shop: HttpSystemDoor) -> None:
    ann, bob = shop.marks()
    assert ann.contacts == ("ann@example.com", "+493023125107") and ann.key == (("id", 7),)
    assert ann.born == "2019-05-01" and list(shop.marks(ANN)) == [ann]
    [row] = shop.rows("contacts", [shop.place_of(bob)], EVERYTHING)
    assert row.values["name"] == "Bob"


# --- arithmetic


def test_a_place_says_which_row_or_nothing_is_read(crm: Crm, shop: HttpSystemDoor) -> None:
    for rows in ((), ((),), ((("id", None),),), ((("name", "Ann"),),)):
        crm.asked.clear()
        with suppress(SystemRefused):
            assert list(shop.rows("contacts", [Place("contacts", rows)], EVERYTHING)) == []
        assert crm.asked == []
    twice = [Place("contacts", ((("id", 7),), (("id", 7),))), *ANN]
    assert len(list(shop.rows("contacts", twice, EVERYTHING))) == 1


AWKWARD = [
    "../8",
    "..",
    ".",
    "8/../8",
    "7%2F8",
    "7\r\nX: y",
    "' OR 1=1 --",
    '"',
    "a\x00b",
    "8?x=1",
    "8#",
    "𝒳🦊",
    "\ud800",
    " ",
]


@pytest.mark.parametrize("value", AWKWARD)
def test_awkward_values_go_nowhere_else(crm: Crm, shop: HttpSystemDoor, value: str) -> None:
    """A key or contact with signs of an address reads nothing else, and never erases anything else."""
    before = copy.deepcopy(crm.contacts)
    crm.contacts[value] = copy.deepcopy(crm.contacts[7]) | {"id": value}
    place = [Place("contacts", ((("id", value),),))]
    crm.asked.clear()
    try:
        for row in shop.rows("contacts", place, EVERYTHING):
            assert row.key == (("id", value),)
        shop.erase(place, [TableErasure("contacts", "erase")])
    except SystemRefused as refusal:
        assert value.strip(" .\"'") not in str(refusal) or not value.strip(" .\"'")
    crm.contacts.pop(value, None)
    assert crm.contacts == before
    for asked in crm.asked:
        path = asked.split(" ")[1].split("?")[0]
        assert path.startswith("/api/") and ".." not in path.split("/"), asked
    if "\ud800" not in value:
        shop.search(Wanted(emails=frozenset({value}), numbers=frozenset({value})))


def test_a_manual_system_is_left_to_persons() -> None:
    table = {
        "label": "letters", "retention": "years", "source": "from you", "on_delete": "erase",
        "fields": {"text": {"label": "a letter", "category": "user", "purpose": ["sell"]}},
    }  # fmt: skip
    archive = ManualSystem.model_validate(
        {"label": "our archive", "kind": "manual", "who": "the archive team", "tables": {"letters": table}}
    )  # fmt: skip
    manual: System = ManualSystemDoor("archive", archive)
    assert manual.is_manual and manual.search(Wanted()) == []
    for act in (
        lambda: manual.counts(ANN, EVERYTHING),
        lambda: manual.rows("letters", ANN, EVERYTHING),
        lambda: manual.correct(ANN, "letters", {}),
        lambda: manual.erase(ANN, []),
        lambda: manual.left(ANN, []),
        lambda: manual.stop(ANN, [], AT),
        lambda: manual.marks(),
    ):
        with pytest.raises(SystemRefused, match="worked by persons"):
            act()
    manual.close()
