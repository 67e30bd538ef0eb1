"""A request to download, carried out on the sample company: what is in the package, what is not, what happens
when something goes wrong on the way, and who can have it.
"""

import csv
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import select, update

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.datamap.model import DataMap
from privacy.datamap.scope import Scope
from privacy.errors import RequestNotFound
from privacy.fulfilment.export.packages import PackageGone, file_of
from privacy.fulfilment.job import Json
from privacy.fulfilment.package.csv_writer import unguarded
from privacy.fulfilment.tasks.by_hand import LOOK
from privacy.fulfilment.tasks.tasks import Attached
from privacy.fulfilment.vault.vault import FileUnreadable
from privacy.requests import State
from privacy.settings import ROOT
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import package, work
from privacy.store.tables.requests import request
from tests.privacy.fulfilment.export.package_world import JANE, POLICY, PackageWorld, sample_company
from tests.privacy.fulfilment.work_world import Straight

SUBJECT = ("shop:17",)
REFUND = Contact("email", "sofia.rossi@example.com")


@pytest.fixture
def world(database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path) -> PackageWorld:
    world = PackageWorld(database, keyring, clock, tmp_path)
    world.knows(JANE)
    return world


def sql(world: PackageWorld, system: str, statement: str, *values: Any) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(world.folder / "demo" / f"{system}.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(statement, values).fetchall()]
        connection.commit()
        return rows


OF_JANE = {
    "shop.customers": "SELECT * FROM customers WHERE id = 1",
    "shop.addresses": "SELECT * FROM addresses WHERE customer_id = 1 ORDER BY id",
    "shop.orders": "SELECT * FROM orders WHERE customer_id = 1 ORDER BY id",
    "shop.order_lines": "SELECT l.* FROM order_lines l JOIN orders o ON o.id = order_id WHERE customer_id = 1 ORDER BY l.id",
    "shop.invoices": "SELECT i.* FROM invoices i JOIN orders o ON o.id = order_id WHERE customer_id = 1 ORDER BY i.id",
    "shop.payments": "SELECT p.* FROM payments p JOIN orders o ON o.id = order_id WHERE customer_id = 1 ORDER BY p.id",
    "support.tickets": "SELECT * FROM tickets WHERE customer_number = 'AF-1001' ORDER BY id",
    "support.messages": "SELECT m.* FROM messages m JOIN tickets t ON t.id = ticket_id WHERE customer_number = 'AF-1001' ORDER BY m.id",
    "newsletter.subscriptions": "SELECT * FROM subscriptions WHERE email = 'jane.miller@example.com'",
    "newsletter.activity": "SELECT a.* FROM activity a JOIN subscriptions s ON s.id = subscription_id WHERE email = 'jane.miller@example.com' ORDER BY a.id",
}  # fmt: skip


def test_the_exported_json_and_csv_equal_the_rows(world: PackageWorld) -> None:
    filed = world.ask("export")
    assert world.work() == ["done"]
    archive = world.exported(filed)
    for table_id, statement in OF_JANE.items():
        system, table = table_id.split(".")
        stored = sql(world, system, statement)
        described = world.datamap.systems[system].tables[table]
        taken = [n for n, f in described.fields.items() if f.given and not f.never_disclose]
        expected = [{name: row[name] for name in taken} for row in stored]
        assert expected, table_id
        read = json.loads(archive.read(f"data/{system}/{table}.json"))
        assert [row["values"] for row in read["rows"]] == expected
        cells = list(csv.DictReader(io.StringIO(archive.read(f"data/{system}/{table}.csv").decode("utf-8-sig"), newline="")))  # fmt: skip
        assert [{name: unguarded(row[name]) for name in taken} for row in cells] == [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in expected
        ]


def test_the_files_fit_the_schema_and_the_letter_says_what_is_left_out(world: PackageWorld) -> None:
    filed = world.ask("export")
    world.work()
    archive = world.exported(filed)
    schema = json.loads((ROOT / "docs" / "export.schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    for name in archive.namelist():
        if name.endswith(".json"):
            validator.validate(json.loads(archive.read(name)))
    page = archive.read("index.html").decode()
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    [password] = sql(world, "shop", "SELECT password_hash FROM customers WHERE id = 1")
    assert password["password_hash"] not in everything
    assert "Your password, scrambled so that nobody can read it" in page
    assert "We hold it. We never show it" in page
    assert "The group we put you in" in page, "what was worked out is named and left out"
    assert "The bank account for your refund" not in page, "nothing is said of what is not held"
    assert filed.reference in page


def test_telling_is_one_line_and_one_letter_and_neither_holds_data(world: PackageWorld) -> None:
    filed = world.ask("export")
    world.work()
    [(_, wording, values)] = [one for one in world.said.all if one[1] != "utter_request_received"]
    assert wording == "utter_package_ready"
    assert values["until"] == "Tuesday 24 November 2026, 11:00"
    assert values["link"].endswith(f"/requests/{filed.reference}/package")
    [mail] = world.mails.sent("package_ready")
    assert "Jane" not in str(mail.values)
    assert world.state(filed.reference) is State.DONE
    progress = world.progress
    with world.database.read() as tx:
        states = {one.system: (one.state, sum(one.counts.values())) for one in progress.of(tx, world.request_of(filed))}  # fmt: skip
    assert states["shop"][0] == "done"
    assert states["shop"][1] == 42


def test_secrets_inside_free_text_are_replaced_by_a_statement(world: PackageWorld) -> None:
    sql(world, "shop", "UPDATE payments SET refund_iban = 'X99-77 12' WHERE order_id = (SELECT min(id) FROM orders WHERE customer_id = 1)")  # fmt: skip
    sql(world, "support", "UPDATE messages SET body = 'Pay to x997712 or DE02120300000000202051, password: tiger' WHERE id = (SELECT min(m.id) FROM messages m JOIN tickets t ON t.id = ticket_id WHERE customer_number = 'AF-1001')")  # fmt: skip
    filed = world.ask("export")
    world.work()
    archive = world.exported(filed)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode().casefold()
    for secret in ("x99-77 12", "x997712", "de0212", "tiger"):
        assert secret not in everything
    messages = json.loads(archive.read("data/support/messages.json"))["rows"]
    assert (
        "Pay to [a bank account number that we hold] or [a bank account number that we hold], "
        "password: [a password that we hold]" in [row["values"]["body"] for row in messages]
    )
    payments = json.loads(archive.read("data/shop/payments.json"))
    assert payments["rows"][0]["held_and_never_shown"] == ["refund_iban"]
    assert "numbers and passwords inside texts" in archive.read("manifest.json").decode()


def test_a_partial_wish_takes_only_its_part(world: PackageWorld) -> None:
    fields = frozenset(f"shop.orders.{n}" for n in ("order_number", "placed_at"))
    filed = world.ask("export", Scope(fields=fields, since=date(2025, 1, 1)))
    world.work()
    archive = world.exported(filed)
    names = [name for name in archive.namelist() if name.startswith("data/")]
    assert names == ["data/shop/orders.json", "data/shop/orders.csv"]
    rows = json.loads(archive.read("data/shop/orders.json"))["rows"]
    expected = sql(world, "shop", "SELECT order_number, placed_at FROM orders WHERE customer_id = 1 AND placed_at >= '2025' ORDER BY id")  # fmt: skip
    assert [row["values"] for row in rows] == expected
    assert "You asked for a part only" in archive.read("index.html").decode()


def test_nothing_held_is_said_and_no_package_is_made(world: PackageWorld) -> None:
    world.company.known["shop:17"] = {}
    filed = world.ask("export")
    assert world.work() == ["done"]
    assert world.said.all[-1][1] == "utter_found_nothing"
    assert world.packages.open_for(world.request_of(filed), SUBJECT) is None
    assert world.vault.names() == [n for n in world.vault.names() if n.startswith("work/")]


def test_an_estimate_comes_before_and_is_near(world: PackageWorld) -> None:
    estimate = world.export.estimate(world.places(), Scope())
    filed = world.ask("export")
    world.work()
    view = world.packages.open_for(world.request_of(filed), SUBJECT)
    assert view is not None
    assert view.size / 2 < estimate.bytes < view.size * 2
    assert estimate.rows == view.rows


# ---- systems that are away, persons that have to look ------------------------------------------------


def test_a_system_that_is_away_is_waited_for_and_the_others_are_not_asked_again(
    world: PackageWorld, clock: FixedClock
) -> None:
    world.systems.away = {"newsletter"}
    filed = world.ask("export")
    assert world.work() == ["down"]
    with world.database.read() as tx:
        states = {one.system: one.state for one in world.progress.of(tx, world.request_of(filed))}
    assert states == {"shop": "done", "support": "done", "newsletter": "down"}
    world.systems.away = set()
    world.systems.asked.clear()
    clock.move(timedelta(hours=1))
    assert world.work() == ["done"]
    rows = json.loads(world.exported(filed).read("data/shop/orders.json"))["rows"]
    assert len(rows) == 7


def test_a_system_whose_secrets_are_not_known_yet_holds_the_others_back(
    world: PackageWorld, clock: FixedClock
) -> None:
    world.systems.away = {"shop"}
    world.ask("export")
    assert world.work() == ["down"]
    assert not [name for name in world.vault.names() if "support" in name]
    world.systems.away = set()
    clock.move(timedelta(hours=1))
    assert world.work() == ["done"]


def test_what_a_person_brings_back_is_in_the_package(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    world = PackageWorld(database, keyring, clock, tmp_path, with_archive(sample_company(tmp_path)))
    world.knows(JANE)
    filed = world.ask("export")
    assert world.work() == ["for_person"]
    [task] = world.tasks.list_open()
    assert (task.kind, task.system) == (LOOK, "paper")
    assert "your letters" in task.what
    scan = Attached("Brief von Jane.pdf", io.BytesIO(b"%PDF-1.7 scan"), "application/pdf")
    world.tasks.finish(task.id, "Kim", "One letter. Her account is DE02120300000000202051.", [scan])
    assert world.work() == ["done"]
    archive = world.exported(filed)
    assert archive.read("attachments/by-hand/01.pdf") == b"%PDF-1.7 scan"
    page = archive.read("index.html").decode()
    assert "One letter. Her account is [a bank account number that we hold]." in page
    assert "Brief von Jane.pdf" in page


def with_archive(datamap: DataMap) -> DataMap:
    paper = {
        "kind": "manual", "label": "our paper archive", "who": "the office",
        "tables": {"letters": {
            "label": "your letters", "retention": "tax_time", "source": "from you", "on_delete": "erase",
            "fields": {"letter": {"label": "a letter", "category": "user.content.private", "purpose": ["support"]}},
        }},
    }  # fmt: skip
    plain = datamap.model_dump()
    plain["systems"]["paper"] = paper
    return DataMap.model_validate(plain)


def back_to_work(world: PackageWorld, clock: FixedClock) -> None:
    """What the runner does with work whose process is gone."""
    with world.database.write() as tx:
        tx.execute(update(work).values(state="due", due_at=clock.now()))


# ---- crashes ---------------------------------------------------------------------------------------


class Dies(Straight):
    """An engine whose process dies around a step."""

    def __init__(self, at: str, *, after: bool) -> None:
        super().__init__()
        self.at, self.after = at, after

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        if name == self.at:
            if self.after:
                act()
            raise KeyboardInterrupt
        return super().run(name, act)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["collect:shop", "collect:support", "collect:newsletter", "pack"])
def test_after_a_crash_anywhere_there_is_one_package_and_one_letter(
    world: PackageWorld, clock: FixedClock, step: str, after: bool
) -> None:
    filed = world.ask("export")
    with pytest.raises(KeyboardInterrupt):
        world.work(Dies(step, after=after))
    assert world.packages.open_for(world.request_of(filed), SUBJECT) is None
    world.packages.sweep()
    back_to_work(world, clock)
    assert world.work() == ["done"]
    assert world.exported(filed).testzip() is None
    assert len(world.mails.sent("package_ready")) == 1
    assert world.rows("package") == 1


class Remembers(Straight):
    """An engine that has every result already, as after a crash behind the last step."""

    def run(self, name: str, act: Callable[[], Json]) -> Json:
        return None if name.startswith(("collect:", "pack")) else act()


def test_steps_that_are_remembered_in_a_folder_that_is_not_there_are_made_good(
    world: PackageWorld,
) -> None:
    filed = world.ask("export")
    assert world.work(Remembers()) == ["done"]
    assert len(world.exported(filed).namelist()) > 10


def test_a_process_killed_while_packing_leaves_nothing_readable_and_no_half_package(
    world: PackageWorld, clock: FixedClock
) -> None:
    filed = world.ask("export")
    script = textwrap.dedent(f"""
        import importlib, pkgutil
        from datetime import UTC, datetime
        from pathlib import Path
        import privacy.store.tables
        for module in pkgutil.iter_modules(privacy.store.tables.__path__):
            importlib.import_module(f"privacy.store.tables.{{module.name}}")
        from privacy.clock import FixedClock
        from privacy.store.database import Database
        from privacy.store.keyring import Keyring
        from tests.privacy.fulfilment.export.package_world import JANE, PackageWorld
        folder = Path({str(world.folder)!r})
        world = PackageWorld(Database(f"sqlite:///{{folder / 'vera.db'}}"), Keyring([bytes(range(32))]),
                             FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)), folder)
        world.knows(JANE)
        world.work()
    """)
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "VERA_CRASH_AT": "pack:table:5"},
        capture_output=True,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
    on_disk = world.on_disk()
    assert on_disk
    for secret in (b"Jane", b"Gartenstra", b"jane.miller", b"O-1001", b"<html"):
        assert secret not in on_disk
    assert not world.vault.has(file_of(world.request_of(filed)))
    assert world.packages.sweep() == 1, "the half-written package goes, what was collected stays"
    back_to_work(world, clock)
    world.systems.asked.clear()
    assert world.work() == ["done"]
    assert world.exported(filed).testzip() is None


# ---- having it -------------------------------------------------------------------------------------


@pytest.fixture
def ready(world: PackageWorld) -> tuple[PackageWorld, str, str]:
    """A package that is ready: world, request, package."""
    filed = world.ask("export")
    world.work()
    view = world.packages.open_for(world.request_of(filed), SUBJECT)
    assert view is not None
    assert (view.state, view.downloads_left) == ("ready", POLICY.fulfilment.package_downloads)
    return world, world.request_of(filed), view.id


def test_it_is_what_its_hash_says_and_nothing_of_it_is_readable_on_disk(
    ready: tuple[PackageWorld, str, str],
) -> None:
    world, _, id_ = ready
    taken = world.packages.take(id_, SUBJECT)
    content = b"".join(taken.pieces)
    assert hashlib.sha256(content).hexdigest() == taken.sha256
    assert len(content) == taken.size
    assert re.fullmatch(r"PR-[0-9A-Z]{4}-[0-9A-Z]{4}-your-data\.zip", taken.name)
    assert b"PK\x03\x04" not in world.on_disk()[:4]
    assert b"jane.miller" not in world.on_disk()


def test_it_can_be_had_so_often_and_not_once_more(ready: tuple[PackageWorld, str, str]) -> None:
    world, request_id, id_ = ready
    for left in (2, 1, 0):
        assert b"".join(world.packages.take(id_, SUBJECT).pieces)
        view = world.packages.open_for(request_id, SUBJECT)
        assert view is not None
        assert view.downloads_left == left
    with pytest.raises(PackageGone, match="used_up"):
        world.packages.take(id_, SUBJECT)


def test_somebody_else_finds_no_such_package(ready: tuple[PackageWorld, str, str]) -> None:
    world, request_id, id_ = ready
    for other in (("shop:18",), ("shop:17", "shop:18"), ()):
        assert world.packages.open_for(request_id, other) is None
        with pytest.raises(RequestNotFound):
            world.packages.take(id_, other)
        with pytest.raises(RequestNotFound):
            world.packages.remove(id_, other)
    view = world.packages.open_for(request_id, SUBJECT)
    assert view is not None
    assert view.downloads == 0


def test_removed_it_is_gone_for_good_and_that_is_told_once(
    ready: tuple[PackageWorld, str, str],
) -> None:
    world, request_id, id_ = ready
    assert world.packages.remove(id_, SUBJECT).state == "removed"
    assert world.packages.remove(id_, SUBJECT).state == "removed"
    assert not world.vault.has(file_of(request_id))
    with world.database.read() as tx:
        assert tx.execute(select(package.c.sealed_key)).scalar_one() is None
    with pytest.raises(PackageGone, match="removed"):
        world.packages.take(id_, SUBJECT)
    [mail] = world.mails.sent("package_removed")
    assert mail.values["by"] == "customer"


def test_past_its_time_it_is_refused_at_once_and_removed_by_the_timer(
    ready: tuple[PackageWorld, str, str], clock: FixedClock
) -> None:
    world, request_id, id_ = ready
    clock.move(timedelta(hours=POLICY.fulfilment.package_hours))
    with pytest.raises(PackageGone, match="expired"):
        world.packages.take(id_, SUBJECT)
    assert world.packages.expire() == 1
    assert world.packages.expire() == 0
    assert not world.vault.has(file_of(request_id))
    [mail] = world.mails.sent("package_removed")
    assert mail.values["by"] == "time"


def test_a_package_that_was_fetched_goes_without_a_word(
    ready: tuple[PackageWorld, str, str], clock: FixedClock
) -> None:
    world, _, id_ = ready
    list(world.packages.take(id_, SUBJECT).pieces)
    clock.move(timedelta(days=4))
    assert world.packages.expire() == 1
    assert world.mails.sent("package_removed") == []


def test_with_another_key_it_does_not_open(ready: tuple[PackageWorld, str, str]) -> None:
    import pyrage  # type: ignore[import-untyped]

    world, _, id_ = ready
    other = str(pyrage.x25519.Identity.generate())
    with world.database.write() as tx:
        tx.execute(
            update(package).values(sealed_key=world.keyring.seal(other, "package.sealed_key"))
        )
    with pytest.raises(FileUnreadable):
        list(world.packages.take(id_, SUBJECT).pieces)


def test_the_sweeper_keeps_packages_and_forgets_what_was_collected(
    ready: tuple[PackageWorld, str, str],
) -> None:
    world, request_id, _ = ready
    assert any(name.startswith("work/") for name in world.vault.names())
    assert world.packages.sweep() > 0
    assert world.vault.names() == [file_of(request_id)]
    with world.database.write() as tx:
        tx.execute(package.delete())
    assert world.packages.sweep() == 1
    assert world.vault.names() == []
    with world.database.read() as tx:
        assert tx.execute(select(request.c.closed_at)).scalar_one() is not None
