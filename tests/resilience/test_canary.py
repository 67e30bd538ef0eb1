"""What a customer types is sealed or nowhere: canaries through every journey, then a search of every byte that was written.

The service logs at debug, Rasa at its default level. Read too: the memory of the Rasa process.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from privacy.datamap.load import load_datamap
from tests.driving.customer import Customer
from tests.driving.house import ROOT, House
from tests.driving.search import Canary, leaks, memory, places
from tests.driving.trouble import rows, until
from tests.web.visitor import Visitor

ENGINE_WORDS = {
    "None", "SUCCESS", "T", "carry", "out", "carry_out", "service", "vera", "vera_json", "null", "true", "false", "args",
    "kwargs", "done", "for_person", "down", "marked", "places", "count", "collect", "pack", "rows", "size", "old",
    "whose_contact", "correct", "who", "hold", "by_hand", "mark", "erase", "verify", "over", "recipients", "moment", "stop",
}  # fmt: skip
MAILBOX = "mailbox/"
COMPANY = "demo/"
FAILED = "Something on our side failed just now."


@dataclass
class World:
    """A house in which customers have said everything there is to say."""

    house: House
    canaries: list[Canary] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    free_text: list[str] = field(default_factory=list)

    def canary(self, name: str, value: str, *allowed: str) -> str:
        """Note a value that may be found in the `allowed` folders only."""
        self.canaries.append(Canary(name, value, allowed))
        return value

    def text(self, name: str, value: str, *allowed: str) -> str:
        """The same for text that Rasa reads once to tell whether it is a question."""
        self.free_text.append(name)
        return self.canary(name, value, *allowed)

    def code(self, customer: Customer, address: str, before: int) -> str:
        code = customer.code_from_mail(address, after=before)
        self.codes.append(code)
        # The company's own records are full of numbers, and were there before.
        return self.canary(f"code {len(self.codes)}", code, MAILBOX, COMPANY)

    def prove(self, customer: Customer, address: str) -> str:
        before = customer.codes_mailed(address)
        customer.say(address)
        return customer.say(self.code(customer, address, before))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    house = House(tmp_path_factory.mktemp("canary"), VERA_LOG_LEVEL="debug").start()
    world = World(house)
    try:
        for journey in (
            see,
            correct,
            help_by_hand,
            download,
            delete,
            opt_out,
            hand_over,
            ask_for_status,
            type_codes_at_wrong_moments,
            break_things,
        ):
            journey(world)
        yield world
    finally:
        house.stop()


# ---- What customers say ----------------------------------------------------------------------------


def see(world: World) -> None:
    amir = world.canary("address", "amir.tehrani@example.com", MAILBOX, COMPANY)
    world.house.customer().say(f"what do you know about me? I am {amir}")
    customer = world.house.customer()
    customer.press("See my data")
    assert "PR-" in world.prove(customer, amir)
    customer.news("Everything in detail")
    held = {
        "a name that is held": "Amir Tehrani",
        "a phone that is held": "+49 171 3920019",
        "a street that is held": "Schillerplatz 6",
        "a note that is held": "For Leila, with love",
    }
    page = pages_of(world, customer).opens(f"/requests/{customer.last_reference()}/data")
    for name, value in held.items():
        assert world.canary(name, value, COMPANY) in page.text


def correct(world: World) -> None:
    """Each field, with values of every shape; one of them reads like a question."""
    greta = world.canary("second address", "greta.voss@example.com", MAILBOX, COMPANY)
    values = {
        "Name": world.text("name", "Zebedäus Quastenflosser", MAILBOX, COMPANY),
        "Address": world.text("street", "Nashornkäferweg 77, 30159 Hannover", MAILBOX, COMPANY),
        "Phone number": world.canary("new phone", "+49 171 39 20 188", MAILBOX, COMPANY),
        "Date of birth": world.text("birth", "17 August 1957", MAILBOX),
        # The last one: from then on she is known by it, and proves less for thirty days.
        "E-mail address": world.canary(
            "new address", "zebedaeus.quast@canary.example", MAILBOX, COMPANY
        ),
    }
    for label, value in values.items():
        customer = world.house.customer()
        customer.press("Correct my data")
        customer.press(label)
        world.prove(customer, greta)
        if customer.choices[0]["label"] not in ("Why do you ask?", "Never mind"):
            customer.press(customer.labels[0])  # one of several addresses
        assert value.split()[0].split("@")[0] in customer.say(value).replace("(", "")
        if label in ("E-mail address", "Phone number"):
            to = value.replace(" ", "") if label == "Phone number" else value
            before = customer.codes_mailed(to)
            customer.press("Yes, that's right")
            assert "PR-" in customer.say(world.code(customer, to, before))
            customer.news("It's changed")
        else:
            assert "PR-" in customer.press("Yes, that's right")
    customer = world.house.customer()
    customer.press("Correct my data")
    customer.press("Name")
    world.prove(
        customer, world.canary("fourth address", "l.fontaine@example.com", MAILBOX, COMPANY)
    )
    customer.say(
        world.text("a value like a question", "Why is Xanthippe Wobbelmann still my name?")
    )
    customer.say(world.text("a value like a wish", "Delete Xanthippe Wobbelmann"))


def help_by_hand(world: World) -> None:
    """What a person says of a task, and attaches to it: the corrected birthday waits for one."""
    note = world.canary(
        "a person's answer", "Yes. Seen the passport C01X00T47 of Quastenflosser", MAILBOX
    )
    attached = world.house.folder / "passport.txt"
    attached.write_text(world.canary("an attached file", "Reisepass Wermelskirchen Quokka 4711"))
    with sqlite3.connect(world.house.data / "vera.db") as db:
        [[task]] = db.execute("SELECT id FROM task WHERE state = 'open'").fetchall()
    told = subprocess.run(
        [sys.executable, "-m", "command", "tasks", "done", task, "--answer", note, "--attach", str(attached)],
        cwd=ROOT,
        env=os.environ | {"VERA_DATA_DIR": str(world.house.data)},
        capture_output=True,
        check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    attached.unlink()
    assert list((world.house.data / "files").iterdir())
    closed = (
        "SELECT 1 FROM request JOIN task ON task.request = request.id WHERE closed_at IS NOT NULL"
    )
    until(lambda: rows(world.house, closed), what="the end of the correction")


def download(world: World) -> None:
    """The package is made, opened with a fresh code, and fetched."""
    lucie = world.canary("fifth address", "l.fontaine@example.com", MAILBOX, COMPANY)
    held = {"a name in a package": "Lucie Fontaine", "a street in a package": "Rue des Tilleuls 8"}
    customer = world.house.customer()
    customer.press("Download my data")
    world.prove(customer, lucie)
    customer.news("Your copy is ready")
    path = f"/requests/{customer.last_reference()}"
    visitor = pages_of(world, customer).opens(f"{path}/download")
    before = customer.codes_mailed(lucie)
    visitor.sends(f"{path}/download/contact")
    visitor.sends(f"{path}/download/code", code=world.code(customer, lucie, before))
    visitor.sends(f"{path}/download")
    assert visitor.answer is not None
    with ZipFile(BytesIO(visitor.answer.content)) as package:
        whole = b"".join(package.read(name) for name in package.namelist()).decode()
    for name, value in held.items():
        assert world.canary(name, value, COMPANY) in whole


def pages_of(world: World, customer: Customer) -> Visitor:
    """The pages of requests, in the browser of this customer."""
    client = httpx.Client(
        base_url=world.house.chat,
        cookies={"vera_session": customer.token},
        headers={"Origin": world.house.chat},
        timeout=30,
        trust_env=False,
    )
    return Visitor(client)


def delete(world: World) -> None:
    o = world.canary("third address", "o.shevchuk@example.com", MAILBOX, COMPANY)
    customer = world.house.customer()
    customer.press("Delete my data")
    customer.say(
        f"everything about {o} and {world.canary('another phone', '+49 171 3920077')}, is that clear"
    )
    customer = world.house.customer()
    customer.press("Delete my data")
    world.prove(customer, o)
    before = customer.codes_mailed(o)
    customer.press("Yes, now")
    assert "PR-" in customer.say(world.code(customer, o, before))
    customer.news("It's done")


def opt_out(world: World) -> None:
    customer = world.house.customer()
    customer.say("no more advertising")
    phone = world.canary("phone", "+49 30 23125101", MAILBOX, COMPANY)
    assert "PR-" in customer.say(phone)
    customer.say("I take my consent back")
    customer.say(world.canary("unknown address", "nobody.quagga@canary.example"))


def hand_over(world: World) -> None:
    customer = world.house.customer()
    customer.say("I want to talk to a human being")
    customer.say(world.text("message", "My neighbour Xylander Quitte opens my letters.", MAILBOX))
    way = world.canary("way to answer", "+49 30 23125 177", MAILBOX)
    assert "on its way to a person" in customer.say(way)


def ask_for_status(world: World) -> None:
    customer = world.house.customer()
    customer.say("how far is my request?")
    assert "PR-" in world.prove(customer, "amir.tehrani@example.com")


def type_codes_at_wrong_moments(world: World) -> None:
    customer = world.house.customer()
    for name, typed in (
        ("code out of place", "847261"),
        ("code with a slash", "/847262"),
        ("code with an intent", '/inform{"code": "847263"}'),
        ("code in a sentence", "your mail says 847264 but I asked for nothing"),
    ):
        number = re.search(r"\d{6}", typed)
        assert number is not None
        world.canary(name, number.group())
        assert customer.say(typed)
    late = world.house.customer()
    address = "siobhan.o'connor@example.com"
    world.canary("fourth address", address, MAILBOX, COMPANY)
    before = late.codes_mailed(address)
    late.press("Download my data")
    late.say(address)
    code = world.code(late, address, before)
    late.say(world.canary("too short a code", "84727"))
    late.say(f"/{world.canary('a wrong code', '847265')}")
    late.say(f"why does {code} not work?")
    assert "PR-" in late.say(f"/{code}")
    world.canaries.append(Canary("the same code, after use", code, (MAILBOX, COMPANY)))
    late.say(code)


def break_things(world: World) -> None:
    """Errors in the database of the service (their texts quote values), at the door, and in Rasa's memory."""
    house = world.house
    walter = world.canary("address in an error", "walter.wombat@canary.example")
    customer = house.customer()
    customer.press("See my data")
    with refusing(house.data / "vera.db", "BEFORE INSERT ON challenge"):
        assert customer.say(walter).startswith(FAILED), "an action that fails"
    with refusing(house.data / "vera.db", "BEFORE INSERT ON kept_value"):
        text = f"delete what you have of {world.canary('address in a turn', 'w.wallaby@canary.example')}"
        assert customer.say(text).startswith(FAILED), "a turn that fails"
    with refusing(house.data / "vera.db", "BEFORE INSERT ON message"):
        refused = customer.http.post(
            "/api/v1/conversations/current/messages",
            json={
                "text": world.canary("address at the door", "w.wolpertinger@canary.example"),
                "client_id": uuid.uuid4().hex,
            },
            headers={"Authorization": f"Bearer {customer.token}"},
        )
        assert refused.status_code == 500
        assert refused.json()["code"] == "unexpected"
        assert "wolpertinger" not in refused.text
    with renamed(house.data / "demo" / "shop.db", "customers"):
        customer.say("start over")
        customer.press("See my data")
        lost = world.canary("address in a lookup", "w.waschbaer@canary.example")
        assert "One of our systems can't be reached" in customer.say(lost), "a system that fails"
    with renamed(house.data / "rasa.db", "tracker"):
        assert customer.say(f"my number is {world.canary('phone in an error', '+49 30 23125 166')}")
    assert customer.say("thanks a lot")


@contextmanager
def refusing(database: Path, when: str) -> Iterator[None]:
    """Let a kind of write fail, as a full or broken disk would."""
    with sqlite3.connect(database, timeout=10) as db:
        db.execute(f"CREATE TRIGGER broken {when} BEGIN SELECT no_such_function(); END")
    try:
        yield
    finally:
        with sqlite3.connect(database, timeout=10) as db:
            db.execute("DROP TRIGGER broken")


@contextmanager
def renamed(database: Path, table: str) -> Iterator[None]:
    """Let a table be gone for a while."""
    with sqlite3.connect(database, timeout=10) as db:
        db.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        with sqlite3.connect(database, timeout=10) as db:
            db.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


# ---- Where it may be found -------------------------------------------------------------------------


def test_nothing_a_customer_typed_stands_where_it_may_not(world: World) -> None:
    assert leaks(world.canaries, world.house.data) == {}
    console = world.house.console.encode()
    assert [canary.name for canary in world.canaries if canary.found_in(console)] == []


def test_the_search_looked_where_it_matters(world: World) -> None:
    looked = {str(p.relative_to(world.house.data)) for p in world.house.data.rglob("*")}
    assert {"vera.db", "vera.db-wal", "rasa.db", "rasa.db-wal", "run.json"} <= looked
    assert {"logs/rasa.log", "logs/service.log", "logs/mailbox.log"} <= looked
    assert {"workflows.db", "workflows.db-wal", "tombstones.jsonl", "audit-key.json"} <= looked
    assert any(name.startswith("packages/files/") for name in looked)
    assert any(name.startswith("files/") for name in looked)


def test_the_search_finds_what_is_there(world: World) -> None:
    """Controls: the same search finds the same values where they belong, and harmless ones in logs and memory."""
    by_name = {canary.name: canary for canary in world.canaries}
    mailed = [by_name[name] for name in ("address", "code 1", "message", "way to answer")]
    for canary in mailed:
        assert any(place.startswith(MAILBOX) for place in places(canary, world.house.data)), canary
    assert any(p.startswith(COMPANY) for p in places(by_name["phone"], world.house.data))
    with sqlite3.connect(world.house.data / "vera.db") as db:
        conversation = db.execute("SELECT conversation FROM request LIMIT 1").fetchone()[0]
    told = places(Canary("conversation", conversation), world.house.data)
    assert {"logs/service.log", "rasa.db-wal"} & set(told) == {"logs/service.log", "rasa.db-wal"}


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        ("jane@example.com", b'{"a": "JANE@Example.com"}'),
        ("Zebedäus", b'"Zebed\\u00e4us"'),
        ("Zebedäus", b"Zebed%C3%A4us"),
        ("why?", "why?".encode("utf-16-le")),
        ("847261", b"text='847261'"),
        ("847261", b"my code 847 261."),
        ("847261", b"2026-11-21 10:00:00.0000008472612026"),
        ("847261", "847261".encode("utf-32-le")),
        ("+49 30 23125 188", b"03023125188"),
        ("+49 30 23125 188", b"tel:+49-30-23125188"),
    ],
)
def test_the_search_knows_every_spelling(value: str, raw: bytes) -> None:
    assert Canary("control", value).found_in(b"\x00\xff before " + raw + b"\x00 after")


@pytest.mark.parametrize(
    "raw",
    [
        b"2026-11-21 10:00:00.847261",
        b"1795295456.8472615",
        b"2026-11-21 10:00:00.18472612026-11-21",
        b"ab12" * 5 + b"847261cd",
    ],
)
def test_moments_and_fingerprints_are_no_codes(raw: bytes) -> None:
    assert not Canary("control", "847261").found_in(raw)


def test_rasa_never_had_a_contact_in_its_memory(world: World) -> None:
    """Not even for a moment: the free texts alone pass through Rasa, which tells there whether they are questions.

    Codes are looked for in files only: among 250 MB, with the encoder's vocabulary in it, any six digits stand
    somewhere by chance.
    """
    kept = [
        c
        for c in world.canaries
        if c.name not in world.free_text and not re.fullmatch(r"[\d /-]{1,12}", c.value)
    ]
    assert len(kept) > 5
    try:
        pieces = list(memory(world.house.pid("rasa")))
    except OSError:
        pytest.skip("this system lets nobody read the memory of a process")
    assert any(b"utter_begin_access" in piece for piece in pieces), "the search reads nothing"
    assert [c.name for c in kept if any(c.found_plain(piece) for piece in pieces)] == []


def test_texts_and_values_in_the_database_are_sealed(world: World) -> None:
    """Not one text of ours either: whoever has the file alone reads nothing that was said."""
    for said in ("I'll get your data together for you", "Type the 6 digits here"):
        assert places(Canary("said", said), world.house.data) == []


def test_the_books_of_the_engine_hold_ids_numbers_and_names_of_steps(world: World) -> None:
    """Every cell of every table: what is left without ids, moments and numbers is known beforehand."""
    words: set[str] = set()
    with sqlite3.connect(world.house.data / "workflows.db") as db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for cell in row:
                    plain = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", " ", str(cell))
                    words |= set(re.findall(r"[^\W\d]+", plain))
    datamap = load_datamap(ROOT / "demo" / "datamap.yml", world.house.data, {})
    parts = {word for name, system in datamap.systems.items() for word in (name, *system.tables)}
    assert words - parts - {"order", "lines"} <= ENGINE_WORDS


def test_the_audit_holds_no_more_than_ids_and_names_of_acts(world: World) -> None:
    told = rows(world.house, "SELECT act, actor, subject, data FROM audit")
    assert {"data.shown", "package.downloaded", "system.erased", "task.done"} <= {
        act for act, *_ in told
    }
    for act, actor, subject, data in told:
        assert re.fullmatch(r"[a-z_.]+", act)
        assert re.fullmatch(r"customer|service|person|agent:[\w.-]{1,70}", actor), actor
        assert subject is None or re.fullmatch(r"[0-9a-f]+", subject), subject
        for value in json.loads(data).values():
            assert re.fullmatch(r"[\w.-]{0,40}", str(value)), (act, value)


def test_after_the_end_it_is_as_it_was(world: World) -> None:
    """Runs last: with the write-ahead logs merged into the databases."""
    assert world.house.stop() == 0
    assert leaks(world.canaries, world.house.data) == {}
