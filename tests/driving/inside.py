"""Vera in the test's own process, without doors, so that a test can break any of its parts at will.

Everything is the real thing, built by `privacy.wiring` over the sample company's own databases, except the mail
server and the text gateway (nobody: messages stay in the outbox, where `newest_code` finds them).
"""

import asyncio
import importlib
import io
import pkgutil
import re
import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from sqlalchemy import select

import privacy.store.tables
from actions import server as action_door
from demo.company import build as build_company
from privacy.clock import Clock
from privacy.conversations.messages import Message
from privacy.logging import configure_logging
from privacy.mail.outbox import BODY, SUBJECT
from privacy.settings import Settings
from privacy.store.keyring import Keyring
from privacy.store.schema import metadata
from privacy.store.tables.outbox import mail
from privacy.wiring import Vera, build
from tests.driving.logs import kept_logs

PATIENCE = 20.0
JANE = "jane.miller@example.com"


def make_vera(
    folder: Path,
    rasa_url: str = "http://127.0.0.1:1",
    secret: str = "s" * 32,
    *,
    clock: Clock | None = None,
) -> Vera:
    """A Vera with an empty database in `folder`, at the sample company (a copy of its own, in `folder`/demo).

    In a folder in which one lived before, it goes on with what that one left.
    """
    for module in pkgutil.iter_modules(privacy.store.tables.__path__):
        importlib.import_module(f"privacy.store.tables.{module.name}")
    settings = Settings(
        data_dir=folder,
        rasa_url=rasa_url,
        internal_secret=secret,
        smtp_url="smtp://127.0.0.1:9",
        sms_url="http://nobody:nobody@127.0.0.1:9",
    )
    folder.mkdir(parents=True, exist_ok=True)
    build_company(folder / "demo")
    vera = build(settings, clock=clock)
    metadata.create_all(vera.database.engine)
    return vera


def newest_code(vera: Vera) -> str:
    """The newest code in the outbox, whoever it is for."""
    keyring = Keyring.load(vera.settings.data_dir / "keys.json")
    with vera.database.read() as tx:
        codes = select(mail.c.subject, mail.c.body).where(mail.c.kind == "code")
        newest = tx.execute(codes.order_by(mail.c.id.desc()).limit(1)).one()
    said = keyring.open(newest.subject, SUBJECT) or keyring.open(newest.body, BODY)
    match = re.match(r"\d{6}", said)
    assert match is not None
    return match.group()


@contextmanager
def log_of_the_service() -> Iterator[io.StringIO]:
    """What a Vera in this process logs meanwhile, at debug and the way it does; never a word of a customer."""
    stream = io.StringIO()
    with kept_logs():
        configure_logging("debug", stream)
        yield stream
    assert "jane" not in stream.getvalue().lower()


@dataclass
class Talk:
    """One conversation with a Vera in this process."""

    vera: Vera
    conversation: str = ""
    token: str = ""
    lines: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.conversation:
            opened = self.vera.conversations.open("web", "en")
            self.conversation, self.token = opened.conversation, opened.token
        self._read()

    async def say(self, text: str, client_id: str | None = None) -> str:
        """Write, and wait for the answer; all that was said since."""
        return await self._answer(await self.send(text, client_id))

    async def send(self, text: str, client_id: str | None = None) -> int:
        """Write, and go on as soon as it is accepted; the message's number."""
        accepted = await self.vera.conversations.accept(
            self.conversation, self.token, text, client_id or uuid.uuid4().hex
        )
        self.token = accepted.new_token or self.token
        return accepted.message_id

    async def press(self, label: str) -> str:
        choice = next((c for c in self.choices if c.label == label), None)
        assert choice is not None, f"no button {label!r} among {self.labels}"
        accepted = await self.vera.conversations.choose(
            self.conversation, self.token, choice.id, uuid.uuid4().hex
        )
        return await self._answer(accepted.message_id)

    @property
    def choices(self) -> Sequence[object]:
        return next((m.choices for m in reversed(self.lines) if m.author == "bot"), ())

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]

    async def _answer(self, message: int) -> str:
        async with asyncio.timeout(PATIENCE):
            while self.vera.conversations.is_thinking(self.conversation):
                await asyncio.sleep(0.01)
        self._read()
        return "\n".join(m.text for m in self.lines if m.id > message and m.author == "bot")

    def _read(self) -> None:
        self.lines = list(self.vera.conversations.history(self.conversation))


class Door:
    """The action door, which can be closed and opened again on the same port."""

    def __init__(self, vera: Vera, port: int, secret: str) -> None:
        self._vera, self._port, self._secret = vera, port, secret
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        app = action_door.create_app(self._vera, self._secret)
        self._server = _Quiet(
            uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        )
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(50)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = self._serving = None


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@asynccontextmanager
async def running(vera: Vera, port: int, secret: str) -> AsyncIterator[Door]:
    """The action door open, and turns stopped at the end."""
    door = Door(vera, port, secret)
    await door.open()
    try:
        yield door
    finally:
        await vera.turns.stop()
        await door.close()
        await vera.brain.close()
        vera.database.close()
