"""Who a contact belongs to, on the sample company's real databases: never two persons as one, never a stranger."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from demo.company import build, cases
from privacy.contacts import Contact, parse_contact
from privacy.datamap.load import load_datamap
from privacy.datamap.model import DataMap
from privacy.errors import SystemDown
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.directory import Directory, SubjectRecord
from privacy.systems.fit import misfits

MAP = Path(__file__).parents[3] / "demo" / "datamap.yml"
TODAY = datetime(2026, 11, 21, 10, tzinfo=UTC)
KEYRING = Keyring([bytes(range(32))])


@pytest.fixture(scope="module")
def datamap(tmp_path_factory: pytest.TempPathFactory) -> DataMap:
    folder = tmp_path_factory.mktemp("data")
    build(folder / "demo", today=TODAY)
    return load_datamap(MAP, folder)


@pytest.fixture(scope="module")
def directory(datamap: DataMap) -> Iterator[CompanyDirectory]:
    directory = CompanyDirectory(datamap, KEYRING)
    yield directory
    directory.close()


def contact(text: str) -> Contact:
    parsed = parse_contact(text)
    assert parsed is not None
    return parsed


def found(directory: Directory, text: str) -> dict[str, list[str]]:
    """Persons and the systems that know them."""
    persons: dict[str, list[str]] = {}
    for record in directory.find(contact(text)):
        persons.setdefault(record.subject, []).append(record.system)
    return persons


# --- the sample customers


def test_an_ordinary_customer_is_one_person_in_three_systems(directory: CompanyDirectory) -> None:
    records = directory.find(contact("jane.miller@example.com"))
    assert [record.system for record in records] == ["shop", "support", "newsletter"]
    assert {record.subject for record in records} == {"shop:1"}
    shop = records[0]
    assert (shop.email, shop.phone) == ("jane.miller@example.com", "+493023125101")
    assert shop.contact_changed_at is not None and shop.contact_changed_at.tzinfo is UTC


def test_two_people_with_one_address_stay_two(directory: CompanyDirectory) -> None:
    by_email = found(directory, "family.brandt@example.com")
    assert by_email["shop:2"] == ["shop"]
    assert by_email["shop:3"] == ["shop", "support"]
    [third] = by_email.keys() - {"shop:2", "shop:3"}
    assert by_email[third] == ["newsletter"], (
        "a newsletter that could be either's belongs to neither"
    )
    assert found(directory, "030 23125 102").keys() == {"shop:2", "shop:3"}


def test_a_new_address_finds_the_account_and_when_it_changed(directory: CompanyDirectory) -> None:
    records = directory.find(contact("noor.haddad@example.com"))
    assert {record.subject for record in records} == {"shop:4"}
    assert records[0].contact_changed_at == datetime(2026, 11, 16, 10, tzinfo=UTC)
    assert [(record.system, record.email) for record in records] == [
        ("shop", "noor.haddad@example.com"),
        ("support", "n.haddad.old@example.com"),
    ]


@pytest.mark.parametrize("old", ["n.haddad.old@example.com", "lucie@old-mail.example"])
def test_an_old_address_does_not_open_the_account(directory: CompanyDirectory, old: str) -> None:
    [systems] = found(directory, old).values()
    assert systems == ["newsletter"]
    assert not any(subject.startswith("shop:") for subject in found(directory, old))


@pytest.mark.parametrize(
    "spelling", ["030 23125 106", "(030) 23125106", "+49 30 23125106", "0049 30 2312 5106"]
)
def test_a_customer_without_e_mail_is_found_by_phone(
    directory: CompanyDirectory, spelling: str
) -> None:
    assert found(directory, spelling) == {"shop:6": ["shop", "support"]}
    assert all(record.email is None for record in directory.find(contact(spelling)))


def test_people_whom_the_shop_does_not_know_are_persons_too(directory: CompanyDirectory) -> None:
    [systems] = found(directory, "reads.only@example.com").values()
    assert systems == ["newsletter"]
    asking = found(directory, "just.asking@example.com")
    assert list(asking.values()) == [["support", "support"]], "two tickets, one person"
    for subject in asking:
        assert "asking" not in subject and "@" not in subject


def test_two_accounts_of_one_human_being_stay_two(directory: CompanyDirectory) -> None:
    assert found(directory, "dana.kowalski@example.com") == {"shop:7": ["shop", "newsletter"]}
    assert found(directory, "dana.work@example.com") == {"shop:8": ["shop"]}


@pytest.mark.parametrize(
    "spelling", ["odd.case@example.com", "ODD.CASE@EXAMPLE.COM", " Odd.Case@example.com "]
)
def test_odd_spellings_meet(directory: CompanyDirectory, spelling: str) -> None:
    assert found(directory, spelling) == {"shop:15": ["shop", "newsletter"]}
    # What goes into the envelope is what is on file, without the spaces around it.
    assert directory.find(contact(spelling))[0].email == "Odd.Case@example.com"


def test_a_customer_number_told_in_a_message_opens_nothing(directory: CompanyDirectory) -> None:
    assert list(found(directory, "mallory@example.com").values()) == [["support"]]
    assert found(directory, "greta.voss@example.com") == {"shop:18": ["shop"]}


@pytest.mark.parametrize(
    "nobody",
    ["nobody@example.com", "was.here@example.com", "030 23125 999", "yusuf@cafe-morgenrot.example"],
)
def test_nobody_is_nobody(directory: CompanyDirectory, nobody: str) -> None:
    assert list(directory.find(contact(nobody))) == []


def test_every_sample_customer_can_be_tried(directory: CompanyDirectory) -> None:
    for case in cases():
        known = [text for text in case["try"] if directory.find(contact(text))]
        nobody = "No record" in case["expect"]
        assert (known == []) is nobody, case["case"]


def test_the_same_person_keeps_the_same_key(datamap: DataMap, directory: CompanyDirectory) -> None:
    again = CompanyDirectory(datamap, KEYRING)
    for case in cases():
        for text in case["try"]:
            assert again.find(contact(text)) == directory.find(contact(text))
    again.close()


def test_it_is_a_directory_with_labels(directory: CompanyDirectory) -> None:
    port: Directory = directory
    assert port is directory
    assert directory.labels == {
        "shop": "our shop",
        "support": "our support desk",
        "newsletter": "our newsletter",
    }


# --- the map fits the sample company


def test_every_column_of_the_sample_company_is_in_its_map(datamap: DataMap) -> None:
    assert misfits(datamap) == []


# --- hostile words


HOSTILE = [
    "' OR 1=1 --", "x'@example.com", "'||(SELECT email FROM customers)||'@example.com", "%@example.com", "_@example.com",
    "*@example.com", "jane.miller@example.com\x00", "\x00", "\ud800@example.com", "🦊@example.com", "{\"$ne\":null}",
    "jane.miller@example.com' --", "jane.miller@example.com\r\nBcc: x@example.com", "a" * 100_000, "", "\ue000",
    "Robert'); DROP TABLE customers;--", "0' OR '1'='1", "+49%", "NaN", "-1", "1e9", "\u202ejane.miller@example.com",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["email", "phone"])
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_find_nobody_and_break_nothing(
    directory: CompanyDirectory, words: str, kind: Any
) -> None:
    for record in directory.find(Contact(kind, words)):
        # Invisible marks fall away before anything is compared: then it is simply Jane's address.
        assert record.subject == "shop:1" and "\u202e" in words
    assert found(directory, "jane.miller@example.com").keys() == {"shop:1"}


# --- the same steps for everybody


def test_known_and_unknown_take_the_same_statements(directory: CompanyDirectory) -> None:
    directory.find(contact("jane.miller@example.com"))
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.partition(" IN ")[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        steps = []
        for text in (
            "jane.miller@example.com",
            "nobody@example.com",
            "family.brandt@example.com",
            "030 23125 106",
            "030 23125 999",
        ):
            seen.clear()
            directory.find(contact(text))
            steps.append(sorted(seen))  # the systems are asked at the same time
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(steps[0]) == 7
    assert all(step == steps[0] for step in steps)


# --- a system is away


@pytest.mark.parametrize("system", ["shop", "support", "newsletter"])
@pytest.mark.parametrize("trouble", ["missing", "not a database", "empty", "a folder"])
def test_a_system_that_is_away_is_named_and_nothing_else_is_said(
    tmp_path: Path, system: str, trouble: str
) -> None:
    paths = build(tmp_path / "demo", today=TODAY)
    directory = CompanyDirectory(load_datamap(MAP, tmp_path), KEYRING)
    jane = contact("jane.miller@example.com")
    assert directory.find(jane)
    kept = paths[system].read_bytes()
    paths[system].unlink()
    if trouble == "not a database":
        paths[system].write_text("jane.miller@example.com " * 1000)
    elif trouble == "empty":
        paths[system].touch()
    elif trouble == "a folder":
        paths[system].mkdir()
    for who in (jane, contact("nobody@example.com")):
        with pytest.raises(SystemDown) as down:
            directory.find(who)
        assert down.value.system == system
        assert str(down.value) == f"system {system} cannot be reached"
        assert down.value.__cause__ is None and down.value.__suppress_context__
    if trouble == "missing":
        assert not paths[system].exists(), "looking must not make an empty database"
    elif trouble == "a folder":
        paths[system].rmdir()
    paths[system].write_bytes(kept)
    assert directory.find(jane), "it is found again as soon as the system is back"


def test_a_system_that_is_not_needed_is_left_out(tmp_path: Path) -> None:
    paths = build(tmp_path / "demo", today=TODAY)
    text = MAP.read_text(encoding="utf-8").replace(
        "    label: our newsletter\n", "    label: our newsletter\n    needed: false\n"
    )
    (tmp_path / "map.yml").write_text(text, encoding="utf-8")
    directory = CompanyDirectory(load_datamap(tmp_path / "map.yml", tmp_path), KEYRING)
    paths["newsletter"].unlink()
    assert found(directory, "jane.miller@example.com") == {"shop:1": ["shop", "support"]}


def test_another_map_can_be_taken(tmp_path: Path, datamap: DataMap) -> None:
    build(tmp_path / "demo", today=TODAY)
    other = load_datamap(MAP, tmp_path)
    (tmp_path / "demo" / "shop.db").unlink()
    directory = CompanyDirectory(other, KEYRING)
    with pytest.raises(SystemDown):
        directory.find(contact("jane.miller@example.com"))
    directory.reload(datamap)
    assert found(directory, "jane.miller@example.com").keys() == {"shop:1"}


def test_records_tell_nothing_in_their_keys(directory: CompanyDirectory) -> None:
    records: list[SubjectRecord] = [
        record
        for case in cases()
        for text in case["try"]
        for record in directory.find(contact(text))
    ]
    for record in records:
        assert record.email is None or record.email.lower() not in record.subject
        assert record.subject.isascii() and len(record.subject) < 60
