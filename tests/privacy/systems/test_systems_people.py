"""Whose rows are whose, in systems of other shapes: persons are told apart, never two as one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from privacy.contacts import Contact
from privacy.systems.company import CompanyDirectory
from tests.privacy.systems.systems_world import (
    CUSTOMER,
    CUSTOMERS,
    KEYRING,
    READER,
    TICKET,
    TICKETS,
    database,
    datamap,
    find,
    three,
)

# --- who belongs together


def test_a_confirmed_number_joins_whatever_address_was_used(tmp_path: Path) -> None:
    directory = three(
        tmp_path,
        [(7, "C7", "ann@example.com", None, None)],
        [(1, "C7", "ann.work@example.com", None)],
    )
    assert find(directory, "ann@example.com") == {"shop:7": {"shop", "desk"}}
    assert find(directory, "ann.work@example.com") == {}, (
        "an address beside a number opens no account"
    )


def test_a_number_that_anybody_may_type_joins_only_with_the_address(tmp_path: Path) -> None:
    typed = TICKET | {"customer_number": {"column": "number"}}
    customers = [(7, "C7", "ann@example.com", None, None), (8, "C8", "ann@example.com", None, None)]
    tickets = [(1, "C7", "mallory@example.com", None), (2, "C8", "ann@example.com", None)]
    directory = three(tmp_path, customers, tickets, ticket=typed)
    assert find(directory, "ann@example.com") == {"shop:7": {"shop"}, "shop:8": {"shop", "desk"}}
    [(subject, systems)] = find(directory, "mallory@example.com").items()
    assert systems == {"desk"} and subject.startswith("contact:")


def test_numbers_are_texts_here_and_whole_numbers_there(tmp_path: Path) -> None:
    shop = database(
        tmp_path / "s.db",
        CUSTOMERS.replace("number,", "number INTEGER,"),
        [(1, 42, "ann@example.com", None, None)],
        "customers",
    )
    desk = database(
        tmp_path / "d.db",
        TICKETS.replace("number,", "number TEXT,"),
        [(1, " 42", "x@example.com", None), (2, "42", "y@example.com", None)],
        "tickets",
    )
    directory = CompanyDirectory(
        datamap(shop=(shop, "customers", CUSTOMER), desk=(desk, "tickets", TICKET)), KEYRING
    )
    records = directory.find(Contact("email", "ann@example.com"))
    assert {(r.subject, r.email) for r in records} == {
        ("shop:1", "ann@example.com"),
        ("shop:1", "y@example.com"),
    }


def test_a_number_that_leads_nowhere_joins_by_address(tmp_path: Path) -> None:
    directory = three(
        tmp_path, [(7, "C7", "ann@example.com", None, None)], [(1, "C99", "ann@example.com", None)]
    )
    assert find(directory, "ann@example.com") == {"shop:7": {"shop", "desk"}}


def test_one_person_in_two_systems_that_the_shop_does_not_know(tmp_path: Path) -> None:
    directory = three(tmp_path, [], [(1, None, "ann@example.com", None)], [(5, "Ann@example.com")])
    [(subject, systems)] = find(directory, "ann@example.com").items()
    assert systems == {"desk", "news"} and subject.startswith("contact:")


def test_two_rows_that_are_persons_are_not_merged(tmp_path: Path) -> None:
    directory = three(tmp_path, [], [], [(5, "ann@example.com"), (6, "ANN@example.com")])
    assert find(directory, "ann@example.com") == {
        "news.people:5": {"news"},
        "news.people:6": {"news"},
    }


def test_a_ticket_with_a_shared_address_belongs_to_neither(tmp_path: Path) -> None:
    couple = [(1, "C1", "us@example.com", None, None), (2, "C2", "us@example.com", None, None)]
    directory = three(tmp_path, couple, [(1, None, "us@example.com", None)])
    persons = find(directory, "us@example.com")
    assert len(persons) == 3 and persons["shop:1"] == persons["shop:2"] == {"shop"}


def test_an_address_is_shared_also_where_only_a_link_leads_to_the_second_owner(
    tmp_path: Path,
) -> None:
    # By phone only Ann is met; that her address is Bob's too must still keep the newsletter from
    # her.
    couple = [
        (1, "C1", "us@example.com", "030 23125 001", None),
        (2, "C2", "us@example.com", None, None),
    ]
    directory = three(tmp_path, couple, [], [(9, "us@example.com")])
    assert find(directory, "030 23125 001") == {"shop:1": {"shop"}}


def test_a_ticket_without_address_joins_by_phone_also_when_found_by_address(tmp_path: Path) -> None:
    customers = [(1, "C1", "ann@example.com", "030 23125 001", None)]
    directory = three(tmp_path, customers, [(1, None, None, "+49 30 23125001")])
    assert find(directory, "ann@example.com") == {"shop:1": {"shop", "desk"}}
    assert find(directory, "03023125001") == {"shop:1": {"shop", "desk"}}


def test_a_contact_that_ten_thousand_rows_share_is_cut_off(tmp_path: Path) -> None:
    rows = [(n, f"C{n}", "none@example.com", None, None) for n in range(10_000)]
    directory = three(tmp_path, rows)
    assert len(find(directory, "none@example.com")) == 200


def test_an_address_that_mail_cannot_carry_is_left_out(tmp_path: Path) -> None:
    unsafe = "ann@example.com\r\nBcc: everybody@example.com"
    directory = three(tmp_path, [(1, "C1", unsafe, "030 23125 001", None)])
    [record] = directory.find(Contact("phone", "03023125001"))
    assert record.email is None


# --- what opens a person, and what does not


def test_a_phone_that_stands_beside_somebody_elses_address_opens_nothing(tmp_path: Path) -> None:
    # Anybody can write to a support desk in Ann's name and leave a phone number of their own.
    tickets = [(1, None, "ann@example.com", None), (2, None, "ann@example.com", "030 23125 666")]
    directory = three(tmp_path, [], tickets)
    assert find(directory, "030 23125 666") == {}
    assert len(find(directory, "ann@example.com")) == 1


def test_a_key_that_is_an_address_is_not_told(tmp_path: Path) -> None:
    schema = "CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT)"
    rows = [
        ("ann@example.com", "ann@example.com"),
        ("0190f3c2-0000-7000-8000-000000000000", "b@example.com"),
    ]
    shop = database(tmp_path / "s.db", schema, rows, "people")
    directory = CompanyDirectory(datamap(shop=(shop, "people", READER)), KEYRING)
    [subject] = find(directory, "ann@example.com")
    assert subject.startswith("shop:") and "ann" not in subject and "@" not in subject
    assert list(find(directory, "b@example.com")) == ["shop:0190f3c2-0000-7000-8000-000000000000"]


def test_many_ask_at_once_while_the_map_is_exchanged(tmp_path: Path) -> None:
    directory = three(
        tmp_path, [(1, "C1", "ann@example.com", None, None)], [(1, "C1", "x@example.com", None)]
    )
    described = directory.datamap
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(find, directory, "ann@example.com") for _ in range(120)]
        for _ in range(10):
            directory.reload(described)
        assert all(one.result() == {"shop:1": {"shop", "desk"}} for one in asked)
