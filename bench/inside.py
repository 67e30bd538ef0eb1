"""Vera in this process, without doors: for what is measured per row and per system, where waiting for a chat would
only be in the way. Everything is real, from the code to the engine; mails stay in the outbox.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select

from privacy.contacts import Contact, parse_contact
from privacy.filing import Draft, Filed
from privacy.fulfilment.books.works import WorkState
from privacy.settings import Settings
from privacy.store import migrations
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import work
from privacy.store.tables.outbox import mail
from privacy.store.tables.requests import request
from privacy.wiring import Vera, build

_DONE_WITHIN: Final = 1_800.0
_LOOK_FIRST: Final = 0.01


class NotCarriedOut(Exception):
    """A request did not come to its end; the text says where it stands."""


@dataclass(frozen=True)
class Inside:
    """One that works."""

    vera: Vera
    keyring: Keyring

    def file(self, kind: str, email: str) -> Filed:
        """Prove to be the one with this address, and file a request, which is due at once."""
        contact = parse_contact(email)
        assert contact is not None
        conversation = self.vera.conversations.open("web", "en").conversation
        act_key = self._prove(conversation, kind, contact)
        proof = self.vera.verification.proven(conversation, kind, act_key)
        filed = self.vera.filing.file(Draft(kind, {}, conversation, "web", "en"), proof, "turn-1")
        if kind == "delete" and proof is not None:
            self.vera.fulfilment.delete_now(filed.reference, proof.subjects, "turn-2")
        return filed

    def carry_out(self, filed: Filed) -> None:
        """Wait until it is done. Raises NotCarriedOut."""
        self.vera.fulfilment.wake()
        started = time.monotonic()
        while (state := self._work(filed)) is not WorkState.ENDED:
            took = time.monotonic() - started
            if state is WorkState.FOR_PERSON or took > _DONE_WITHIN:
                raise NotCarriedOut(state.value)
            time.sleep(max(_LOOK_FIRST, took / 50))  # looking takes time of its own

    def open_page(self, filed: Filed) -> None:
        """Read what the secure page of a request shows first."""
        with self.vera.database.read() as tx:
            found = select(request.c.id).where(request.c.reference == filed.reference)
            request_id = str(tx.execute(found).scalar_one())
        standing = self.vera.fulfilment.standing(request_id)
        self.vera.viewing.page(request_id, standing.places or {}, standing.scope)

    def _prove(self, conversation: str, kind: str, contact: Contact) -> str:
        act_key = self.vera.drafts.begin(conversation, kind)
        self.vera.verification.begin(conversation, kind, contact, act_key, "turn-1")
        with self.vera.database.read() as tx:
            newest = select(mail.c.subject).where(mail.c.kind == "code").order_by(mail.c.id.desc())
            sealed = tx.execute(newest.limit(1)).scalar_one()
        code = re.match(r"\d{6}", self.keyring.open(sealed, "mail.subject"))
        assert code is not None
        self.vera.verification.check(conversation, code[0])
        return act_key

    def _work(self, filed: Filed) -> WorkState:
        found = select(work.c.state).join(request).where(request.c.reference == filed.reference)
        with self.vera.database.read() as tx:
            return WorkState(tx.execute(found).scalar_one())


@asynccontextmanager
async def inside(folder: Path, datamap: Path) -> AsyncIterator[Inside]:
    """One with an empty database in `folder` that carries requests out until the block ends."""
    settings = Settings(
        data_dir=folder,
        internal_secret="s" * 32,
        rasa_url="http://127.0.0.1:9",  # neither is called: nobody writes, and no mail is sent
        smtp_url="smtp://127.0.0.1:9",
        datamap=datamap,
    )
    await asyncio.to_thread(migrations.upgrade, settings.database)
    vera = build(settings)
    stop = asyncio.Event()
    await vera.fulfilment.start()
    working = asyncio.create_task(vera.fulfilment.run(stop))
    try:
        yield Inside(vera, Keyring.load(folder / "keys.json"))
    finally:
        stop.set()
        await working
        vera.database.close()
