"""Vera at a company that is not ours: the public Chinook database, from a draft of its map to all four rights, checked
with plain SQL on SQLite, PostgreSQL and MariaDB.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from command.cli import app
from privacy.requests import Reason
from tests.companies.chinook_shop import FOLDER, Shop, changed, plain, shop_of
from tests.companies.vera_house import VeraHouse, house_of, tables_in
from tests.driving.mariadb import EVERY
from tests.driving.postgres import EITHER

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the folder shared/sample-companies/chinook is not beside this one"
)

LUIS, LUIS_NEW = "luisg@embraer.com.br", "luis@nova-casa.example"
FRANCOIS, JANE = "ftremblay@gmail.com", "jane@chinookcorp.com"
CUSTOMER = [
    "FirstName",
    "LastName",
    "Company",
    "Address",
    "City",
    "State",
    "Country",
    "PostalCode",
    "Phone",
    "Fax",
    "Email",
]
INVOICE = [
    "InvoiceId",
    "InvoiceDate",
    "BillingAddress",
    "BillingCity",
    "BillingState",
    "BillingCountry",
    "BillingPostalCode",
    "Total",
]
PLACE = {"Address", "City", "State", "Country", "PostalCode"}
ON_INVOICES = frozenset({"BillingAddress", "BillingCity", "BillingPostalCode"})
SUPPORT_REP = 3


everywhere = pytest.mark.parametrize("shop", EVERY, indirect=True)
"""For one test of the map and of each right; the others are tried on either kind."""


@pytest.fixture(params=EITHER)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with shop_of(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def house(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VeraHouse]:
    monkeypatch.setenv("CHINOOK_URL", shop.url)
    with house_of(tmp_path / "vera", shop.datamap(tmp_path)) as made:
        yield made


@pytest.fixture
def draft(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The map as `vera datamap draft` proposes it."""
    monkeypatch.setenv("VERA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CHINOOK_URL", shop.url)
    path = tmp_path / "draft.yml"
    result = vera("draft", "${CHINOOK_URL}", "--name", "shop", "-o", str(path))
    assert result.exit_code == 0, result.output
    return path


def vera(*words: str) -> Result:
    return CliRunner().invoke(app, ["datamap", *words])


# --- the map ----------------------------------------------------------------------------------------------------------


@everywhere
def test_the_draft_finds_persons_links_and_categories(shop: Shop, draft: Path) -> None:
    system = yaml.safe_load(draft.read_text(encoding="utf-8"))["systems"]["shop"]
    persons = ("Customer", "Invoice", "InvoiceLine", "Employee")
    tables = {name: system["tables"][shop.name(name)] for name in persons}
    assert len(system["tables"]) == len(tables)
    assert next(iter(system["tables"])) == shop.name("Customer")

    def named(*camel: str) -> list[str]:
        return [shop.name(one) for one in camel]

    key, email, phone = named("CustomerId", "Email", "Phone")
    assert tables["Customer"]["identity"] == {
        "person": "row", "key": key, "email": email, "phone": phone,
    }  # fmt: skip
    assert tables["Employee"]["identity"]["email"] == email
    assert tables["Invoice"]["link"] == {"column": key, "to": f"{shop.name('Customer')}.{key}"}
    invoice = shop.name("InvoiceId")
    assert tables["InvoiceLine"]["link"] == {
        "column": invoice,
        "to": f"{shop.name('Invoice')}.{invoice}",
    }
    assert tables["Invoice"]["counted_from"] == shop.name("InvoiceDate")
    assert [tables[name]["on_delete"] for name in ("Customer", "Employee")] == ["erase", "erase"]
    assert tables["Invoice"]["on_delete"]["act"] == "keep"
    assert tables["InvoiceLine"]["on_delete"]["act"] == "keep"

    def categories(table: str) -> dict[str, str]:
        fields = tables[table]["fields"]
        return {column: field["category"] for column, field in fields.items()}

    place = {
        "Address": "user.contact.address.street",
        "City": "user.contact.address.city",
        "State": "user.contact.address.state",
        "Country": "user.contact.address.country",
        "PostalCode": "user.contact.address.postal_code",
    }
    customer = place | {
        "FirstName": "user.name.first",
        "LastName": "user.name.last",
        "Company": "user.contact.organization",
        "Phone": "user.contact.phone_number",
        "Fax": "user.contact.fax_number",
        "Email": "user.contact.email",
    }
    assert categories("Customer") == {shop.name(c): k for c, k in customer.items()}
    billing = {f"Billing{column}": category for column, category in place.items()}
    billing |= {"InvoiceDate": "user.payment", "Total": "user.payment"}
    assert categories("Invoice") == {shop.name(c): k for c, k in billing.items()}
    employee = categories("Employee")
    assert employee[shop.name("BirthDate")] == "user.demographic.date_of_birth"
    assert employee[shop.name("Title")] == "user.job_title"
    corrections = {
        column: field["correct"]
        for column, field in tables["Customer"]["fields"].items()
        if "correct" in field
    }
    assert {corrections[shop.name(c)] for c in ("FirstName", "LastName", "Email", "Phone")} == {
        "name.first", "name.last", "email", "phone",
    }  # fmt: skip
    assert {corrections[shop.name(c)] for c in PLACE} == {
        "address.street", "address.city", "address.state", "address.country", "address.postal_code",
    }  # fmt: skip
    assert set(system["not_personal"]) == {
        shop.name(one) for one in ("Album", "Artist", "Genre", "MediaType", "Playlist", "PlaylistTrack", "Track")
    }  # fmt: skip


def test_the_draft_keeps_no_address_and_every_open_decision_is_a_finding(
    shop: Shop, draft: Path
) -> None:
    text = draft.read_text(encoding="utf-8")
    assert shop.url not in text
    open_lines = {
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if "TODO" in line.partition("#")[0]
    }
    assert len(open_lines) > 50
    result = vera("check", str(draft), "--json")
    assert result.exit_code == 1
    findings = json.loads(result.output)["findings"]
    told = {int(found[1]) for one in findings if (found := re.search(r"line (\d+)", one["place"]))}
    assert told == open_lines
    assert len(findings) == len(open_lines)
    assert all("waits for your decision" in one["finding"] for one in findings)


@everywhere
def test_the_completed_map_fits(shop: Shop, draft: Path, tmp_path: Path) -> None:
    result = vera("check", str(shop.datamap(tmp_path)))
    assert (result.exit_code, result.output.count("\n")) == (0, 1), result.output
    drafted = yaml.safe_load(draft.read_text(encoding="utf-8"))["systems"]["shop"]
    completed = yaml.safe_load(shop.datamap(tmp_path).read_text(encoding="utf-8"))
    assert drafted["tables"].keys() == completed["systems"]["shop"]["tables"].keys()


# --- see --------------------------------------------------------------------------------------------------------------


@everywhere
def test_what_is_seen_is_what_plain_sql_finds(shop: Shop, house: VeraHouse) -> None:
    before = shop.dump()
    filed = house.ask("access", LUIS)
    assert house.is_done(filed)
    mine = "SELECT count(*) FROM Invoice WHERE CustomerId = 1"
    lines = """SELECT count(*) FROM InvoiceLine WHERE InvoiceId IN
      (SELECT InvoiceId FROM Invoice WHERE CustomerId = 1)"""
    counts = {"Customer": 1, "Invoice": shop.one(mine), "InvoiceLine": shop.one(lines)}
    counts["Employee"] = 0
    assert counts["Invoice"] > 1 < counts["InvoiceLine"]
    assert house.counts(filed, LUIS) == {shop.name(table): rows for table, rows in counts.items()}
    assert f"{counts['Invoice']} invoices since March 2022" in house.said()
    [row] = shop.sql(f"SELECT {', '.join(CUSTOMER)} FROM Customer WHERE CustomerId = 1")
    for value in row:
        assert value in house.said()

    page = house.page(filed)
    assert {name: one.count for name, one in page.items()} == {
        shop.name(table): rows for table, rows in counts.items()
    }
    [entry] = page[shop.name("Customer")].entries
    assert {value.column: value.text for value in entry.values} == {
        shop.name(column): value for column, value in zip(CUSTOMER, row, strict=True)
    }
    streets = [
        value.text
        for entry in page[shop.name("Invoice")].entries
        for value in entry.values
        if value.column == shop.name("BillingAddress")
    ]
    found = shop.sql("SELECT BillingAddress FROM Invoice WHERE CustomerId = 1 ORDER BY InvoiceId")
    assert streets == [street for (street,) in found]
    assert shop.dump() == before


def test_a_person_who_works_there_sees_their_file(shop: Shop, house: VeraHouse) -> None:
    filed = house.ask("access", JANE)
    assert house.is_done(filed)
    assert house.counts(filed, JANE)[shop.name("Employee")] == 1
    assert "Your date of birth: 29 August 1973" in house.said()


# --- correct ----------------------------------------------------------------------------------------------------------


CORRECTIONS = {
    "phone": ("+55 12 3923-7777", {"Phone": "+55 12 3923-7777"}),
    "name": ("Luís Gonçalves O'Neill", {"LastName": "Gonçalves O'Neill"}),
    "address": (
        "1498 rue Bélanger, Montréal QC H2G 1A7, Canada",
        {
            "Address": "1498 rue Bélanger",
            "City": "Montréal",
            "State": "QC",
            "Country": "Canada",
            "PostalCode": "H2G 1A7",
        },
    ),
    "email": (LUIS_NEW, {"Email": LUIS_NEW}),
}


@everywhere
def test_a_correction_changes_what_it_should_and_nothing_else(shop: Shop, house: VeraHouse) -> None:
    before = shop.dump()
    for field, (typed, now) in CORRECTIONS.items():
        assert house.is_done(house.ask("correct", LUIS, field=field, value=typed))
        assert typed in house.said() or field == "address"
        after = shop.dump()
        assert changed(before, after) == {("Customer", 1): set(now)}
        [row] = shop.sql(f"SELECT {', '.join(now)} FROM Customer WHERE CustomerId = 1")
        assert row == tuple(now.values())
        before = after
    # Whoever takes card payments never had the phone number.
    assert [one.to for one in house.mails("recipient_told")] == ["privacy@cards.example"] * 3
    assert house.nobody_has(LUIS)
    assert house.who(LUIS_NEW)[1] == "shop:1"
    # The old number is a landline: no text message reaches it, and the account's address hears of it instead.
    assert [one.to for one in house.mails("contact_changed")] == [LUIS, LUIS]


def test_the_address_of_another_customer_is_not_taken_over(shop: Shop, house: VeraHouse) -> None:
    before = shop.dump()
    assert not house.is_done(house.ask("correct", LUIS, field="email", value=FRANCOIS))
    assert len(house.tasks()) == 1
    assert shop.dump() == before


# --- export -----------------------------------------------------------------------------------------------------------


@everywhere
def test_the_package_holds_the_rows_of_plain_sql(shop: Shop, house: VeraHouse) -> None:
    before = shop.dump()
    filed = house.ask("export", LUIS)
    assert house.is_done(filed)
    package = house.package(filed, LUIS)
    assert package.testzip() is None
    tables = tables_in(package)
    mine = "InvoiceId IN (SELECT InvoiceId FROM Invoice WHERE CustomerId = 1)"
    wanted: dict[str, tuple[list[str], str]] = {
        "Customer": (["CustomerId", *CUSTOMER], "CustomerId = 1"),
        "Invoice": (INVOICE, "CustomerId = 1"),
        "InvoiceLine": (["InvoiceLineId", "TrackId", "UnitPrice", "Quantity"], mine),
        "Employee": (["EmployeeId", "LastName"], "1 = 0"),
    }
    assert tables.keys() == {shop.name(table) for table in wanted}
    for table, (columns, where) in wanted.items():
        rows = tables[shop.name(table)]["rows"]
        found = [[row["id"], *(row["values"][shop.name(c)] for c in columns[1:])] for row in rows]
        expected = shop.exported(table, columns, where)
        assert found == [[str(key), *values] for key, *values in expected]
        assert len(rows) == tables[shop.name(table)]["count"]
        for row in rows:
            assert len(row["values"]) == len(tables[shop.name(table)]["fields"])
    hangs_on = dict(shop.sql(f"SELECT InvoiceLineId, InvoiceId FROM InvoiceLine WHERE {mine}"))
    for line in tables[shop.name("InvoiceLine")]["rows"]:
        assert line["belongs_to"] == str(hangs_on[int(line["id"])])

    page = package.read("index.html").decode()
    assert "Gonçalves" in page
    for entry in json.loads(package.read("manifest.json"))["files"]:
        assert hashlib.sha256(package.read(entry["path"])).hexdigest() == entry["sha256"]
    everything = b"".join(package.read(name) for name in package.namelist()).decode()
    others = shop.sql("SELECT Email, Phone FROM Customer WHERE CustomerId <> 1")
    assert not [value for row in others for value in row if value and value in everything]
    assert shop.dump() == before


# --- delete -----------------------------------------------------------------------------------------------------------


@everywhere
def test_a_customer_goes_and_the_invoices_stay_without_street_town_and_code(
    shop: Shop, house: VeraHouse
) -> None:
    before = shop.dump()
    kept = "SELECT InvoiceId, InvoiceDate, BillingState, BillingCountry, Total FROM Invoice WHERE CustomerId = 3"
    invoices = shop.sql(kept)
    plan = house.plan(FRANCOIS)
    assert (len(plan.stays), plan.stops) == (1, ("you can no longer listen to what you bought",))
    assert re.match(r"7 invoices, until .* at the latest, because tax law tells us", plan.stays[0])

    filed = house.ask("delete", FRANCOIS)
    assert house.is_done(filed)
    after = shop.dump()
    told = changed(before, after)
    assert told.keys() == {("Customer", 3), *(("Invoice", row[0]) for row in invoices)}
    # François had no company and no fax number.
    assert told.pop(("Customer", 3)) == set(CUSTOMER) - {"Company", "Fax"}
    assert set(map(frozenset, told.values())) == {ON_INVOICES}
    [shell] = shop.sql("SELECT * FROM Customer WHERE CustomerId = 3")
    assert {value for value in shell if value not in (None, "")} == {3, SUPPORT_REP}
    assert shop.sql(kept) == invoices
    assert house.nobody_has(FRANCOIS)
    assert house.tasks() == []
    assert house.request(filed)["reason"] == Reason.KEPT_IN_PART
    [receipt] = house.mails("deletion_done")
    assert "Tremblay" not in receipt.text


def test_a_customer_who_never_bought_anything_is_gone(shop: Shop, house: VeraHouse) -> None:
    """The lines of their invoices, and these, are taken out behind Vera's back."""
    mine = "SELECT InvoiceId FROM Invoice WHERE CustomerId = 3"
    shop.sql(f"DELETE FROM InvoiceLine WHERE InvoiceId IN ({mine})")
    shop.sql("DELETE FROM Invoice WHERE CustomerId = 3")
    before = shop.dump()
    assert house.is_done(house.ask("delete", FRANCOIS))
    after = shop.dump()
    assert before.keys() - after.keys() == {("Customer", 3)}
    assert changed(before, after).keys() == {("Customer", 3)}


def test_what_was_kept_goes_when_its_time_is_over(shop: Shop, house: VeraHouse) -> None:
    house.ask("delete", FRANCOIS)
    before = shop.dump()
    [[last]] = shop.sql("SELECT max(InvoiceDate) FROM Invoice WHERE CustomerId = 3")
    over = date.fromisoformat(plain(last)[:10]).replace(year=int(plain(last)[:4]) + 11)
    assert house.vera.carrying.kept.erase_due(date(2030, 1, 1)).finished == 0
    assert shop.dump() == before
    assert house.vera.carrying.kept.erase_due(date(over.year + 1, 1, 1)).finished == 1
    after = shop.dump()
    gone = {table for table, _ in before.keys() - after.keys()}
    assert gone == {"Customer", "Invoice", "InvoiceLine"}
    assert shop.one("SELECT count(*) FROM Customer WHERE CustomerId = 3") == 0
    assert shop.one("SELECT count(*) FROM Invoice WHERE CustomerId = 3") == 0
    lost = "SELECT count(*) FROM InvoiceLine WHERE InvoiceId NOT IN (SELECT InvoiceId FROM Invoice)"
    assert shop.one(lost) == 0
    assert all(after[place] == before[place] for place in after)


def test_only_the_address_goes_wherever_it_stands(shop: Shop, house: VeraHouse) -> None:
    before = shop.dump()
    filed = house.ask("delete", FRANCOIS, house.wish("delete only my address"))
    assert house.is_done(filed)
    told = changed(before, shop.dump())
    assert told.pop(("Customer", 3)) == PLACE
    assert {table for table, _ in told} == {"Invoice"}
    assert set(map(frozenset, told.values())) == {ON_INVOICES}
    mine = "SELECT count(*) FROM Invoice WHERE CustomerId = 3"
    assert len(told) == shop.one(mine)
    [row] = shop.sql(f"SELECT {', '.join(sorted(PLACE))}, Email FROM Customer WHERE CustomerId = 3")
    assert row == (None, None, None, None, None, FRANCOIS)
    # State and country stay on the invoices, for tax law.
    assert house.request(filed)["reason"] == Reason.KEPT_IN_PART
    assert house.who(FRANCOIS)[1] == "shop:3"


def test_one_after_the_other_is_deleted_and_the_rest_is_untouched(
    shop: Shop, house: VeraHouse
) -> None:
    before = shop.dump()
    emails: list[str] = [e for (e,) in shop.sql("SELECT Email FROM Customer WHERE CustomerId < 4")]
    for email in emails:
        assert house.is_done(house.ask("delete", email))
    rest = {place: row for place, row in before.items() if _owner(before, place) not in range(1, 4)}
    after = shop.dump()
    assert {place: after[place] for place in rest} == rest
    assert shop.one("SELECT count(*) FROM Customer WHERE Email = ''") == len(emails)


def _owner(rows: dict[tuple[str, object], dict[str, Any]], place: tuple[str, object]) -> object:
    """The customer to whom a row belongs; None for what is nobody's."""
    table, row = place[0], rows[place]
    if table == "InvoiceLine":
        return rows["Invoice", row["InvoiceId"]]["CustomerId"]
    return row["CustomerId"] if table in ("Customer", "Invoice") else None
