"""Whatever has an effect leaves a line in the audit, in the transaction of the effect; and nothing personal does."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from command import audit_command
from privacy.clock import FixedClock
from privacy.fulfilment.delete.holds import Holds
from privacy.store.tables.audit import audit
from tests.driving.inside import newest_code
from tests.privacy.fake_outbox import other_code
from tests.privacy.fulfilment.vera_world import (
    JANE,
    KARL,
    NOBODY,
    VeraWorld,
    acts,
    contact,
    vera_world,
)

NEW = "jane.somewhere.else@example.org"
PROVEN = ["proof.sent {0}", "proof.accepted {0}", "request.filed", "request.started"]
READ = ["system.read newsletter", "system.read shop", "system.read support"]


@pytest.fixture
def world(tmp_path: Path, clock: FixedClock) -> Iterator[VeraWorld]:
    with vera_world(tmp_path / "vera", clock) as world:
        yield world


def proven(kind: str) -> list[str]:
    return [line.format(kind) for line in PROVEN]


def verified(world: VeraWorld) -> list[str]:
    """What `vera audit verify` says, after the service has signed the end."""
    world.vera.upkeep.tidy_up()
    said: list[str] = []
    assert audit_command.verify(world.vera.settings, said.append), said
    return said


# -- a real request of each kind -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("access", {}, [*proven("access"), *READ, "request.finished"]),
        ("export", {}, [*proven("export"), *READ, "request.finished", "package.made"]),
        (
            "correct",
            {"field": "phone", "value": "+49 171 3925777"},
            [
                "proof.sent correct", "proof.accepted correct", "proof.sent new_contact",
                "proof.accepted new_contact", "request.filed", "request.started", "system.corrected support", "system.corrected shop", "request.finished",
                "recipient.told", "contact.changed",
            ],
        ),
        (
            "correct",
            {"field": "email", "value": NEW},
            [
                "proof.sent correct", "proof.accepted correct", "proof.sent new_contact",
                "proof.accepted new_contact", "request.filed", "request.started", "system.corrected support",
                "system.corrected newsletter", "system.corrected shop", "request.finished", "recipient.told",
                "recipient.told", "contact.changed",
            ],
        ),
        (
            "delete",
            {},
            [
                "proof.sent delete", "proof.accepted delete", "request.filed", "request.scheduled",
                "request.time_came", "request.committed", "system.erased newsletter", "system.erased shop",
                "system.erased support", "recipient.told", "recipient.told", "request.finished",
            ],
        ),
        (
            "restrict",
            {},
            [
                *proven("restrict"), "system.stopped shop", "system.stopped support", "system.stopped newsletter",
                "request.finished", "recipient.told", "recipient.told", "recipient.told", "recipient.told",
            ],
        ),
        *[
            (
                kind,
                {},
                ["request.filed", "request.started", "system.stopped shop", "system.stopped newsletter", "request.finished"],
            )
            for kind in ("object", "withdraw_consent")
        ],
    ],
)  # fmt: skip
def test_every_kind_of_request(
    world: VeraWorld, kind: str, details: dict[str, str], expected: list[str]
) -> None:
    before = personal(world)
    filed = world.done(kind, **details)
    assert acts(world.audit()) == expected
    request = world.row(filed)["id"]
    assert {line.request for line in world.audit() if not line.act.startswith("proof.")} == {
        request
    }
    assert {line.actor for line in world.audit()} == {"customer", "service"}
    [said] = verified(world)
    assert said.startswith(f"{len(expected)} entries, unbroken from 2026-11-2")
    new = [word for word in details.get("value", "").split() if len(word) > 5]
    assert leaked(world, [*before, *new]) == []


def test_who_it_was_about_is_a_pseudonym_and_the_same_one_all_year(world: VeraWorld) -> None:
    world.done("access")
    world.done("restrict")
    world.done("access", KARL)
    with world.vera.database.read() as tx:
        filed = select(audit.c.subject).where(audit.c.act == "request.filed").order_by(audit.c.seq)
        first, again, other = tx.execute(filed).scalars()
        mailboxes = select(audit.c.subject).where(audit.c.act == "proof.accepted")
        evidence = list(tx.execute(mailboxes.order_by(audit.c.seq)).scalars())
    assert first == again != other
    assert evidence[0] == evidence[1] != evidence[2]
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in (first, other, *evidence))


# -- what else has an effect ---------------------------------------------------------------------------------------------


def test_codes_that_are_wrong(world: VeraWorld) -> None:
    verification, visit = world.vera.verification, world.visit()
    for typed in (JANE, NOBODY):  # a decoy leaves the same lines
        verification.begin(visit.conversation, "delete", contact(typed), f"a {typed}", world.turn())
        right = newest_code(world.vera)
        for number in range(5):
            verification.check(visit.conversation, other_code(right, number + 1))
    expected = ["proof.sent", *["proof.wrong"] * 4, "proof.locked"] * 2
    assert [line.act for line in world.audit()] == expected
    assert {line.data["purpose"] for line in world.audit()} == {"delete"}
    assert [line.data["attempts"] for line in world.audit() if "attempts" in line.data][:5] == [
        1, 2, 3, 4, 5,
    ]  # fmt: skip


def test_what_becomes_of_a_package(world: VeraWorld) -> None:
    filed = world.done("export")
    packages, subjects = world.vera.packages, world.subjects()
    there = packages.open_for(world.row(filed)["id"], subjects)
    assert there is not None
    list(packages.take(there.id, subjects).pieces)
    packages.remove(there.id, subjects)
    packages.remove(there.id, subjects)
    assert acts(world.audit(filed))[-3:] == [
        "package.made", "package.downloaded", "package.removed",
    ]  # fmt: skip
    other = world.done("export", KARL)
    world.later(hours=world.vera.policy.fulfilment.package_hours)
    packages.expire()
    assert acts(world.audit(other))[-2:] == ["package.made", "package.expired"]


def test_a_deletion_that_a_hold_stops_and_a_person_lets_go_on(world: VeraWorld) -> None:
    holds = Holds(world.keyring, world.clock, "DE")
    with world.vera.database.write() as tx:
        hold = holds.place(
            tx, contact(JANE), world.vera.directory.find(contact(JANE)), reason="Case 12", by="kim"
        )
    filed = world.file("delete")
    world.later(days=7)
    assert world.work() == ["for_person"]
    with world.vera.database.write() as tx:
        assert holds.lift(tx, hold, by="kim")
    [task] = world.vera.fulfilment.tasks.list_open()
    world.vera.fulfilment.tasks.finish(task.id, "kim")
    assert world.work() == ["done"]
    about = [line for line in world.audit() if line.act.split(".")[0] in ("hold", "task")]
    assert [(line.act, line.actor.split(":")[0]) for line in about] == [
        ("hold.placed", "agent"), ("task.asked", "service"), ("hold.lifted", "agent"), ("task.done", "agent"),
    ]  # fmt: skip
    assert {line.data["task"] for line in about if "task" in line.data} == {task.id}
    assert acts(world.audit(filed))[-1] == "request.finished"
    assert "Case" not in dump(world)


def test_a_system_that_is_away(world: VeraWorld) -> None:
    filed = world.file("access")
    with world.away("support"):
        assert world.work() == ["down"]
        world.later(minutes=1)
        assert world.work() == ["down"]
    world.later(minutes=2)
    assert world.work() == ["done"]
    told = acts(world.audit(filed))
    assert told.count("system.down support") == 2
    assert told[-1] == "request.finished"
    world.vera.fulfilment.tasks.list_open()
    verified(world)


def test_what_a_task_is_closed_by_when_nobody_has_to_do_it_any_more(world: VeraWorld) -> None:
    filed = world.file("access")
    with world.away("support"):
        world.work()
        world.later(hours=5)
        world.work()
    world.later(hours=2)
    assert world.work() == ["done"]
    tasks = [(line.actor, str(line)) for line in world.audit(filed) if "task" in line.act]
    assert tasks == [("service", "task.asked support"), ("service", "task.done support")]


def test_what_is_taken_back_and_what_is_asked_for_twice(world: VeraWorld) -> None:
    filed = world.file("delete")
    world.vera.filing.cancel(filed.reference, world.subjects(), world.turn())
    assert acts(world.audit(filed))[-1] == "request.cancelled"
    first = world.file("object")
    world.file("object")
    assert acts(world.audit(first)) == ["request.filed", "request.joined"]


def test_a_change_of_address_that_is_objected_to(world: VeraWorld) -> None:
    filed = world.done("correct", field="email", value=NEW)
    [letter] = world.letters("contact_changed")
    key = re.search(r"not-me\S*[#=]([\w-]+)", letter.text)
    assert key is not None
    world.vera.objections.object(filed.reference, key[1])
    since = world.audit(filed)
    assert acts(since)[-5:] == [
        "task.asked",
        "contact.objected",
        "contact.changed",
        "recipient.told",
        "recipient.told",
    ]
    assert [line.data for line in since if line.act == "contact.changed"] == [
        {"field": "email"},
        {"outcome": "undone"},
    ]


def test_what_the_timers_do(world: VeraWorld) -> None:
    filed = world.done("delete")
    kept = world.vera.carrying.kept
    world.later(days=366 * 12)
    kept.erase_due(world.clock.now().date())
    assert acts(world.audit(filed))[-1] == "kept.erased shop"
    world.vera.filing.retire_old(world.vera.fulfilment.forget)
    assert str(world.audit()[-1]) == "records.retired"
    world.vera.upkeep.tidy_up()
    assert [str(line) for line in world.audit()] == ["kept.erased shop", "records.retired", "audit.forgotten"]  # fmt: skip
    verified(world)


def test_what_a_restored_backup_brings_back(world: VeraWorld) -> None:
    backup = world.files["shop"].read_bytes()
    world.done("delete")
    world.files["shop"].write_bytes(backup)
    world.vera.carrying.replay.run()
    line = world.audit()[-1]
    assert (str(line), line.data["left"]) == ("tombstone.replayed shop", 0)
    assert line.data["rows"] >= 1


def test_what_a_code_shows_in_the_chat(world: VeraWorld) -> None:
    visit = world.visit()
    filed = world.file("access", visit=visit)
    world.vera.disclose(visit.conversation, filed.reference)
    _, proof = world.begin(visit, "correct")
    assert proof is not None
    world.vera.corrections.standing(visit.conversation, proof, "phone")
    _, proof = world.begin(visit, "delete")
    assert proof is not None
    world.vera.own_data.plan(proof, "")
    shown = [str(line) for line in world.audit() if line.act == "data.shown"]
    assert shown == ["data.shown view", "data.shown correct", "data.shown plan"]
    assert leaked(world, personal(world)) == []


# -- nothing personal ----------------------------------------------------------------------------------------------------


def dump(world: VeraWorld) -> str:
    """The audit's tables as their file holds them."""
    with closing(sqlite3.connect(world.folder / "vera.db")) as database:
        tables = ("audit", "audit_checkpoint", "audit_year")
        rows = [database.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    return repr(rows).lower()


def personal(world: VeraWorld) -> list[str]:
    """Every value that the company holds about Jane."""
    found: set[Any] = set()
    [(row, number)] = world.ask(
        "shop", "SELECT id, customer_number FROM customers WHERE email = ?", JANE
    )
    for system, question, value in (
        ("shop", "SELECT * FROM customers WHERE id = ?", row),
        ("shop", "SELECT * FROM addresses WHERE customer_id = ?", row),
        ("shop", "SELECT * FROM orders WHERE customer_id = ?", row),
        ("support", "SELECT * FROM tickets WHERE customer_number = ?", number),
        ("newsletter", "SELECT * FROM subscriptions WHERE email = ?", JANE),
    ):
        for held in world.ask(system, question, value):
            found.update(held)
    words = {str(one) for one in found if one is not None}
    plain = {
        word for word in words if len(word) > 5 and not re.fullmatch(r"[a-z]+|[\d:. -]+", word)
    }
    numbers = {word for word in words if re.fullmatch(r"\+?[\d ()/-]{9,}", word)}
    assert {"jane.miller@example.com", number} <= plain
    return sorted(plain | numbers | set(world.subjects()))


def leaked(world: VeraWorld, values: list[str]) -> list[str]:
    table = dump(world)
    return [value for value in values if value.lower() in table]
