"""A draft of a database nobody has described: loadable, without secrets, with a TODO for each decision; completed by
hand it fits."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy
import yaml

from demo.company import build
from privacy.datamap.draft import draft, without_password
from privacy.datamap.fides import NotADataset, import_fides
from privacy.datamap.inspection import inspect_map
from privacy.datamap.load import DataMapWrong, load_datamap
from privacy.datamap.model import DataMap
from privacy.datamap.reflection import NotADatabase, reflect
from privacy.datamap.sketch import SystemSketch, TableSketch, text_of
from privacy.datamap.vocabulary import came_rank, sense_of
from privacy.errors import SystemDown
from tests.driving.postgres import address
from tests.privacy.systems.sql_world import world_of

CHINOOK = (
    Path(__file__).parents[4] / "shared" / "sample-companies" / "chinook" / "Chinook_Sqlite.sqlite"
)

GERMAN = """
CREATE TABLE Kunden (KundenNr INTEGER PRIMARY KEY, Vorname TEXT, Nachname TEXT, EMail TEXT, Telefonnummer TEXT,
    Geburtsdatum DATE, Strasse TEXT, PLZ TEXT, Ort TEXT, IBAN TEXT, Foto BLOB, angelegt_am TIMESTAMP);
CREATE TABLE Bestellungen (id INTEGER PRIMARY KEY, kunde INTEGER REFERENCES Kunden (KundenNr), bestellt_am TIMESTAMP,
    Betrag NUMERIC);
CREATE TABLE Rechnungen (id INTEGER PRIMARY KEY, bestellung INTEGER REFERENCES Bestellungen (id), Rechnungsdatum DATE,
    email TEXT);
CREATE TABLE Artikel (id INTEGER PRIMARY KEY, Bezeichnung TEXT, Preis NUMERIC);
CREATE TABLE Lieferanten (id INTEGER PRIMARY KEY, Firma TEXT, Telefon TEXT);
CREATE TABLE Filialen (id INTEGER PRIMARY KEY, Strasse TEXT, PLZ TEXT);
"""


def sqlite_url(folder: Path, script: str) -> str:
    path = folder / "live.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
    return f"sqlite:///{path}"


def completed(text: str) -> str:
    """What a person who agrees with every hint makes of a draft."""
    text = re.sub(r"\[TODO\]  # perhaps: (.*)", r"[\1]", text)
    text = re.sub(r"TODO  # perhaps: (.*)", r"\1", text)
    return re.sub(r"^company: TODO", "company: Company", text, flags=re.M).replace(
        "region: TODO", "region: US"
    )


def written(folder: Path, text: str) -> Path:
    path = folder / "map.yml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str) -> DataMap:
    return load_datamap(written(folder, text), folder)


def tables(system: SystemSketch) -> dict[str, TableSketch]:
    return {table.name: table for table in system.tables}


# --- what it says


def test_a_shop_that_is_not_ours_is_drafted_completed_and_fits(tmp_path: Path) -> None:
    if not CHINOOK.exists():
        pytest.skip("The sample companies are not on this machine (../shared/sample-companies).")
    url = f"sqlite:///{CHINOOK}"
    text = text_of([draft(reflect(url), url, "music")], "a test")
    found = inspect_map(written(tmp_path, text), tmp_path, {})
    assert len(found) == text.replace("# Complete it: wherever TODO", "").count("TODO")
    assert all("this waits for your decision" in one.text for one in found)

    datamap = loaded(tmp_path, completed(text))
    assert inspect_map(tmp_path / "map.yml", tmp_path, {}) == []
    music = datamap.systems["music"]
    assert list(music.tables) == ["Customer", "Invoice", "InvoiceLine", "Employee"]
    assert [name for name, _ in music.identities()] == ["Customer", "Employee"]
    customer = music.tables["Customer"].identity
    assert customer is not None and customer.email is not None and customer.phone is not None
    assert (customer.person, customer.key) == ("row", "CustomerId")
    assert (customer.email.column, customer.phone.column) == ("Email", "Phone")
    links = {name: table.link.to for name, table in music.tables.items() if table.link}
    assert links == {"Invoice": "Customer.CustomerId", "InvoiceLine": "Invoice.InvoiceId"}
    assert {n: t.on_delete.act for n, t in music.tables.items()} == {
        "Customer": "erase", "Invoice": "keep", "InvoiceLine": "keep", "Employee": "erase",
    }  # fmt: skip
    assert music.tables["Invoice"].dated_by == "InvoiceDate"
    assert "Track" in music.not_personal and "Artist" in music.not_personal
    assert {field.id for field in datamap.correctable_fields()} == {
        "name",
        "email",
        "phone",
        "address",
    }
    assert "The first one that has an identity" in text, "which of two persons' tables leads"


def test_the_sample_company_is_understood_from_its_schema_alone(tmp_path: Path) -> None:
    for name, path in build(tmp_path / "demo").items():
        url = f"sqlite:///{path}"
        datamap = loaded(tmp_path, completed(text_of([draft(reflect(url), url, name)], "a test")))
        assert inspect_map(tmp_path / "map.yml", tmp_path, {}) == []
        own = load_datamap(Path(__file__).parents[3] / "demo" / "datamap.yml", tmp_path)
        theirs, ours = datamap.systems[name], own.systems[name]
        assert theirs.tables.keys() == ours.tables.keys()
        for table_name, table in ours.tables.items():
            drafted = theirs.tables[table_name]
            assert (drafted.link and drafted.link.to) == (table.link and table.link.to)
            assert (drafted.identity is None) == (table.identity is None)
            assert drafted.dated_by == table.dated_by, table_name
        secret = {held.id for held in own.held() if held.never_disclose and held.system == name}
        assert {held.id for held in datamap.held() if held.never_disclose} == secret


PARTNERS = """
CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, email TEXT, address_id INTEGER REFERENCES address (address_id),
    plan_id INTEGER REFERENCES plans (plan_id));
CREATE TABLE address (address_id INTEGER PRIMARY KEY, address TEXT, address2 TEXT, phone TEXT);
CREATE TABLE plans (plan_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (customer_id),
    ship_via INTEGER REFERENCES shippers (shipper_id), product_id INTEGER REFERENCES products (product_id));
CREATE TABLE shippers (shipper_id INTEGER PRIMARY KEY, company_name TEXT, phone TEXT);
CREATE TABLE products (product_id INTEGER PRIMARY KEY, supplier_id INTEGER REFERENCES suppliers (supplier_id),
    picture BLOB);
CREATE TABLE suppliers (supplier_id INTEGER PRIMARY KEY, contact_name TEXT, phone TEXT);
"""


def test_what_everybody_shares_is_nobodys_own(tmp_path: Path) -> None:
    """An order leads to a shipper and a product, a customer to a plan: only the address is theirs."""
    url = sqlite_url(tmp_path, PARTNERS)
    system = draft(reflect(url), url, "shop")
    assert list(tables(system)) == ["customers", "address", "orders"]
    assert tables(system)["address"].link == ("address_id", "customers.address_id")
    assert system.not_personal["shippers"] == ("", "shippers; phone is nobody's own")
    assert system.not_personal["plans"] == ("plans", "")


def test_german_names_are_understood(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path, GERMAN)
    system = draft(reflect(url), url, "laden")
    found = tables(system)
    assert list(found) == ["Kunden", "Bestellungen", "Rechnungen"]
    assert system.not_personal["Lieferanten"] == ("", "lieferanten; Telefon is nobody's own")
    kunden = {one.column: one for one in found["Kunden"].fields}
    assert {column: one.category for column, one in kunden.items()} == {
        "Vorname": "user.name.first",
        "Nachname": "user.name.last",
        "EMail": "user.contact.email",
        "Telefonnummer": "user.contact.phone_number",
        "Geburtsdatum": "user.demographic.date_of_birth",
        "Strasse": "user.contact.address.street",
        "PLZ": "user.contact.address.postal_code",
        "Ort": "user.contact.address.city",
        "IBAN": "user.financial.bank_account",
        "Foto": "user.content.self_image",
        "angelegt_am": "user.account",
    }
    assert kunden["IBAN"].never_disclose and kunden["Foto"].is_file and not kunden["PLZ"].is_file
    assert found["Rechnungen"].link == ("bestellung", "Bestellungen.id"), (
        "a copy of an address is no person"
    )
    assert found["Rechnungen"].keep and not found["Bestellungen"].keep
    assert (found["Bestellungen"].dated_by, found["Kunden"].dated_by) == (
        "bestellt_am",
        "angelegt_am",
    )
    # An address in a table that leads to nobody has to be looked at by a person.
    words, hint = system.not_personal["Filialen"]
    assert words == "" and "Strasse, PLZ" in hint
    assert system.not_personal["Artikel"][0]


def test_an_address_shared_by_key_is_found_the_other_way_round(tmp_path: Path) -> None:
    url = sqlite_url(
        tmp_path,
        """
        CREATE TABLE address (id INTEGER PRIMARY KEY, street TEXT, city TEXT);
        CREATE TABLE member (id INTEGER PRIMARY KEY, email TEXT, address_id INTEGER REFERENCES address (id));
        """,
    )
    found = tables(draft(reflect(url), url, "club"))
    assert found["address"].link == ("id", "member.address_id")
    assert "the other way round" in " ".join(found["address"].notes)


def test_a_database_without_persons_says_so(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path, "CREATE TABLE stock (id INTEGER PRIMARY KEY, amount INTEGER);")
    text = text_of([draft(reflect(url), url, "store")], "a test")
    assert "No table looks as if persons were found in it" in text
    with pytest.raises(DataMapWrong):
        loaded(tmp_path, completed(text))


def test_names_that_need_quotes_are_quoted(tmp_path: Path) -> None:
    url = sqlite_url(
        tmp_path,
        """CREATE TABLE "users: all" (id INTEGER PRIMARY KEY, "e mail" TEXT, "on" TEXT, "no: 1" TEXT, "#x" TEXT);""",
    )
    text = text_of([draft(reflect(url), url, "odd")], "a test")
    table = yaml.safe_load(text)["systems"]["odd"]["tables"]["users: all"]
    assert set(table["fields"]) == {"e mail", "on", "no: 1", "#x"}
    assert "users: all" in loaded(tmp_path, completed(text)).systems["odd"].tables


# --- secrets and trouble


def test_a_password_never_stands_in_a_draft() -> None:
    url = "postgresql://reader:hunter2%40x@db.example/shop"
    assert without_password(url, "shop") == "postgresql://reader:${SHOP_PASSWORD}@db.example/shop"
    assert without_password("sqlite:////x/y.db", "shop") == "sqlite:////x/y.db"


def test_an_address_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase, match="not a database address"):
        reflect("shop.db")
    with pytest.raises(SystemDown) as down:
        reflect(f"sqlite:///{tmp_path}/hunter2.db")
    assert "hunter2" not in str(down.value)


# --- PostgreSQL


@pytest.fixture
def postgres() -> Iterator[tuple[str, str]]:
    """A schema of its own."""
    url = address()
    schema = f"draft_{uuid4().hex[:12]}"
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"CREATE SCHEMA {schema}"))
        yield url, schema
    finally:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        engine.dispose()


@pytest.mark.postgres
def test_a_schema_of_postgresql_is_drafted(postgres: tuple[str, str], tmp_path: Path) -> None:
    url, schema = postgres
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"SET search_path TO {schema}"))
        for statement in GERMAN.replace("BLOB", "BYTEA").split(";"):
            if statement.strip():
                connection.execute(sqlalchemy.text(statement))
    engine.dispose()
    system = draft(reflect(url, schema), url, "laden", schema)
    found = tables(system)
    assert list(found) == ["kunden", "bestellungen", "rechnungen"]
    assert found["rechnungen"].link == ("bestellung", "bestellungen.id")
    assert found["rechnungen"].dated_by == "rechnungsdatum"
    text = completed(text_of([system], "a test"))
    assert f"db_schema: {schema}" in text
    path = written(tmp_path, text)
    password = sqlalchemy.make_url(url).password or ""
    assert inspect_map(path, tmp_path, {"LADEN_PASSWORD": password}) == []


# --- MariaDB


@pytest.mark.mariadb
def test_a_mariadb_is_drafted(tmp_path: Path) -> None:
    with world_of("mariadb", tmp_path, empty=True) as world:
        world.run(GERMAN)
        world.run("CREATE VIEW Namen AS SELECT Nachname FROM Kunden")
        system = draft(reflect(world.url), world.url, "laden")
        found = tables(system)
        assert list(found) == ["Kunden", "Bestellungen", "Rechnungen"]
        assert found["Rechnungen"].link == ("bestellung", "Bestellungen.id")
        assert found["Rechnungen"].dated_by == "Rechnungsdatum"
        assert [field.column for field in found["Kunden"].fields if field.is_file] == ["Foto"]
        assert system.not_personal["Namen"] == ("a view of other tables", "")
        path = written(tmp_path, completed(text_of([system], "a test")))
        password = sqlalchemy.make_url(world.url).password or ""
        assert inspect_map(path, tmp_path, {"LADEN_PASSWORD": password}) == []
        world.run("ALTER TABLE Artikel ADD COLUMN email VARCHAR(80)")
        assert len(inspect_map(path, tmp_path, {"LADEN_PASSWORD": password})) == 1


# --- Fides

FIDES = """\
dataset:
  - fides_key: web-shop
    retention: 30 days after the account is gone
    collections:
      - name: address
        fields:
          - {name: id, data_categories: [system.operations], fides_meta: {primary_key: True}}
          - {name: street, data_categories: [user.contact.address.street]}
      - name: customer
        fields:
          - {name: id, data_categories: [user.unique_id], fides_meta: {primary_key: True}}
          - name: email
            description: where we write to
            data_categories: [user.contact.email]
            fides_meta: {identity: email, data_type: string}
          - name: address_id
            data_categories: [system.operations]
            fides_meta: {references: [{dataset: web-shop, field: address.id, direction: to}]}
          - name: extra
            fields:
              - {name: nickname, data_categories: [user.name]}
              - {name: gadget, data_categories: [user.device.gadget]}
      - name: payment_card
        fields:
          - {name: id, data_categories: [system.operations], fidesops_meta: {primary_key: True}}
          - {name: ccn, data_categories: [user.financial.account_number]}
          - name: customer_id
            data_categories: [user.unique_id]
            fidesops_meta: {references: [{dataset: web-shop, field: customer.id, direction: from}]}
      - name: product
        fields:
          - {name: id, data_categories: [system.operations]}
      - name: visit
        fields:
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
      - name: diary
        fields:
          - {name: thoughts, data_categories: [user.political_opinion]}
          - {name: mystery, data_categories: [user.unheard_of]}
"""


def test_a_dataset_of_fides_becomes_a_map_with_todos(tmp_path: Path) -> None:
    path = tmp_path / "fides.yml"
    path.write_text(FIDES, encoding="utf-8")
    [system] = import_fides(path)
    assert (system.name, system.url) == ("web_shop", "TODO")
    found = tables(system)
    assert list(found) == ["customer", "address", "payment_card", "visit", "diary"]
    assert found["customer"].identity == {"person": "row", "key": "id", "email": "email"}
    assert found["visit"].identity == {"person": "contact", "email": "email"}
    assert found["payment_card"].link == ("customer_id", "customer.id")
    assert found["address"].link == ("id", "customer.address_id")
    customer = {one.column: one for one in found["customer"].fields}
    assert customer["email"].note == "where we write to"
    assert customer["extra.nickname"].category == "user.name"
    assert customer["extra.gadget"].category == "user.device", (
        "an unknown part is told as its whole"
    )
    [card] = found["payment_card"].fields
    assert (card.column, card.never_disclose) == ("ccn", True)
    diary = {one.column: one for one in found["diary"].fields}
    assert diary["thoughts"].category == "user.demographic.political_opinion"
    assert list(system.not_personal) == ["product"]

    text = text_of([system], "a test")
    wrong = inspect_map(written(tmp_path, text), tmp_path, {})
    assert {"url", "link", "purpose → 0", "category"} <= {
        one.place.rpartition(" → ")[2] if "purpose" not in one.place else "purpose → 0"
        for one in wrong
    }
    assert "30 days after the account is gone" in text


@pytest.mark.parametrize(
    "text", ["version: 1\n", "dataset: []\n", "dataset:\n  - {fides_key: x}\n"]
)
def test_what_is_no_dataset_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "fides.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotADataset):
        import_fides(path)


# --- names

COLUMNS = {
    "FirstName": "user.name.first",
    "first_name": "user.name.first",
    "FIRSTNAME": "user.name.first",
    "EmailAddress": "user.contact.email",
    "e_mail": "user.contact.email",
    "BillingPostalCode": "user.contact.address.postal_code",
    "last_login_ip": "user.device.ip_address",
    "password_hash": "user.authorization.password",
    "dob": "user.demographic.date_of_birth",
    "straße": "user.contact.address.street",
    "code_postal": "user.contact.address.postal_code",
    "téléphone": "user.contact.phone_number",
    "customer_number": "user.unique_id",
    "is_email_verified": None,
    "email_sent_count": None,
    "CustomerId": None,
    "unit_price": None,
    "shipped": None,
}


@pytest.mark.parametrize("column", COLUMNS)
def test_names_of_columns_are_read_in_every_style(column: str) -> None:
    sense = sense_of(column, "customers")
    assert (sense.category if sense else None) == COLUMNS[column]


def test_a_date_of_birth_is_not_when_a_row_came_to_be() -> None:
    assert came_rank("BirthDate", True) is None
    assert came_rank("updated_at", True) is None
    assert came_rank("last_login_at", True) is None
    placed, other = came_rank("placed_at", True), came_rank("some_date", True)
    assert placed is not None and other is not None and placed < other


# --- databases made by others

TOURS = """
CREATE TABLE "tblMembers" ("eMailAddress" TEXT PRIMARY KEY, "MemberNo" TEXT UNIQUE, "FullName" TEXT, "Mobile" TEXT,
  "HomePhone" TEXT, "PassportNo" TEXT, "JoinedOn" TEXT, "BillingStreet" TEXT, "ShippingStreet" TEXT, "ShippingCity" TEXT);
CREATE TABLE "Address" ("AddressID" INTEGER PRIMARY KEY, "Line1" TEXT, "Line2" TEXT, "PostCode" TEXT);
CREATE TABLE "MemberAddress" ("Member" TEXT REFERENCES "tblMembers" ("eMailAddress"),
  "AddressID" INTEGER REFERENCES "Address" ("AddressID"), "Kind" TEXT, PRIMARY KEY ("Member", "AddressID", "Kind"));
CREATE TABLE "Booking" ("Year" INTEGER, "No" INTEGER, "Member" TEXT REFERENCES "tblMembers" ("eMailAddress"),
  "StartsOn" TEXT, "BookedOn" TEXT, PRIMARY KEY ("Year", "No"));
CREATE TABLE "Hotel" ("HotelID" INTEGER PRIMARY KEY, "Email" TEXT);
CREATE TABLE "Traveller" ("Year" INTEGER, "No" INTEGER, "Seq" INTEGER, "FullName" TEXT, "HotelID" INTEGER
  REFERENCES "Hotel" ("HotelID"), PRIMARY KEY ("Year", "No", "Seq"),
  FOREIGN KEY ("Year", "No") REFERENCES "Booking" ("Year", "No"));
CREATE TABLE "Friendship" ("One" TEXT REFERENCES "tblMembers" ("eMailAddress"),
  "Other" TEXT REFERENCES "tblMembers" ("eMailAddress"), PRIMARY KEY ("One", "Other"));
CREATE TABLE "LoginLog" ("Member" TEXT, "At" TEXT, "IPAddress" TEXT);
CREATE VIEW "MemberNames" AS SELECT "FullName", "eMailAddress" FROM "tblMembers";
"""


@pytest.fixture
def tours(tmp_path: Path) -> SystemSketch:
    url = sqlite_url(tmp_path, TOURS)
    return draft(reflect(url), url, "tours")


def test_a_database_with_every_oddity_is_drafted_completed_and_fits(
    tours: SystemSketch, tmp_path: Path
) -> None:
    text = text_of([tours], "a test")
    loaded(tmp_path, completed(text))
    assert inspect_map(tmp_path / "map.yml", tmp_path, {}) == []


def test_keys_of_several_columns_are_followed(tours: SystemSketch) -> None:
    found = tables(tours)
    assert found["Traveller"].link == ("Year", "Booking.Year")
    assert found["Traveller"].also == {"No": "No"}
    assert found["MemberAddress"].link == ("Member", "tblMembers.eMailAddress")
    assert found["Address"].link == ("AddressID", "MemberAddress.AddressID")
    assert "Is a row one person's only?" in " ".join(found["Address"].notes)


def test_a_key_that_is_somebodys_own_is_a_field(tours: SystemSketch) -> None:
    members = tables(tours)["tblMembers"]
    assert members.identity == {
        "person": "row",
        "key": "eMailAddress",
        "customer_number": "MemberNo",
        "email": "eMailAddress",
        "phone": "Mobile",
    }
    fields = {one.column: one for one in members.fields}
    assert fields["eMailAddress"].category == "user.contact.email"
    assert fields["PassportNo"].never_disclose
    assert members.dated_by == "JoinedOn" and tables(tours)["Booking"].dated_by == "BookedOn"


def test_of_two_alike_in_a_row_one_is_corrected(tours: SystemSketch) -> None:
    fields = {one.column: one.correct for one in tables(tours)["tblMembers"].fields}
    assert (fields["Mobile"], fields["HomePhone"]) == ("phone", None)
    # The street of one address and the town of another make a third.
    assert fields["BillingStreet"] == "address.street"
    assert (fields["ShippingStreet"], fields["ShippingCity"]) == (None, None)
    # A fellow traveller's name is not the customer's.
    assert {one.column: one.correct for one in tables(tours)["Traveller"].fields}[
        "FullName"
    ] is None


def test_links_that_the_database_does_not_tell_are_guessed_and_said_to_be(
    tours: SystemSketch,
) -> None:
    log = tables(tours)["LoginLog"]
    assert log.link == ("Member", "tblMembers.eMailAddress")
    assert "The link is guessed from the name Member" in " ".join(log.notes)
    assert "Other leads to tblMembers, too" in " ".join(tables(tours)["Friendship"].notes)


def test_a_view_is_no_table_of_persons(tours: SystemSketch) -> None:
    assert tours.not_personal["MemberNames"] == ("a view of other tables", "")


@pytest.mark.parametrize(
    ("column", "table", "category"),
    [
        ("passport_no", "guests", "user.government_id.passport_number"),
        ("PhoneNr", "guests", "user.contact.phone_number"),
        ("passport_id", "guests", "user.government_id.passport_number"),
        ("address_id", "guests", None),
        ("order_no", "orders", None),
        ("loyalty_tier", "customers", "user.demographic.profile"),
        ("bill_to_name", "invoices", "user.name"),
    ],
)
def test_what_a_number_is_of(column: str, table: str, category: str | None) -> None:
    sense = sense_of(column, table)
    assert (sense.category if sense else None) == category


def test_a_database_without_a_single_foreign_key_is_understood_by_its_names(tmp_path: Path) -> None:
    url = sqlite_url(
        tmp_path,
        """
        CREATE TABLE wp_users (ID INTEGER PRIMARY KEY, user_login TEXT, user_email TEXT);
        CREATE TABLE wp_usermeta (umeta_id INTEGER PRIMARY KEY, user_id INTEGER, meta_key TEXT, meta_value TEXT);
        CREATE TABLE wp_comments (comment_ID INTEGER PRIMARY KEY, comment_post_ID INTEGER, user_id INTEGER, comment_content TEXT);
        CREATE TABLE wp_commentmeta (meta_id INTEGER PRIMARY KEY, comment_id INTEGER, meta_value TEXT);
        CREATE TABLE wp_options (option_id INTEGER PRIMARY KEY, option_name TEXT);
        """,
    )
    found = tables(draft(reflect(url), url, "blog"))
    links = {name: table.link for name, table in found.items() if table.link}
    assert links == {
        "wp_usermeta": ("user_id", "wp_users.ID"),
        "wp_comments": ("user_id", "wp_users.ID"),
        "wp_commentmeta": ("comment_id", "wp_comments.comment_ID"),
    }
