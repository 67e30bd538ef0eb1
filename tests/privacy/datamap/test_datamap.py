"""The data map says what it should, and each mistake in one gets its own sentence, with line and way out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from privacy.datamap.categories import CATEGORIES, group, never_shown
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.datamap.model import DataMap, json_schema
from privacy.datamap.parts import System
from privacy.datamap.source import read

MAP = Path(__file__).parents[3] / "demo" / "datamap.yml"

SMALL = """\
version: 1
company: Corner Books
leading: till
region: GB
purposes:
  sell:
    why: to sell you books
    basis: contract
    because: you buy books from us
retentions:
  years: {words: for six years, period: P6Y}
systems:
  till:
    label: our till
    kind: sql
    url: sqlite:///{data_dir}/till.db
    tables:
      people:
        label: your account
        identity: {person: row, key: id, email: email}
        retention: years
        source: from you
        on_delete: erase
        technical: [id]
        fields:
          email:
            label: your e-mail address
            category: user.contact.email
            purpose: [sell]
"""


def load(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> DataMap:
    path = tmp_path / "map.yml"
    path.write_text(text, encoding="utf-8")
    return load_datamap(path, tmp_path, environment)


def sentences(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(DataMapWrong) as wrong:
        load(tmp_path, text, environment)
    return [sentence.removeprefix(f"{tmp_path / 'map.yml'}") for sentence in wrong.value.sentences]


def address(datamap: DataMap) -> str:
    till = datamap.systems["till"]
    assert isinstance(till, System)
    return till.url


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataMap:
    return load_datamap(MAP, tmp_path_factory.mktemp("data"))


# --- what it says


def test_a_small_map_is_read(tmp_path: Path) -> None:
    datamap = load(tmp_path, SMALL)
    assert address(datamap) == f"sqlite:///{tmp_path}/till.db"
    assert datamap.labels() == {"till": "our till"}


def test_why_is_answered_for_a_field(demo: DataMap) -> None:
    [purpose] = demo.purposes_of("shop.customers.phone")
    assert purpose.why == "to reach you when something about an order needs an answer"
    assert purpose.because == "you ordered from us and want to receive it"
    with pytest.raises(KeyError):
        demo.purposes_of("shop.customers.shoe_size")


def test_why_is_answered_for_a_word(demo: DataMap) -> None:
    assert [held.id for held in demo.about("phone")] == [
        "shop.customers.phone",
        "support.tickets.contact_phone",
    ]
    assert {held.system for held in demo.about("email")} == {"shop", "support", "newsletter"}
    assert {held.id for held in demo.about("user.contact.address")} >= {"shop.addresses.street"}
    assert demo.about("shoe_size") == []


def test_a_field_takes_from_its_table_what_it_does_not_say(demo: DataMap) -> None:
    phone, login = demo.field("shop.customers.phone"), demo.field("shop.customers.last_login_at")
    assert phone.retention.words == "as long as you have an account with us"
    assert login.retention.words == "for ninety days"
    assert phone.source == "from you, when you opened your account"
    assert [recipient.who for recipient in phone.recipients] == [
        "the parcel service that brings your order"
    ]
    assert demo.field("shop.payments.refund_iban").recipients == ()
    invoice = demo.field("shop.invoices.billing_name").on_delete
    assert (invoice.act, invoice.until) == ("keep", "tax_time")


def test_what_may_be_corrected(demo: DataMap) -> None:
    found = {field.id: field for field in demo.correctable_fields()}
    assert list(found) == ["name", "email", "phone", "address", "birth_date"]
    assert (found["email"].label, found["email"].kind, found["email"].needs) == (
        "your e-mail address",
        "email",
        "new_code",
    )
    assert found["birth_date"].needs == "person"
    for name in found:
        assert demo.about(name), f"nothing is stored under {name}"


def test_account_numbers_and_passwords_are_never_shown(demo: DataMap) -> None:
    hidden = {held.id for held in demo.held() if held.never_disclose}
    assert hidden == {"shop.customers.password_hash", "shop.payments.refund_iban"}


def test_the_words_are_plain(demo: DataMap) -> None:
    jargon = (
        "art.", "article 6", "gdpr", "ccpa", "dsar", "data subject", "processing", "processor", "controller", "pursuant",
        "lawful", "legitimate", "statutory", "personal data", "third part", "pii", "legal basis", "please", "sorry", "invalid",
    )  # fmt: skip
    words = [text for p in demo.purposes.values() for text in (p.why, p.because)]
    words += [retention.words for retention in demo.retentions.values()]
    words += [text for r in demo.recipients.values() for text in (r.who, r.what_for)]
    words += [
        text
        for held in demo.held()
        for text in (held.label, held.source, held.on_delete.because or "")
    ]
    words += list(demo.labels().values())
    for text in words:
        assert not [word for word in jargon if word in text.lower()], text
        assert not text.endswith((".", "!")) and "!" not in text, text
        assert text == "" or text[0].islower(), f"goes on in a sentence: {text}"
    for purpose in demo.purposes.values():
        assert purpose.why.startswith("to ")


def test_the_sample_company_tells_all_its_money_as_money(demo: DataMap) -> None:
    for name, system in demo.systems.items():
        for table, part in system.tables.items():
            for column, field in part.fields.items():
                money = (field.shown_as, field.unit) == ("cents", "EUR")
                assert money is column.endswith("_cents"), f"{name}.{table}.{column}"


def test_every_category_has_a_word(demo: DataMap) -> None:
    for held in demo.held():
        assert held.group != "other details"
    assert group("user.contact.address.street") == "addresses"
    assert group("user.contact.email") == "contact details"
    assert "user.contact.phone_number" in CATEGORIES
    assert never_shown("user.government_id.passport_number") and not never_shown("user.name")


def test_marketing_is_known_as_such(demo: DataMap) -> None:
    assert {name for name, p in demo.purposes.items() if p.is_marketing} == {
        "birthday_voucher",
        "newsletter",
        "choose_content",
    }


def test_a_stop_says_what_ends_and_what_is_written(demo: DataMap) -> None:
    tables = demo.systems["newsletter"].tables
    [end] = tables["subscriptions"].stops
    assert end.set == {"status": "stopped", "stopped_at": "now"}
    assert end.only_where == {"status": "active"}
    # Who only wants no more measuring still gets the newsletter.
    assert end.purposes == ["newsletter"]
    measuring = [stop for stop in tables["consents"].stops if stop.purposes == ["choose_content"]]
    assert "consent_to" in measuring[0].only_where
    assert {right for stop in tables["consents"].stops for right in stop.on} == {
        "object",
        "withdraw_consent",
    }, "a pause takes no consent back"


def test_every_recipient_of_the_sample_company_can_be_told(demo: DataMap) -> None:
    for recipient in demo.recipients.values():
        assert recipient.notify is not None and recipient.notify.endswith(".example")


def test_a_place_that_persons_look_into_needs_no_way_to_find_anybody(tmp_path: Path) -> None:
    paper = """\
  warehouse:
    label: our warehouse
    kind: manual
    who: the warehouse team
    tables:
      notes:
        label: delivery notes on paper
        retention: years
        source: from us
        on_delete: erase
        fields:
          name: {label: the name on the note, category: user.name, purpose: [sell]}
"""
    datamap = load(tmp_path, SMALL + paper)
    assert datamap.systems["warehouse"].needed is False
    assert datamap.systems["warehouse"].tables["notes"].identity is None


# --- where systems are


def test_passwords_come_from_the_environment(tmp_path: Path) -> None:
    text = SMALL.replace(
        "sqlite:///{data_dir}/till.db", '"postgresql://reader:${TILL_PASSWORD}@db/till"'
    )
    datamap = load(tmp_path, text, {"TILL_PASSWORD": "a/b@c:d"})
    assert address(datamap) == "postgresql://reader:a%2Fb%40c%3Ad@db/till"
    assert "a%2Fb" not in repr(datamap)
    [missing] = sentences(tmp_path, text)
    assert missing.endswith("url: TILL_PASSWORD is not set. Set it in the environment of Vera.")


def test_a_whole_address_may_come_from_the_environment(tmp_path: Path) -> None:
    text = SMALL.replace("sqlite:///{data_dir}/till.db", '"${TILL_URL}"')
    assert (
        address(load(tmp_path, text, {"TILL_URL": "sqlite:////data/till.db"}))
        == "sqlite:////data/till.db"
    )


# --- mistakes


def change(old: str, new: str) -> Callable[[], str]:
    assert old in SMALL
    return lambda: SMALL.replace(old, new)


MISTAKES: dict[str, tuple[Callable[[], str], str]] = {
    "no purpose": (
        change("            purpose: [sell]\n", ""),
        ", line 26: systems → till → tables → people → fields → email: it has no purpose, and there is no default. "
        "Say why it is held: name one of the purposes at the top of the map.",
    ),
    "empty purpose": (
        change("purpose: [sell]", "purpose: []"),
        ", line 29: systems → till → tables → people → fields → email → purpose: it has no purpose, and there is no "
        "default. Say why it is held: name one of the purposes at the top of the map.",
    ),
    "unknown purpose": (
        change("purpose: [sell]", "purpose: [sel]"),
        ", line 29: systems → till → tables → people → fields → email → purpose: there is no purpose called 'sel'. "
        "Choose from sell, or add it.",
    ),
    "unknown category": (
        change("user.contact.email", "user.contact.mail"),
        ", line 28: systems → till → tables → people → fields → email → category: 'user.contact.mail' is no known "
        "category. Did you mean user.contact.email?",
    ),
    "secret category without never_disclose": (
        change("user.contact.email", "user.government_id"),
        ", line 26: systems → till → tables → people → fields → email: values of user.government_id are never shown. "
        "Write never_disclose: true (the same holds for ",
    ),
    "unknown word": (
        change("        source: from you\n", "        source: from you\n        colour: blue\n"),
        ", line 23: systems → till → tables → people → colour: this word is not known here. Check its spelling and its "
        "indentation, or leave it out.",
    ),
    "unknown leading system": (
        change("leading: till", "leading: shop"),
        ", line 3: leading: no system is called 'shop'. Choose from till, or add it.",
    ),
    "leading system not needed": (
        change("    kind: sql\n", "    kind: sql\n    needed: false\n"),
        ", line 16: systems → till → needed: the leading system decides who a person is. It has to be needed.",
    ),
    "kind not built": (
        change("kind: sql", "kind: carrier_pigeon"),
        ", line 15: systems → till → kind: this is none of the possible values. Choose 'sql', ",
    ),
    "no key": (
        change("key: id, ", ""),
        ", line 20: systems → till → tables → people → identity: each row is a person, but no key says which. Name the "
        "column in key.",
    ),
    "no way to find anybody": (
        change(", email: email}", "}"),
        ", line 20: systems → till → tables → people → identity: nothing says how a person is found. Name an email, "
        "phone or customer_number column.",
    ),
    "unknown retention": (
        change("retention: years", "retention: yeers"),
        ", line 21: systems → till → tables → people → retention: there is no retention called 'yeers'. Choose from "
        "years, or add it.",
    ),
    "period": (
        change("P6Y", "six years"),
        ", line 11: retentions → years → period: this is not written as it has to be: ",
    ),
    "kept without a reason": (
        change("on_delete: erase", "on_delete: keep"),
        ", line 23: systems → till → tables → people → on_delete: what is kept needs until (the name of a retention) "
        "and because (the reason, for the customer).",
    ),
    "erased with a reason": (
        change("on_delete: erase", "on_delete: {act: erase, because: we like to}"),
        ", line 23: systems → till → tables → people → on_delete: until and because belong to keep, not to erase. Leave "
        "them out.",
    ),
    "described twice": (
        change("technical: [id]", "technical: [id, email]"),
        ", line 24: systems → till → tables → people → technical: email is also described under fields. Keep one of the "
        "two.",
    ),
    "written twice": (
        change("region: GB\n", "region: GB\nregion: DE\n"),
        ", line 4: region: this is written a second time in line 5. Keep one of the two.",
    ),
    "yes is not a word": (
        change("region: GB", "region: NO"),
        ", line 4: region: a text has to stand here. Put texts in quotes where YAML reads them otherwise.",
    ),
    "unknown correction": (
        change("purpose: [sell]", "purpose: [sell]\n            correct: email"),
        ", line 30: systems → till → tables → people → fields → email → correct: there is no correction called 'email'. "
        "Add it at the top of the map.",
    ),
    "password in the file": (
        change("sqlite:///{data_dir}/till.db", '"postgresql://reader:hunter2@db/till"'),
        ", line 16: systems → till → url: a password stands in this file. Write ${NAME} instead and set NAME in the "
        "environment.",
    ),
    "no address": (
        change("sqlite:///{data_dir}/till.db", "till.db"),
        ", line 16: systems → till → url: this is not a database address. Write one such as sqlite:///{data_dir}/shop.db",
    ),
    "unknown database": (
        change("sqlite:///{data_dir}/till.db", "paper://till"),
        ", line 16: systems → till → url: this is not a database address. Write one such as sqlite:///{data_dir}/shop.db",
    ),
    "driver not installed": (
        change("sqlite:///{data_dir}/till.db", "mssql+pyodbc://till/till"),
        ", line 16: systems → till → url: the driver for this kind of database is not installed. Add pyodbc to Vera's "
        "environment.",
    ),
    "nobody belongs": (
        change("        identity: {person: row, key: id, email: email}\n", ""),
        ", line 18: systems → till → tables → people: nobody belongs to this table. Give it an identity, or a link to a "
        "table that has one.",
    ),
    "link to nowhere": (
        change("identity: {person: row, key: id, email: email}", "link: {column: a, to: b.c}"),
        ", line 20: systems → till → tables → people → link → to: this system has no table 'b'. Choose from people",
    ),
    "link in a circle": (
        change("identity: {person: row, key: id, email: email}", "link: {column: a, to: people.id}"),
        ", line 20: systems → till → tables → people → link: the links go round in a circle. One of the tables needs an "
        "identity.",
    ),
    "no kind": (
        change("    kind: sql\n", ""),
        ", line 13: systems → till: nothing says how this system is reached. Write kind: sql, or one of the other kinds.",
    ),
    "a manual system leads": (
        change(
            "    kind: sql\n    url: sqlite:///{data_dir}/till.db\n",
            "    kind: manual\n    who: the people at the till\n",
        ),
        ", line 3: leading: a system that persons work cannot say who a person is. Name one that can be asked.",
    ),
    "notify is no address": (
        change("systems:\n", "recipients:\n  bank: {who: our bank, what_for: so that it pays, notify: the bank}\nsystems:\n"),
        ", line 13: recipients → bank → notify: this is no e-mail address. Write the one that is told of corrections "
        "and deletions.",
    ),
    "kept from no day": (
        change("on_delete: erase", "on_delete: {act: keep, until: years, because: we have to}"),
        ", line 18: systems → till → tables → people: something is kept for a time, but nothing says from when. Name a "
        "column in counted_from, here or in the table that this one is linked to.",
    ),
    "stop sets an unknown column": (
        change("technical: [id]", "technical: [id]\n        stops: [{on: [object], set: {silent: 1}, only_where: {silent: 0}}]"),
        ", line 25: systems → till → tables → people → stops → 0 → set → silent: nothing is said about the column silent. "
        "Describe it under fields, or name it under technical.",
    ),
    "stop sets what a person is found by": (
        change(
            "technical: [id]",
            "technical: [id, silent]\n        stops: [{on: [object], set: {email: null}, only_where: {silent: 0}}]",
        ),
        ", line 25: systems → till → tables → people → stops → 0 → set → email: by this column the rows of a person are "
        "found. Set another one.",
    ),
    "stop of an unknown purpose": (
        change(
            "technical: [id]",
            "technical: [id, silent]\n        stops: [{on: [object], purposes: [spy], set: {silent: 1}, only_where: {silent: 0}}]",
        ),
        ", line 25: systems → till → tables → people → stops → 0 → purposes: there is no purpose called 'spy'. Choose "
        "from sell, or add it.",
    ),
    "stop that never ends": (
        change("technical: [id]", "technical: [id, silent]\n        stops: [{on: [object], set: {silent: 1}}]"),
        ", line 25: systems → till → tables → people → stops → 0: nothing says which rows still have to be told.",
    ),
    "a file to correct": (
        change(
            "purpose: [sell]",
            "purpose: [sell]\n            is_file: true\n            correct: photo",
        ),
        ", line 31: systems → till → tables → people → fields → email → correct: a file cannot be read back. Leave "
        "correct out.",
    ),
    "words for what is not shown": (
        change("purpose: [sell]", "purpose: [sell]\n            never_disclose: true\n            means: {a: b}"),
        ", line 31: systems → till → tables → people → fields → email → means: a value that is not shown needs no words.",
    ),
    "a unit for a file": (
        change("purpose: [sell]", "purpose: [sell]\n            is_file: true\n            unit: kg"),
        ", line 31: systems → till → tables → people → fields → email → unit: a value that is not shown needs no words.",
    ),
    "count_as with one word": (
        change("technical: [id]", "technical: [id]\n        count_as: customers"),
        ", line 25: systems → till → tables → people → count_as: this is not written as it has to be: ",
    ),
    "a decision is left": (
        change("basis: contract", "basis: TODO (ask the lawyer)"),
        ", line 8: purposes → sell → basis: this waits for your decision (ask the lawyer). Write it here.",
    ),
    "a list": (lambda: "- one\n- two\n", ": this file is empty or a list. A data map begins with version: 1."),
    "empty": (lambda: "", ": this file is empty or a list. A data map begins with version: 1."),
    "not YAML": (
        lambda: "version: 1\n  company: x\n",
        ", line 2: this is not YAML. Look at the indentation and the quotes.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_gets_its_sentence(name: str, tmp_path: Path) -> None:
    text, expected = MISTAKES[name]
    found = sentences(tmp_path, text())
    assert any(sentence.startswith(expected) for sentence in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = (
        SMALL.replace("leading: till", "leading: shop")
        .replace("[sell]", "[sel]")
        .replace("retention: years", "retention: y")
    )
    assert len(sentences(tmp_path, text)) == 3


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataMapWrong, match="there is no file to read here. Set VERA_DATAMAP"):
        load_datamap(tmp_path / "none.yml", tmp_path)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "map.yml").write_bytes(SMALL.replace("Corner", "Café").encode("utf-16"))
    with pytest.raises(DataMapWrong, match="Save it as UTF-8"):
        load_datamap(tmp_path / "map.yml", tmp_path)


# --- its schema


def test_the_schema_accepts_the_map_and_refuses_a_broken_one() -> None:
    schema = json.loads(json.dumps(json_schema()))
    check: Any = jsonschema_rs.validator_for(schema)
    tree = read(MAP).tree
    assert [error.message for error in check.iter_errors(tree)] == []
    del tree["systems"]["shop"]["tables"]["customers"]["fields"]["phone"]["purpose"]
    assert not check.is_valid(tree)
