"""Builds the real thing from the settings: the only module that knows every part.

Nothing here decides anything; a test that wants another clock or directory hands it in.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from anyio import to_thread

from privacy.clock import Clock, SystemClock
from privacy.conversations.acts import Acts
from privacy.conversations.brain import Brain
from privacy.conversations.doorway import Conversations
from privacy.conversations.live import Hub
from privacy.conversations.messages import Messages
from privacy.conversations.placeholders import KeptValues
from privacy.conversations.sessions import Sessions
from privacy.conversations.turns import Turns
from privacy.conversations.values import Detours
from privacy.conversations.wording import Wording
from privacy.datamap.load import load_datamap
from privacy.datamap.model import Correctable
from privacy.filing import Drafts, Filing
from privacy.handoff.left_messages import LeftMessages
from privacy.mail import retention
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.mail.sender import Sender
from privacy.mail.server import MailServer
from privacy.policy import Policy, load_policy
from privacy.settings import ROOT, Settings
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.systems.company import CompanyDirectory
from privacy.systems.directory import Directory
from privacy.verification import Verification

log = structlog.get_logger()

_TIDY_EVERY = 600.0


@dataclass(frozen=True)
class Vera:
    """The whole service without its doors."""

    settings: Settings
    clock: Clock
    policy: Policy
    database: Database
    wording: Wording
    directory: Directory
    verification: Verification
    drafts: Drafts
    filing: Filing
    acts: Acts
    correctable: dict[str, Correctable]
    brain: Brain
    hub: Hub
    turns: Turns
    conversations: Conversations
    sender: Sender

    def say(self, code: str, language: str) -> str:
        """The words for a problem's code."""
        return self.wording.problem(code).text

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send mail, answer what was left waiting, tidy up; until the block ends."""
        stop = asyncio.Event()
        background = [
            asyncio.create_task(self.sender.run(stop), name="mail"),
            asyncio.create_task(self._tidy_up(stop), name="tidy"),
        ]
        waiting = await self.turns.take_up_again()
        if waiting:
            log.info("taking up", count=waiting)
        try:
            yield
        finally:
            stop.set()
            self.conversations.close_streams()
            await self.turns.stop()
            await asyncio.gather(*background, return_exceptions=True)
            await self.brain.close()
            self.database.close()

    async def _tidy_up(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                gone = await to_thread.run_sync(self.verification.tidy_up)
                gone += await to_thread.run_sync(self.conversations.forget_old)
                gone += await to_thread.run_sync(self.filing.retire_old)
                gone += await to_thread.run_sync(self._forget_mail)
                if gone:
                    log.info("tidied up", count=gone)
            except Exception:
                log.exception("tidying failed")
            try:
                async with asyncio.timeout(_TIDY_EVERY):
                    await stop.wait()
            except TimeoutError:
                continue

    def _forget_mail(self) -> int:
        before = self.clock.now() - timedelta(days=self.policy.retention.transcript_days)
        with self.database.write() as tx:
            return retention.forget(tx, before)


def build(
    settings: Settings, *, clock: Clock | None = None, directory: Directory | None = None
) -> Vera:
    """Put the parts together.

    Raises PolicyBroken, DataMapWrong, MailSettingWrong with sentences that say what to change.
    """
    clock = clock or SystemClock()
    database = Database(settings.database)
    keyring = Keyring.load(settings.data_dir / "keys.json")
    policy = load_policy(settings.policy)
    datamap = load_datamap(settings.datamap, settings.data_dir.resolve(), os.environ)
    directory = directory or CompanyDirectory(datamap, keyring)
    letterhead = Letterhead.read(
        company=settings.company_name,
        mail_from=settings.mail_from,
        inbox=settings.company_inbox,
        origin=settings.origin,
    )
    outbox = Outbox(keyring, clock, letterhead)
    verification = Verification(database, keyring, clock, policy, directory, outbox, settings.zone)
    drafts = Drafts(database, keyring, clock)
    filing = Filing(
        database,
        keyring,
        clock,
        policy,
        outbox,
        verification.proven,
        zone=settings.zone,
        company_inbox=settings.company_inbox,
    )
    wording = Wording.load(ROOT / "data")
    correctable = {field.id: field for field in datamap.correctable_fields()}
    kept = KeptValues(keyring, clock)
    messages = Messages(keyring, clock, kept)
    hub = Hub()
    brain = Brain(settings.rasa_url, settings.internal_secret)
    turns = Turns(database, messages, kept, brain, wording, hub, Detours())
    conversations = Conversations(
        database=database,
        clock=clock,
        sessions=Sessions(database, keyring, clock),
        messages=messages,
        turns=turns,
        hub=hub,
        verification=verification,
        wording=wording,
        policy=policy,
    )
    left_messages = LeftMessages(keyring, clock, outbox, settings.company_inbox)
    acts = Acts(
        database, clock, kept, drafts, verification, filing, directory, left_messages, correctable
    )
    sender = Sender(
        database,
        keyring,
        clock,
        letterhead,
        MailServer.read(settings.smtp_url),
        on_bounced=_tell_bounce(conversations),
    )
    return Vera(
        settings=settings,
        clock=clock,
        policy=policy,
        database=database,
        wording=wording,
        directory=directory,
        verification=verification,
        drafts=drafts,
        filing=filing,
        acts=acts,
        correctable=correctable,
        brain=brain,
        hub=hub,
        turns=turns,
        conversations=conversations,
        sender=sender,
    )


def _tell_bounce(conversations: Conversations) -> Callable[[str, str], Awaitable[None]]:
    async def tell(conversation: str, kind: str) -> None:
        if kind == "code":
            await conversations.say(conversation, "utter_code_bounced")

    return tell
