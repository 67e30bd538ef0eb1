"""The main job on the sample company: see, correct, download, delete, each from one's own words to the result in less than
a minute, and each compared with the company's own databases in plain SQL.
"""

import json
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.driving.browser import Visitor
from tests.driving.company import Company
from tests.driving.house import ROOT, House
from tests.journeys.rows import OF, everything, rows

JANE, JANES_NUMBER = "jane.miller@example.com", "AF-1001"
LUCIE, LUCIES_NUMBER = "l.fontaine@example.com", "AF-1005"
AMIR, AMIRS_NUMBER = "amir.tehrani@example.com", "AF-1019"
MAP = yaml.safe_load((ROOT / "demo" / "datamap.yml").read_text())["systems"]

# Each table of the page: how many entries it says there are, and every row as it is shown, without what is not held.
READ = """() => Object.fromEntries([...document.querySelectorAll("section.table")].map(table => [
  table.querySelector("h3").textContent,
  [table.querySelector(".hint.in").textContent.trim(), [...table.querySelectorAll(".rows > li")].map(row =>
    Object.fromEntries([...row.querySelectorAll(".cells > div")]
      .filter(cell => !cell.querySelector("dd .none"))
      .map(cell => [cell.querySelector("dt").textContent, cell.querySelector("dd > span").textContent])))],
]))"""

Clocked = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def in_a_minute(capsys: pytest.CaptureFixture[str]) -> Clocked:
    """Says how long a right took, from the first words to the result, and fails for a minute or more."""

    @contextmanager
    def clocked(right: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        seconds = time.monotonic() - begun
        with capsys.disabled():
            print(f"\n{right}: {seconds:.1f} s from the first words to the result")
        assert seconds < 60

    return clocked


def test_seeing_my_data(house: House, visitor: Visitor, in_a_minute: Clocked) -> None:
    with in_a_minute("See"):
        visitor.writes("what do you know about me?")
        visitor.hears("Which e-mail address or phone number do we have for you?")
        visitor.writes("why do you ask?")
        visitor.hears("so that only you can reach your data")
        visitor.hears("Which e-mail address or phone number do we have for you?")
        visitor.proves(JANE)
        visitor.hears("I'm looking in all our systems now.")
        visitor.hears("Everything in detail, with why we hold it and who received it")
        page = visitor.follows("Open your data")
        expect(page.heading).to_have_text("Your data")
    orders = rows(house.data, "shop.orders", JANE, JANES_NUMBER)
    visitor.hears(f"{len(orders)} orders since {month(min(row['placed_at'] for row in orders))}")
    visitor.hears("Your phone number: +49 30 23125101")
    is_what_is_held(page.page, house.data)
    assert "You asked to: see your data" in visitor.mailbox.letter(JANE, visitor.reference)["text"]
    visitor.writes("where is my request?")
    visitor.hears(f"{visitor.reference}: see your data. Done on")


def is_what_is_held(page: Page, data: Path) -> None:
    """Compare the page with the rows: every table, how many there are, and every value."""
    page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
    shown = page.evaluate(READ)
    tables = {
        f"{system}.{table}": part for system in MAP for table, part in MAP[system]["tables"].items()
    }
    assert tables.keys() == OF.keys()
    for name, part in tables.items():
        mine = rows(data, name, JANE, JANES_NUMBER)
        fields = part["fields"]
        count, told = shown.pop(capital(part["label"]))
        assert count == ("" if len(mine) == 1 else f"{len(mine)} entries"), name
        assert told == [
            {
                capital(field["label"]): in_words(row[column], field)
                for column, field in fields.items()
                if row[column] is not None
            }
            for row in mine
        ], name
    assert shown == {}, "and nothing else"


def test_correcting_my_data_with_the_value_read_back(
    house: House, visitor: Visitor, in_a_minute: Clocked
) -> None:
    before = everything(house.data)
    with in_a_minute("Correct"):
        visitor.writes("some of the data you have about me is wrong, I want it fixed")
        visitor.hears("What should be corrected?")
        visitor.presses("Name")
        visitor.hears("Which e-mail address or phone number do we have for you?")
        visitor.proves(JANE)
        visitor.hears("Your name stands with us as:\n\nJane Miller")
        visitor.writes("Janet Mueller")
        visitor.hears("Your name would become:\n\nJanet Mueller")
        visitor.presses("No, type it again")
        visitor.hears("What should your name be from now on?")
        visitor.writes("Janet Müller")
        visitor.hears("Your name would become:\n\nJanet Müller")
        visitor.presses("Yes, that's right")
        visitor.hears("It's changed (PR-")
    visitor.hears("Jane Miller → Janet Müller (our shop, our support desk)")
    [account] = rows(house.data, "shop.customers", JANE, JANES_NUMBER)
    tickets = rows(house.data, "support.tickets", JANE, JANES_NUMBER)
    [reader] = rows(house.data, "newsletter.subscriptions", JANE, JANES_NUMBER)
    assert account["name"] == "Janet Müller"
    assert [ticket["contact_name"] for ticket in tickets] == ["Janet Müller"] * 2
    assert reader["first_name"] == "Janet"
    changed = changes(before, everything(house.data))
    assert {table: len(gone) for table, (gone, _) in changed.items()} == {
        "shop.customers": 1, "support.tickets": 2, "newsletter.subscriptions": 1,
    }  # fmt: skip
    for gone, come in changed.values():
        assert {row[0] for row in gone} == {row[0] for row in come}, "rows of anybody else stay"
    assert "corrected your name" in visitor.mailbox.letter(JANE, visitor.reference)["text"]


def test_correcting_a_phone_number_in_every_system(house: House, visitor: Visitor) -> None:
    company = Company(house.data)
    nina = company.welcomes(phone="030 23125 901", tickets=["2025-05-05"])
    company.changes(
        "support",
        "UPDATE tickets SET contact_phone = '+49 30 23125901' WHERE customer_number = ?",
        nina.number,
    )
    visitor.writes("my phone number is wrong")
    visitor.proves(nina.email)
    visitor.hears("Your phone number stands with us as:")
    visitor.writes("0171 3920099")
    visitor.hears("Your phone number would become:")
    visitor.presses("Yes, that's right")
    visitor.hears("as a text message")
    visitor.writes(visitor.mailbox.next_code("+491713920099", 0))
    visitor.hears("It's changed (PR-")
    [account] = rows(house.data, "shop.customers", nina.email, nina.number)
    [ticket] = rows(house.data, "support.tickets", nina.email, nina.number)
    numbers = [phonenumbers.parse(one, "DE") for one in (account["phone"], ticket["contact_phone"])]
    assert numbers == [phonenumbers.parse("+491713920099")] * 2, "each in its own spelling"


def test_downloading_my_data(
    house: House, visitor: Visitor, in_a_minute: Clocked, tmp_path: Path
) -> None:
    with in_a_minute("Download"):
        visitor.writes("Can I get a copy of everything to take with me?")
        visitor.hears("Which e-mail address or phone number do we have for you?")
        visitor.proves(LUCIE)
        visitor.hears("Your copy is ready (PR-")
        tab = visitor.follows("Open your file")
        expect(tab.heading).to_have_text("Your file is ready")
        tab.page.get_by_role("link", name="Download with a code").click()
        tab.passes_the_door(LUCIE)
        with tab.page.expect_download() as saved:
            tab.page.get_by_role("button", name="Download (").click()
        saved.value.save_as(tmp_path / "copy.zip")
    assert saved.value.suggested_filename == f"{visitor.reference}-your-data.zip"
    expect(tab.page.get_by_text("2 of 3")).to_be_visible()
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "copy")
    is_what_the_files_hold(tmp_path / "copy", house.data)
    tab.page.goto((tmp_path / "copy" / "index.html").as_uri())
    expect(tab.page.get_by_text("Lucie Fontaine").first).to_be_visible()
    expect(tab.page.get_by_text(visitor.reference).first).to_be_visible()


def is_what_the_files_hold(folder: Path, data: Path) -> None:
    """Compare every JSON file with the rows, and see that there is one for each table with rows."""
    for name in OF:
        mine = rows(data, name, LUCIE, LUCIES_NUMBER)
        file = folder / "data" / f"{name.replace('.', '/')}.json"
        assert file.exists() is bool(mine), name
        if not mine:
            continue
        written = json.loads(file.read_text())
        columns = [field["name"] for field in written["fields"]]
        assert [row["values"] for row in written["rows"]] == [
            {column: row[column] for column in columns} for row in mine
        ], name
        assert "password_hash" not in columns


def test_deleting_my_data_after_hearing_what_it_means(
    house: House, visitor: Visitor, in_a_minute: Clocked
) -> None:
    before = everything(house.data)
    [account] = rows(house.data, "shop.customers", AMIR, AMIRS_NUMBER)
    held = {name: rows(house.data, name, AMIR, AMIRS_NUMBER) for name in OF}
    with in_a_minute("Delete"):
        visitor.writes("I want you to erase everything you have about me")
        visitor.hears("Which e-mail address or phone number do we have for you?")
        visitor.proves(AMIR)
        visitor.hears("This goes:")
        visitor.hears("4 invoices and 4 payments, until")
        visitor.hears("because tax law tells us to keep invoices")
        visitor.hears("Once it is done it can't be brought back. You can have a copy first.")
        expect(visitor.quick_replies).to_have_text(
            ["Yes, on that day", "Yes, now", "Get a copy first", "Only a part of it", "Never mind"]
        )
        codes = len(visitor.mailbox.codes(AMIR))
        visitor.presses("Yes, now")
        visitor.hears("Type the 6 digits here.")
        visitor.writes(visitor.mailbox.next_code(AMIR, codes))
        visitor.hears("It's done (PR-")
    visitor.hears("Kept for a time:")
    after = everything(house.data)
    gone = {name: rows(house.data, name, AMIR, AMIRS_NUMBER) for name in OF}
    assert all(not found for found in gone.values()), "nobody is found by address or number"
    orders = {row["id"] for row in held["shop.orders"]}
    kept = {name: column_by_order(house.data, name, orders) for name in KEPT}
    assert kept == {
        "invoices": [(row["order_id"], row["invoice_number"], row["total_cents"], None) for row in held["shop.invoices"]],
        "payments": [(row["order_id"], row["provider_reference"], row["amount_cents"], None) for row in held["shop.payments"]],
        "orders": [(row["id"], row["order_number"], row["total_cents"], None) for row in held["shop.orders"]],
    }  # fmt: skip
    changed = changes(before, after)
    for name, (lost, _) in changed.items():
        theirs = {row["id"] for row in held[name]}
        assert {row[0] for row in lost} <= theirs, f"{name}: nobody else's rows are touched"
    come = {name: rows for name, (_, rows) in changed.items() if rows}
    assert come.keys() == {"shop.customers", *(f"shop.{name}" for name in KEPT)}
    [(key, number, *rest)] = come["shop.customers"]
    assert key == account["id"] and number.startswith("erased-"), "what is kept hangs on it"
    assert not any(rest), "and it says nothing any more"
    assert account["email"] not in str(after), "nowhere, not even beside what is kept"
    assert "We have deleted your data" in visitor.mailbox.letter(AMIR, "Done:")["text"]


KEPT = {
    "invoices": "order_id, invoice_number, total_cents, nullif(billing_email, '')",
    "payments": "order_id, provider_reference, amount_cents, nullif(refund_iban, '')",
    "orders": "id, order_number, total_cents, nullif(gift_note, '')",
}


def column_by_order(data: Path, table: str, orders: set[int]) -> list[tuple[Any, ...]]:
    """What is kept of these orders, by their keys alone."""
    key = "id" if table == "orders" else "order_id"
    marks = ", ".join("?" * len(orders))
    return Company(data).held(
        "shop", f"SELECT {KEPT[table]} FROM {table} WHERE {key} IN ({marks}) ORDER BY id", *orders
    )


type Dump = dict[str, set[tuple[Any, ...]]]


def changes(before: Dump, after: Dump) -> dict[str, tuple[set[Any], set[Any]]]:
    """The rows that went and the rows that came, of each table in which something did."""
    both = {name: (before[name] - after[name], after[name] - before[name]) for name in before}
    return {name: (gone, come) for name, (gone, come) in both.items() if gone or come}


def in_words(value: Any, field: dict[str, Any]) -> str:
    """How a stored value is to be read, by what the data map says of it."""
    if field.get("never_disclose"):
        return "Held, never shown"
    if str(value) in field.get("means", {}):
        return str(field["means"][str(value)])
    if field.get("shown_as") == "cents":
        return f"{value // 100}.{value % 100:02} {field['unit']}"
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    is_day = len(str(value)) == 10 or f"{at:%H:%M:%S}" == "00:00:00"
    return f"{at.day} {at:%B %Y}" + ("" if is_day else f", {at:%H:%M}")


def month(text: str) -> str:
    return f"{datetime.fromisoformat(text):%B %Y}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
