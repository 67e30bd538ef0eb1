"""Where one person's rows are, in every system: all of them, kept as JSON can keep them, nobody else's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.company import build, cases
from privacy.contacts import parse_contact
from privacy.datamap.load import load_datamap
from privacy.datamap.scope import EVERYTHING
from privacy.errors import SystemDown
from privacy.systems.company import CompanyDirectory
from privacy.systems.port import Place, SystemRefused
from tests.privacy.systems.systems_world import KEYRING, three, watched

MAP = Path(__file__).parents[3] / "demo" / "datamap.yml"
TODAY = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CompanyDirectory]:
    folder = tmp_path_factory.mktemp("data")
    build(folder / "demo", today=TODAY)
    directory = CompanyDirectory(load_datamap(MAP, folder), KEYRING)
    yield directory
    directory.close()


def places(directory: CompanyDirectory, text: str, subject: str) -> dict[str, tuple[Place, ...]]:
    contact = parse_contact(text)
    assert contact is not None
    return directory.places(contact, subject)


def test_a_customer_of_the_sample_company_is_placed_in_every_system(
    company: CompanyDirectory,
) -> None:
    found = places(company, "jane.miller@example.com", "shop:1")
    assert list(found) == ["shop", "support", "newsletter"]
    assert found["shop"] == (Place("customers", ((("id", 1),),)),)
    [tickets] = found["support"]
    assert tickets.table == "tickets"
    assert {column for row in tickets.rows for column, _ in row} == {
        "customer_number",
        "contact_email",
        "contact_phone",
    }
    for name, own in found.items():
        counts = {one.table: one.rows for one in company.system(name).counts(own, EVERYTHING)}
        assert list(counts) == list(company.datamap.systems[name].tables)
        assert all(counts[place.table] >= 1 for place in own)


def test_every_sample_customer_is_placed_where_they_are_found(company: CompanyDirectory) -> None:
    tried = 0
    for case in cases():
        for text in case["try"]:
            contact = parse_contact(text)
            assert contact is not None
            by_subject: dict[str, set[str]] = {}
            for record in company.find(contact):
                by_subject.setdefault(record.subject, set()).add(record.system)
            for subject, systems in by_subject.items():
                found = company.places(contact, subject)
                assert set(found) == systems, case["case"]
                for name, own in found.items():
                    for place in own:
                        kept = json.loads(json.dumps(place.rows))
                        again = Place(
                            place.table, tuple(tuple((c, v) for c, v in row) for row in kept)
                        )
                        assert again == place
                        assert next(
                            company.system(name).rows(place.table, [again], EVERYTHING), None
                        )
                        tried += 1
    assert tried > 30


def test_two_persons_with_one_address_have_no_row_in_common(company: CompanyDirectory) -> None:
    text = "family.brandt@example.com"
    second, third = places(company, text, "shop:2"), places(company, text, "shop:3")
    assert second["shop"] == (Place("customers", ((("id", 2),),)),)
    assert third["shop"] == (Place("customers", ((("id", 3),),)),)
    assert "support" not in second and "support" in third and "newsletter" not in third


def test_somebody_elses_subject_leads_nowhere(company: CompanyDirectory) -> None:
    assert places(company, "jane.miller@example.com", "shop:2") == {}
    assert places(company, "nobody@example.com", "shop:1") == {}


def test_rows_that_look_like_one_contact_are_all_placed(tmp_path: Path) -> None:
    tickets = [
        (1, None, "ann@example.com", None),
        (2, None, " Ann@Example.com", None),
        (3, None, "ann@example.com", "030 1"),
        (4, None, "ann@example.com", None),
        (5, None, "bob@example.com", None),
    ]
    directory = three(tmp_path, [(7, "C7", "ann@example.com", None, None)], tickets)
    [place] = places(directory, "ann@example.com", "shop:7")["desk"]
    assert set(place.rows) == {
        (("number", None), ("email", "ann@example.com"), ("phone", None)),
        (("number", None), ("email", " Ann@Example.com"), ("phone", None)),
        (("number", None), ("email", "ann@example.com"), ("phone", "030 1")),
    }
    rows = directory.system("desk").rows("tickets", [place], EVERYTHING)
    assert [row.key for row in rows] == [(("id", n),) for n in (1, 2, 3, 4)]


def test_more_than_a_search_gives_is_not_cut_off_in_silence(tmp_path: Path) -> None:
    tickets = [(n, None, "ann@example.com", f"{n}") for n in range(2_001)]
    directory = three(tmp_path, [(7, "C7", "ann@example.com", None, None)], tickets)
    with pytest.raises(SystemRefused, match="desk → tickets: more rows than one person can have"):
        places(directory, "ann@example.com", "shop:7")
    directory = three_of(tmp_path / "fewer", 900)
    [place] = places(directory, "ann@example.com", "shop:7")["desk"]
    assert len(place.rows) == 900, "more than a search for finding somebody gives"


def three_of(folder: Path, count: int) -> CompanyDirectory:
    folder.mkdir()
    tickets = [(n, None, "ann@example.com", f"{n}") for n in range(count)]
    return three(folder, [(7, "C7", "ann@example.com", None, None)], tickets)


def test_a_system_that_is_away_is_missed_also_where_it_is_not_needed(tmp_path: Path) -> None:
    paths = build(tmp_path / "demo", today=TODAY)
    text = MAP.read_text(encoding="utf-8").replace(
        "    label: our newsletter\n", "    label: our newsletter\n    needed: false\n"
    )
    (tmp_path / "map.yml").write_text(text, encoding="utf-8")
    directory = CompanyDirectory(load_datamap(tmp_path / "map.yml", tmp_path), KEYRING)
    paths["newsletter"].unlink()
    with pytest.raises(SystemDown):
        places(directory, "jane.miller@example.com", "shop:1")


def test_places_that_only_persons_look_into_are_named_and_not_asked(tmp_path: Path) -> None:
    build(tmp_path / "demo", today=TODAY)
    text = (
        MAP.read_text(encoding="utf-8")
        + """
  paper:
    label: our folders of letters
    kind: manual
    who: the warehouse team
    tables:
      letters:
        label: your letters
        identity: {person: contact, email: email}
        retention: support_time
        source: from you
        on_delete: erase
        fields:
          email: {label: your address, category: user.contact.email, purpose: [support]}
"""
    )
    (tmp_path / "map.yml").write_text(text, encoding="utf-8")
    directory = CompanyDirectory(load_datamap(tmp_path / "map.yml", tmp_path), KEYRING)
    assert directory.names()[-1] == "paper" and directory.system("paper").is_manual
    assert not directory.system("shop").is_manual
    with watched() as seen:
        found = places(directory, "jane.miller@example.com", "shop:1")
    assert "paper" not in found and len(seen) >= 7
    with pytest.raises(KeyError):
        directory.system("nothing")
