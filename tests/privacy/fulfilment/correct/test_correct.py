"""A correction stands in every system that holds the value, once, whatever goes wrong on the way; checked with plain
SQL in the sample company's databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.clock import FixedClock
from privacy.contacts import Contact
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.fulfilment.correct.correct_world import World, open_world

JANE = "jane.miller@example.com"
NEW = "jane@new-home.example"


@pytest.fixture
def world(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> Iterator[World]:
    yield from open_world(database, keyring, clock, tmp_path)


def emails(world: World) -> list[list[str]]:
    """Jane's address in the three systems."""
    return [
        [found for [found] in world.ask("shop", "SELECT email FROM customers WHERE customer_number = 'AF-1001'")],
        [found for [found] in world.ask("support", "SELECT contact_email FROM tickets WHERE customer_number = 'AF-1001'")],
        [found for [found] in world.ask("newsletter", "SELECT email FROM subscriptions WHERE first_name = 'Jane'")],
    ]  # fmt: skip


# -- stories -----------------------------------------------------------------------------------------------------------


def test_a_new_email_stands_in_all_three_systems_and_both_addresses_hear_of_it(
    world: World,
) -> None:
    request = world.file(JANE, field="email", value=NEW)
    assert world.work() == "done"
    assert emails(world) == [[NEW], [NEW, NEW], [NEW]]
    assert world.state(request) == "done"
    [[changed_at]] = world.ask(
        "shop", "SELECT contact_changed_at FROM customers WHERE email = ?", NEW
    )
    assert changed_at == "2026-11-21 10:00:00"
    # In the conversation: old and new in full.
    [(_, wording, values)] = world.said.all
    assert wording == "utter_corrected"
    assert values["lines"] == f"{JANE} → {NEW} (our shop, our support desk, our newsletter)"
    # The confirmation goes to the new address, masked; the old one can object.
    [receipt] = world.mails.sent("correction_done")
    assert receipt.to == NEW
    assert JANE not in str(receipt.values["letter_lines"])
    [notice] = world.mails.sent("contact_changed")
    assert notice.to == JANE
    assert "/requests/PR-" in notice.values["link"]
    # Invoices stay as they were made.
    assert world.ask("shop", "SELECT count(*) FROM invoices WHERE billing_email = ?", JANE) == [
        (7,)
    ]
    assert {mail.to for mail in world.mails.sent("recipient_told")} == {
        "data@parcels.example",
        "privacy@mailings.example",
    }


def test_a_name_is_parted_where_the_map_keeps_it_in_parts(world: World) -> None:
    world.file(JANE, field="name", value="Jane  Smith-O'Hara")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT name FROM customers WHERE email = ?", JANE) == [
        ("Jane Smith-O'Hara",)
    ]
    assert world.ask("support", "SELECT DISTINCT contact_name FROM tickets WHERE contact_email = ?", JANE) == [
        ("Jane Smith-O'Hara",)
    ]  # fmt: skip
    # The newsletter knows a first name only, and it is the same: nothing was written, nobody is told of it.
    assert world.ask(
        "newsletter", "SELECT first_name FROM subscriptions WHERE email = ?", JANE
    ) == [("Jane",)]
    assert "newsletter" not in world.said.all[0][2]["lines"]
    assert world.ask("shop", "SELECT DISTINCT billing_name FROM invoices WHERE billing_email = ?", JANE) == [
        ("Jane Miller",)
    ]  # fmt: skip


def test_a_phone_number_is_written_as_the_one_before_it_and_not_spread(world: World) -> None:
    world.file(JANE, field="phone", value="0171 3920099", proven_contact="+491713920099")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT phone FROM customers WHERE email = ?", JANE) == [
        ("+49 171 3920099",)
    ]
    assert world.ask("support", "SELECT DISTINCT contact_phone FROM tickets WHERE contact_email = ?", JANE) == [(None,)]  # fmt: skip
    subjects = {r.subject for r in world.company.find(Contact("phone", "+491713920099"))}
    assert subjects == {"shop:1"}


def test_of_two_addresses_only_the_chosen_one_is_changed(world: World) -> None:
    [subject] = {r.subject for r in world.company.find(Contact("email", JANE))}
    held = world.old_values.look_up(Contact("email", JANE), subject, "address")
    assert [(one.shown, one.beside) for one in held] == [
        ("Gartenstraße 14, 10115 Berlin, DE", "delivery"),
        ("Gartenstraße 14, 10115 Berlin, DE", "billing"),
    ]
    assert len({one.row for one in held}) == 2
    world.file(JANE, field="address", value="12 Mill Lane, Leeds LS1 4AP, UK", row=held[1].row)
    assert world.work() == "done"
    assert world.ask(
        "shop",
        "SELECT kind, street, postal_code, city, country FROM addresses WHERE customer_id = 1 ORDER BY id",
    ) == [
        ("delivery", "Gartenstraße 14", "10115", "Berlin", "DE"),
        ("billing", "12 Mill Lane", "LS1 4AP", "Leeds", "GB"),
    ]


def test_entries_that_say_the_same_are_one_where_none_was_chosen(world: World) -> None:
    world.file(JANE, field="address", value="Lindenweg 3, 50667 Köln", row="row_all")
    assert world.work() == "done"
    assert (
        world.ask(
            "shop", "SELECT street, postal_code, city, country FROM addresses WHERE customer_id = 1"
        )
        == [("Lindenweg 3", "50667", "Köln", "DE")] * 2
    )


def test_of_two_persons_with_one_address_only_the_one_who_asks_is_changed(world: World) -> None:
    before = world.ask("shop", "SELECT * FROM customers WHERE customer_number = 'AF-1003'")
    request = world.file("family.brandt@example.com", field="name", value="Tobias Brandt-Klein")
    assert world.work() == "nothing"  # nobody knows yet which of them asks
    [(tobias,)] = world.ask("shop", "SELECT id FROM customers WHERE customer_number = 'AF-1002'")
    world.settle(request, f"shop:{tobias}")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT name FROM customers WHERE id = ?", tobias) == [
        ("Tobias Brandt-Klein",)
    ]
    assert world.ask("shop", "SELECT * FROM customers WHERE customer_number = 'AF-1003'") == before
    assert world.ask("support", "SELECT contact_name FROM tickets WHERE customer_number = 'AF-1003'") == [("Miriam Brandt",)]  # fmt: skip
    assert world.ask("newsletter", "SELECT first_name FROM subscriptions WHERE email = 'family.brandt@example.com'") == [("Miriam",)]  # fmt: skip


def test_a_system_that_is_away_is_waited_for_and_the_leading_one_comes_last(world: World) -> None:
    world.company.away = {"support"}
    request = world.file(JANE, field="email", value=NEW)
    assert world.work() == "down"
    assert emails(world) == [[JANE], [JANE, JANE], [NEW]]
    assert world.state(request) == "in_progress"
    assert world.mails.sent("contact_changed") == []
    world.company.away = set()
    world.later(hours=2)
    assert world.work() == "done"
    assert emails(world) == [[NEW], [NEW, NEW], [NEW]]
    lines = world.said.all[-1][2]["lines"]
    assert lines == f"{JANE} → {NEW} (our shop, our support desk, our newsletter)"
    assert len(world.mails.sent("contact_changed")) == 1


def test_a_second_run_changes_nothing(world: World) -> None:
    request = world.file(JANE, field="email", value=NEW)
    assert world.work() == "done"
    before = world.dump()
    with (
        world.database.write() as tx
    ):  # as after a crash before the end was written, without any progress
        tx.exec_driver_sql("UPDATE request SET state = 'in_progress', closed_at = NULL")
        tx.exec_driver_sql("UPDATE work SET state = 'due'")
        tx.exec_driver_sql("DELETE FROM progress")
    world.later(minutes=5)
    assert world.work() == "done"
    assert world.dump() == before
    assert world.state(request) == "done"
    assert len(world.mails.sent("correction_done")) == 1


# -- what a person looks at --------------------------------------------------------------------------------------------


def test_a_date_of_birth_waits_for_a_persons_yes(world: World) -> None:
    request = world.file(JANE, field="birth_date", value="12 April 1988")
    assert world.work() == "for_person"
    [task] = world.open_tasks(request)
    assert (task.kind, task.is_open) == ("check_correction", True)
    assert "12 April 1987" in task.what
    assert "12 April 1988" in task.what
    assert world.ask("shop", "SELECT birth_date FROM customers WHERE email = ?", JANE) == [
        ("1987-04-12",)
    ]
    world.answer(request, "Looks fine to me")  # neither yes nor no: asked again
    assert world.work() == "for_person"
    world.answer(request, "Yes, the voucher department knows her.")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT birth_date FROM customers WHERE email = ?", JANE) == [
        ("1988-04-12",)
    ]


def test_a_persons_no_ends_it_with_its_reason(world: World) -> None:
    before = world.dump()
    request = world.file(JANE, field="birth_date", value="12 April 1988")
    assert world.work() == "for_person"
    world.answer(request, "No: the day on your contract is another one")
    assert world.work() == "declined"
    assert world.state(request) == "declined"
    assert world.said.all[-1][1] == "utter_correction_declined"
    assert world.said.all[-1][2]["why"] == "the day on your contract is another one."
    [letter] = world.mails.sent("correction_declined")
    assert letter.to == JANE
    assert world.dump() == before


def test_an_address_of_somebody_else_never_makes_two_accounts_one(world: World) -> None:
    before = world.dump()
    request = world.file(JANE, field="email", value="dana.kowalski@example.com")
    assert world.work() == "for_person"
    [task] = world.open_tasks(request)
    assert task.kind == "correct_by_hand"
    assert "never made one" in task.what
    assert world.dump() == before
    # What the customer hears tells nothing of it.
    assert [set(values) for _, _, values in world.said.all] == [{"reference", "kind", "due"}]
    assert world.said.wordings == ["utter_person_helps"]
    world.answer(request, "no, it could not be confirmed that the address is yours")
    assert world.work() == "declined"
    assert world.dump() == before


def test_a_number_of_somebody_elses_is_looked_at_too(world: World) -> None:
    """Else tickets of a person known by that number alone would join the account."""
    request = world.file(JANE, field="phone", value="030 23125 106")
    assert world.work() == "for_person"
    assert world.open_tasks(request)[0].kind == "correct_by_hand"


def test_which_of_several_addresses_is_meant_is_never_guessed(world: World) -> None:
    world.tell(
        "shop",
        "UPDATE addresses SET street = 'Other Street 1' WHERE customer_id = 1 AND kind = 'billing'",
    )
    before = world.dump()
    for number, row in enumerate(("row_all", "0" * 32)):
        request = world.file(
            "jane.miller@example.com", field="address", value="Lindenweg 3, 50667 Köln", row=row, turn=f"t{number}"
        )  # fmt: skip
        assert world.work() == "for_person"
        assert "which one is meant" in world.open_tasks(request)[0].what
        world.answer(request, "no, write to us which one")
        assert world.work() == "declined"
    assert world.dump() == before


def test_a_value_that_cannot_be_read_is_done_by_hand(world: World) -> None:
    request = world.file(JANE, field="address", value="the house by the lake")
    assert world.work() == "for_person"
    assert "cannot be read" in world.open_tasks(request)[0].what
    world.answer(request, "yes")
    assert world.work() == "done"
    assert world.said.all[-1][1] == "utter_corrected"


def test_a_place_that_only_persons_reach_is_a_task(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    manual = """
  archive:
    label: our paper archive
    kind: manual
    who: the office
    tables:
      cards:
        label: your card
        link: {column: id, to: cards.id}
        identity: {person: contact, email: email}
        retention: while_customer
        source: from you
        on_delete: erase
        fields:
          name: {label: your name, category: user.name, purpose: [account], correct: name}
          email: {label: your address, category: user.contact.email, purpose: [account]}
"""
    for world in open_world(
        database, keyring, clock, tmp_path, change=lambda text: text.replace("        link: {column: id, to: cards.id}\n", "") + manual.replace("        link: {column: id, to: cards.id}\n", "")
    ):  # fmt: skip
        request = world.file(JANE, field="name", value="Jane Smith")
        assert world.work() == "for_person"
        [task] = world.open_tasks(request)
        assert (task.kind, task.system) == ("correct_by_hand", "archive")
        assert world.ask("shop", "SELECT name FROM customers WHERE email = ?", JANE) == [
            ("Jane Smith",)
        ]
        world.answer(request, "")
        assert world.work() == "done"


# -- hostile values and rows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        'Robert "Bobby"\'); DROP TABLE customers;--',
        "🦊 𝓕𝓸𝔁 שרה",
        "=cmd|' /C calc'!A0",
        "{{7*7}} ${jndi} %s",
        "Ann\\'; --",
    ],
)
def test_hostile_names_are_only_names(world: World, value: str) -> None:
    others = world.ask("shop", "SELECT * FROM customers WHERE id <> 1 ORDER BY id")
    world.file(JANE, field="name", value=value)
    assert world.work() == "done"
    assert world.ask("shop", "SELECT name FROM customers WHERE id = 1") == [(value,)]
    assert world.ask("support", "SELECT DISTINCT contact_name FROM tickets WHERE customer_number = 'AF-1001'") == [
        (value,)
    ]  # fmt: skip
    assert world.ask("shop", "SELECT * FROM customers WHERE id <> 1 ORDER BY id") == others


def test_what_steps_remember_holds_nothing_personal(world: World) -> None:
    world.file(JANE, field="email", value=NEW)
    assert world.work() == "done"
    kept = " ".join(world.steps.results.values())
    assert world.steps.results
    for personal in (JANE, NEW, "Jane", "Miller", "AF-1001"):
        assert personal not in kept


def test_nothing_of_a_correction_is_readable_in_our_database(world: World, tmp_path: Path) -> None:
    request = world.file(JANE, field="birth_date", value="12 April 1988")
    world.work()
    world.answer(request, "yes, seen")
    world.work()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("vera.db*"))
    for personal in (b"1987-04-12", b"1988", JANE.encode()):
        assert personal not in raw


def test_odd_case_is_found_and_replaced_everywhere(world: World) -> None:
    world.file("odd.case@example.com", field="email", value="even@new-home.example")
    assert world.work() == "done"
    left = world.ask(
        "shop", "SELECT email FROM customers WHERE lower(trim(email)) = 'odd.case@example.com'"
    )
    left += world.ask(
        "newsletter",
        "SELECT email FROM subscriptions WHERE lower(trim(email)) = 'odd.case@example.com'",
    )
    assert left == []


def test_a_person_known_to_support_alone_moves_with_both_tickets(world: World) -> None:
    world.file("just.asking@example.com", field="email", value="asked@new-home.example")
    assert world.work() == "done"
    assert world.ask(
        "support", "SELECT count(*) FROM tickets WHERE contact_email = 'asked@new-home.example'"
    ) == [(2,)]
    assert {r.system for r in world.company.find(Contact("email", "asked@new-home.example"))} == {
        "support"
    }


def test_thousands_of_rows_are_changed_and_only_the_first_are_kept_for_the_way_back(
    world: World,
) -> None:
    for number in range(3):
        world.tell(
            "support",
            """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
            INSERT INTO tickets (customer_number, contact_name, contact_email, subject_line, status, opened_at)
            SELECT 'AF-1001', 'Jane ' || (i % 5), ?, 'x', 'closed', '2024-01-01 00:00:00' FROM n""",
            JANE if number else "JANE.miller@example.com",
        )
    world.file(JANE, field="email", value=NEW)
    assert world.work() == "done"
    assert world.ask(
        "support", "SELECT DISTINCT contact_email FROM tickets WHERE customer_number = 'AF-1001'"
    ) == [(NEW,)]
    [letter] = world.mails.sent("contact_changed")
    reference, token = letter.values["link"].split("/requests/")[1].split("/not-me?key=")
    found = world.objections.object(reference, token)
    assert found is not None
    assert found.state == "by_hand"
    assert emails(world)[0] == [JANE]


@pytest.mark.parametrize("proven", ["", "+491713920098"])
def test_a_number_that_has_not_proven_itself_is_looked_at_by_a_person(
    world: World, proven: str
) -> None:
    request = world.file(JANE, field="phone", value="0171 3920099", proven_contact=proven)
    assert world.work() == "for_person"
    assert "nobody has proven it yet" in world.open_tasks(request)[0].what
    world.answer(request, "yes")
    assert world.work() == "done"
    assert world.ask("shop", "SELECT phone FROM customers WHERE id = 1") == [("+49 171 3920099",)]


def test_a_value_that_stands_there_already_is_done_and_says_so(world: World) -> None:
    before = world.dump()
    world.file(JANE, field="name", value="Jane Miller")
    assert world.work() == "done"
    assert world.dump() == before
    assert world.said.all[-1][2]["lines"] == "Jane Miller (first name: Jane) stands there already."
    assert world.mails.sent("recipient_told") == []


def test_what_stands_is_shown_before_it_is_corrected(world: World) -> None:
    jane = Contact("email", JANE)
    for correction, shown in (
        ("name", ["Jane Miller", "Jane Miller", "Jane"]),
        ("email", [JANE, JANE, JANE]),
        ("phone", ["+49 30 23125101"]),
        ("birth_date", ["12 April 1987"]),
    ):
        held = world.old_values.look_up(jane, "shop:1", correction)
        assert [one.shown for one in held] == shown
    assert world.old_values.look_up(jane, "shop:2", "name") == []
    with pytest.raises(KeyError):
        world.old_values.look_up(jane, "shop:1", "password_hash")


def test_what_may_name_others_is_corrected_and_not_shown(
    database: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    label = "            label: the note you added for a gift\n"
    flagged = f"{label}            correct: gift_note\n            may_name_others: true\n"
    kind = "corrections:\n  gift_note:\n    label: your note for a gift\n    kind: text\n    needs: person\n"
    own = "id = (SELECT min(id) FROM orders WHERE customer_id = 1)"

    def change_map(text: str) -> str:
        return text.replace(label, flagged).replace("corrections:\n", kind)

    for world in open_world(database, keyring, clock, tmp_path, change=change_map):
        world.tell("shop", "UPDATE orders SET gift_note = NULL WHERE customer_id = 1")
        world.tell("shop", f"UPDATE orders SET gift_note = 'For Rosa' WHERE {own}")
        [held] = world.old_values.look_up(Contact("email", JANE), "shop:1", "gift_note")
        assert held.shown == "(not shown here, since it may name other people)"
        request = world.file(JANE, field="gift_note", value="For you", row=held.row)
        assert world.work() == "for_person"
        [task] = world.open_tasks(request)
        assert "For Rosa" in task.what, "the person who looks at it reads it"
        world.tasks.finish(task.id, "agent:kim", "yes")
        assert world.work() == "done"
        assert world.ask("shop", f"SELECT gift_note FROM orders WHERE {own}") == [("For you",)]
        lines = world.said.all[-1][2]["lines"]
        assert lines == f"{held.shown} → For you (our shop)"
