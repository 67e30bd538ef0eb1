"""Vera with the data map of any company, in this process: everything real from `privacy.wiring`, without doors.

Whoever asks proves it with the code out of the outbox, the request is filed, the engine carries it out, and what is
then said in the conversation can be read. Only the clock stands still, and no mail is sent.
"""

import asyncio
import importlib
import io
import json
import pkgutil
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from sqlalchemy import RowMapping, select

import privacy.store.tables
from privacy.clock import FixedClock
from privacy.contacts import Contact, parse_contact
from privacy.datamap.scope import EVERYTHING, Scope
from privacy.datamap.wishes import read_wish
from privacy.filing import Draft, Filed
from privacy.fulfilment.books.works import WorkState
from privacy.fulfilment.delete.plan import DeletionPlan
from privacy.fulfilment.see.viewing import Category
from privacy.settings import Settings
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.fulfilment import work
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.wiring import Vera, build

PATIENCE = 30.0
_TURN = "turn-1"


@dataclass(frozen=True)
class Letter:
    """A mail that waits in the outbox."""

    to: str
    text: str


class VeraHouse:
    """One company's Vera."""

    def __init__(self, folder: Path, datamap: Path, clock: FixedClock) -> None:
        for module in pkgutil.iter_modules(privacy.store.tables.__path__):
            importlib.import_module(f"privacy.store.tables.{module.name}")
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        settings = Settings(
            data_dir=folder,
            datamap=datamap,
            database_url="",
            tombstones="",
            rasa_url="http://127.0.0.1:1",
            internal_secret="s" * 32,
            smtp_url="smtp://127.0.0.1:9",
        )
        self.vera: Vera = build(settings, clock=clock)
        self._keyring = Keyring.load(folder / "keys.json")
        self._conversation = ""
        self._stop = asyncio.Event()
        metadata.create_all(self.vera.database.engine)

    # --- asking

    def who(self, typed: str) -> tuple[Contact, str]:
        """The contact, and the one person who has it."""
        contact = _contact(typed)
        [subject] = {record.subject for record in self.vera.directory.find(contact)}
        return contact, subject

    def nobody_has(self, typed: str) -> bool:
        return not self.vera.directory.find(_contact(typed))

    def wish(self, said: str) -> Scope:
        """What a customer's sentence is about."""
        return read_wish(said, self.vera.datamap, self.clock.now().date()).scope

    def plan(self, typed: str, scope: Scope = EVERYTHING) -> DeletionPlan:
        """What the customer reads before they confirm a deletion."""
        conversation = self.vera.conversations.open("web", "en").conversation
        act_key = self._prove(conversation, "delete", typed)
        proof = self.vera.verification.proven(conversation, "delete", act_key)
        assert proof is not None
        plan = self.vera.own_data.plan(proof, scope.as_text())
        assert plan is not None
        return plan

    def ask(self, kind: str, typed: str, scope: Scope = EVERYTHING, **details: str) -> Filed:
        """Prove to be the one with this contact, file the request, and wait until there is no more to do for now."""
        self._conversation = self.vera.conversations.open("web", "en").conversation
        act_key = self._prove(self._conversation, kind, typed)
        if details.get("field") == "email":
            new = _contact(details["value"])
            self.vera.verification.begin_new(self._conversation, new, act_key, "turn-2")
            self._accept(self._conversation)
        wanted = details if scope.is_all else {"scope": scope.as_text(), **details}
        draft = Draft(kind, wanted, self._conversation, "web", "en")
        proof = self.vera.verification.proven(self._conversation, kind, act_key)
        filed = self.vera.filing.file(draft, proof, _TURN)
        if kind == "delete":
            self.clock.move(timedelta(days=self.vera.policy.deletion.undo_days))
        self.vera.fulfilment.wake()
        _until(lambda: self._work(filed) in (WorkState.ENDED, WorkState.FOR_PERSON))
        return filed

    def _prove(self, conversation: str, kind: str, typed: str) -> str:
        act_key = self.vera.drafts.begin(conversation, kind)
        self.vera.verification.begin(conversation, kind, _contact(typed), act_key, _TURN)
        self._accept(conversation)
        return act_key

    def _accept(self, conversation: str) -> None:
        code = re.match(r"\d{6}", self._letters("code")[-1].text)
        assert code is not None
        assert self.vera.verification.check(conversation, code[0]).outcome == "accepted"

    # --- looking

    def request(self, filed: Filed) -> RowMapping:
        with self.vera.database.read() as tx:
            found = select(request).where(request.c.reference == filed.reference)
            return tx.execute(found).mappings().one()

    def is_done(self, filed: Filed) -> bool:
        return str(self.request(filed)["state"]) == "done"

    def said(self) -> str:
        """What the bot said last in the newest conversation."""
        return self.vera.conversations.history(self._conversation)[-1].text

    def tasks(self) -> list[str]:
        """What persons are asked to do."""
        return [task.what for task in self.vera.fulfilment.tasks.list_open()]

    def mails(self, kind: str) -> list[Letter]:
        return self._letters(kind)

    def counts(self, filed: Filed, typed: str) -> dict[str, int]:
        """Rows by table, as the status page shows them."""
        _, subject = self.who(typed)
        every = self.vera.fulfilment.progress(filed.reference, [subject])
        return {table: rows for one in every for table, rows in one.counts.items()}

    def page(self, filed: Filed) -> dict[str, Category]:
        """The secure page with everything, by table."""
        standing = self.vera.fulfilment.standing(self.request(filed)["id"])
        assert standing.places is not None
        id = self.request(filed)["id"]
        shown = self.vera.viewing.page(id, standing.places, standing.scope)
        return {category.id.partition(".")[2]: category for category in shown}

    def package(self, filed: Filed, typed: str) -> zipfile.ZipFile:
        """The download, taken as its customer would."""
        _, subject = self.who(typed)
        view = self.vera.packages.open_for(self.request(filed)["id"], [subject])
        assert view is not None
        taken = self.vera.packages.take(view.id, [subject])
        return zipfile.ZipFile(io.BytesIO(b"".join(taken.pieces)))

    def _letters(self, kind: str) -> list[Letter]:
        with self.vera.database.read() as tx:
            rows = tx.execute(
                select(mail).where(mail.c.kind == kind).order_by(mail.c.id)
            ).mappings()
            return [
                Letter(
                    self._keyring.open(row["to_address"], "mail.to_address"),
                    self._keyring.open(row["subject"], "mail.subject")
                    + "\n"
                    + self._keyring.open(row["body"], "mail.body"),
                )
                for row in rows
            ]

    def _work(self, filed: Filed) -> WorkState:
        with self.vera.database.read() as tx:
            found = select(work.c.state).join(request).where(request.c.reference == filed.reference)
            return WorkState(tx.execute(found).scalar_one())

    # --- working

    async def work(self, ready: Callable[[], None]) -> None:
        """Carry requests out until `rest`."""
        self._loop = asyncio.get_running_loop()
        await self.vera.fulfilment.start()
        ready()
        await self.vera.fulfilment.run(self._stop)

    def rest(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)


def tables_in(package: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    """The JSON files of a package by the table's own name."""
    found = {}
    for name in package.namelist():
        if name.startswith("data/") and name.endswith(".json"):
            read = json.loads(package.read(name))
            found[read["table"]["name"]] = read
    return found


@contextmanager
def house_of(folder: Path, datamap: Path) -> Iterator[VeraHouse]:
    """A Vera that works, with an empty database of her own in `folder`."""
    house = VeraHouse(folder, datamap, FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC)))
    is_ready: list[bool] = []
    working = Thread(target=lambda: asyncio.run(house.work(lambda: is_ready.append(True))))
    working.start()
    try:
        _until(lambda: bool(is_ready) or not working.is_alive())
        assert is_ready, "the engine did not start"
        yield house
    finally:
        if working.is_alive():
            house.rest()
        working.join(PATIENCE)
        house.vera.database.close()


def _contact(typed: str) -> Contact:
    contact = parse_contact(typed)
    assert contact is not None
    return contact


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.02)
