"""The real Vera on the sample company, without an engine and with a clock that is moved, whose systems fail at a call
that the test names: before it, in the middle of it, or when all of it is done and only the answer is lost.
"""

import functools
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import select

import privacy.systems.sql
from privacy.clock import FixedClock
from privacy.errors import SystemDown
from privacy.fulfilment.books.works import WorkState
from privacy.settings import Settings
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import announcement, work
from privacy.store.tables.outbox import mail
from privacy.systems.company import CompanyDirectory
from privacy.systems.sql import SqlSystem
from privacy.wiring import Vera, build
from tests.privacy.fulfilment.work_world import Straight
from tests.resilience.crash.findings import Findings, of_company, of_packages, of_records, same
from tests.resilience.crash.life import STARTED, furnish
from tests.resilience.crash.post import Letter
from tests.resilience.crash.wishes import Wish

type How = Literal["before", "within", "after"]

READS, STREAMS, WRITES = (
    ("search", "counts", "left"),
    ("rows", "marks"),
    ("correct", "erase", "stop"),
)
WAITING = "One of our systems can't be reached just now"
_WAITING_SUBJECT = "waits for one of our systems"
_ROUNDS = 20


@dataclass(frozen=True)
class Call:
    """The `number`-th call of a verb of a system."""

    system: str
    verb: str
    number: int

    def __str__(self) -> str:
        return f"{self.system}.{self.verb} {self.number}"


@dataclass
class Trouble:
    """Fails one call; or, while `away`, every call of a system."""

    at: Call | None = None
    how: How = "before"
    away: set[str] = field(default_factory=set)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    struck: int = 0
    _inside: str = ""  # the system whose transaction fails now

    def strike(self, at: Call, how: How) -> None:
        """From now on, count anew and fail this call."""
        self.at, self.how, self.struck = at, how, 0
        self.calls.clear()

    def put_on(self, vera: Vera, patch: pytest.MonkeyPatch) -> None:
        """From now on all calls of this Vera's systems come by here."""
        assert isinstance(vera.directory, CompanyDirectory)
        for name in vera.directory.names():
            system = vera.directory.system(name)
            assert isinstance(system, SqlSystem)
            for verb in (*READS, *WRITES):
                patch.setattr(system, verb, self._call(name, verb, getattr(system, verb)))
            for verb in STREAMS:
                patch.setattr(system, verb, self._stream(name, verb, getattr(system, verb)))
        patch.setattr(privacy.systems.sql, "crashpoint", self._in_a_transaction)

    def _call(self, system: str, verb: str, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def call(*arguments: Any, **named: Any) -> Any:
            strikes = self._strikes(system, verb)
            if strikes and self.how == "before":
                raise SystemDown(system)
            self._inside = system if strikes and self.how == "within" else ""
            result = real(*arguments, **named)
            if strikes:
                raise SystemDown(system)
            return result

        return call

    def _stream(self, system: str, verb: str, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def stream(*arguments: Any, **named: Any) -> Iterator[Any]:
            strikes = self._strikes(system, verb)
            if strikes and self.how == "before":
                raise SystemDown(system)
            for row in real(*arguments, **named):
                yield row
                if strikes and self.how == "within":
                    raise SystemDown(system)
            if strikes:
                raise SystemDown(system)

        return stream

    def _strikes(self, system: str, verb: str) -> bool:
        self.calls[system, verb] += 1
        if system in self.away:
            self.struck += 1
            raise SystemDown(system)
        strikes = self.at == Call(system, verb, self.calls[system, verb])
        self.struck += strikes
        return strikes

    def _in_a_transaction(self, name: str) -> None:
        if self._inside and name == f"before-commit:{self._inside}":
            self._inside = ""
            raise OSError("the line is cut")


class Company:
    """One Vera whose request is filed, and what becomes of it."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        self.folder, self.wish = folder, wish
        self._kept: Path | None = None
        self.clock = FixedClock(STARTED)
        self.vera = build(
            Settings(
                data_dir=folder,
                rasa_url="http://127.0.0.1:1",
                internal_secret="s" * 32,
                smtp_url="smtp://127.0.0.1:9",
                sms_url="http://nobody:nobody@127.0.0.1:9",
                public_url="https://privacy.alderfinch.example",
            ),
            clock=self.clock,
        )
        self.keyring = Keyring.load(folder / "keys.json")

    def file(self) -> None:
        self.wish.file(self.vera, self.letters)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back, at the end, all that was done in the block since the wish was filed."""
        if self._kept is None:
            self._kept = self.folder.with_name(f"{self.folder.name}-kept")
            shutil.copytree(self.folder, self._kept)
        now = self.clock.now()
        try:
            yield
        finally:
            for file in self._kept.rglob("*.db"):
                _copy_rows(file, self.folder / file.relative_to(self._kept))
            shutil.rmtree(self.folder / "packages", ignore_errors=True)
            (self.folder / "tombstones.jsonl").unlink(missing_ok=True)
            self.clock.move(now - self.clock.now())

    def work(self) -> list[str]:
        """Do what is due now; how each run ended."""
        ended: list[str] = []
        carrying_out = self.vera.fulfilment._runner._carrying_out
        while True:
            with self.vera.database.write() as tx:
                claim = self.vera.works.claim(tx, self.clock.now())
            if claim is None:
                return ended
            ended.append(carrying_out.run(claim.request, claim.run, Straight()))

    def work_on(self) -> list[str]:
        """Let time pass from one try to the next until nothing is due any more; how each run ended."""
        ended = self.work()
        for _ in range(_ROUNDS):
            with self.vera.database.read() as tx:
                row = tx.execute(select(work.c.state, work.c.due_at)).one()
            if row.state != WorkState.DUE:
                return ended
            self.clock.move(row.due_at - self.clock.now())
            ended += self.work()
        raise AssertionError(f"it goes on and on: {ended}")

    def pass_time(self, by: timedelta) -> list[str]:
        """Go on for a while, whatever happens; how each run ended."""
        until = self.clock.now() + by
        ended: list[str] = []
        while (next_due := self._next_due()) is not None and next_due <= until:
            self.clock.move(max(next_due - self.clock.now(), timedelta(0)))
            ended += self.work()
        self.clock.move(until - self.clock.now())
        return ended

    def _next_due(self) -> Any:
        with self.vera.database.read() as tx:
            return self.vera.works.next_due(tx)

    def letters(self) -> list[Letter]:
        """What lies in the outbox."""
        with self.vera.database.read() as tx:
            rows = tx.execute(select(mail).where(mail.c.deliver).order_by(mail.c.id)).all()
        return [
            Letter(
                self.keyring.open(row.to_address, "mail.to_address"),
                row.message_id,
                self.keyring.open(row.subject, "mail.subject"),
                self.keyring.open(row.body, "mail.body"),
            )
            for row in rows
        ]

    def news(self) -> list[str]:
        """What was told without being asked: the keys, without the request's id."""
        with self.vera.database.read() as tx:
            keys = tx.execute(select(announcement.c.key).order_by(announcement.c.said_at)).scalars()
            return [key.partition(":")[2] for key in keys]

    def company_now(self) -> Findings:
        return of_company(self.folder)

    def findings(self) -> Findings:
        """As in the crash matrix, with the mails of the outbox; news about waiting left out."""
        with self.vera.database.read() as tx:
            found = of_records(tx, self.keyring)
            found["package"] = list(of_packages(tx, self.keyring, self.folder))
        found["letters"] = sorted(
            [one.to, same(one.subject), same(one.text)] for one in self.letters()
        )
        found = dict(json.loads(json.dumps({**found, **self.company_now()})))
        found["announced"] = [key for key in self.news() if not key.startswith("waiting")]
        found["said"] = [text for text in found["said"] if not text.startswith(WAITING)]
        found["letters"] = [
            one for one in found["letters"] if not one[1].endswith(_WAITING_SUBJECT)
        ]
        found["mail settled"] = [
            one for one in found["mail settled"] if one[0] != "request_waiting"
        ]
        return found

    def close(self) -> None:
        self.vera.database.close()
        self.vera.directory.close()  # type: ignore[attr-defined]


def _copy_rows(source: Path, into: Path) -> None:
    """Under the eyes of whoever has it open."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(into)) as new:
        old.backup(new)


def filed(template: Path, folder: Path, wish: Wish) -> Path:
    """A folder in which the wish is filed and nothing is done yet; to be copied."""
    shutil.copytree(template, folder)
    company = Company(folder, wish)
    company.file()
    company.close()
    return folder


__all__ = ["READS", "STREAMS", "WRITES", "Call", "Company", "How", "Trouble", "filed", "furnish"]
