"""Rows for a desk that is busy: people who work there, conversations that wait or are held, requests of two years.

They are written straight into the database; nobody in them is anybody, and a few sealed values serve them all.
"""

import itertools
import random
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Table, func, insert, select

from privacy.agents.accounts import Agent
from privacy.agents.roles import Role
from privacy.agents.sessions import AgentSessions
from privacy.clock import SystemClock
from privacy.references import new_reference
from privacy.settings import Settings
from privacy.store import migrations
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.agents import agent as agents
from privacy.store.tables.conversations import conversation as conversations
from privacy.store.tables.conversations import message as messages
from privacy.store.tables.fulfilment import task, work
from privacy.store.tables.handoff import hand_over
from privacy.store.tables.requests import request, request_deadline, request_event

LINES: Final = 6
LONG_TALK: Final = 120
"""Lines of the one conversation that is opened again and again."""
_AT_ONCE: Final = 5_000
_OPEN_PART: Final = 10  # one request of so many is open
_KINDS: Final = ("access", "delete", "correct", "export", "object", "restrict", "withdraw_consent")
_OPEN_STATES: Final = (
    "in_progress", "in_progress", "in_progress", "checking_identity", "waiting_for_customer", "scheduled", "committed",
)  # fmt: skip
_REASONS: Final = ("asked", "misunderstood", "only_person", "unverified", "complaint", "distress")


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that an agent holds; `token` opens it for its customer."""

    conversation: str
    token: str
    agent: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who is signed in."""

    id: str
    token: str


class Rows:
    """Writes into one Vera's database, whether it runs or not."""

    def __init__(self, settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        migrations.upgrade(settings.database)
        self.database = Database(settings.database)
        self._keyring = Keyring.load(settings.data_dir / "keys.json")
        self._now = datetime.now(UTC)
        self._chance = random.Random(4)
        self._sealed: dict[str, list[bytes]] = {}

    def close(self) -> None:
        self.database.close()

    def colleagues(self, number: int, role: Role = Role.OFFICER) -> list[Colleague]:
        """So many more people at the desk, each with a session."""
        made = [
            Agent(key, f"{key}@desk.example", f"Colleague {place + 1}", role, "active")
            for place, key in enumerate(str(uuid.uuid4()) for _ in range(number))
        ]
        self._write(
            agents,
            (
                {
                    "id": one.id,
                    "login": one.login,
                    "name": one.name,
                    "role": role.value,
                    "state": one.state,
                    "created_at": self._now,
                }
                for one in made
            ),
        )
        sessions = AgentSessions(self.database, self._keyring, SystemClock())
        return [Colleague(one.id, sessions.open(one, "password")) for one in made]

    def held(self, by: Sequence[Colleague], number: int) -> list[Held]:
        """So many more conversations, live, shared out among these people."""
        made = [
            Held(f"web:{secrets.token_hex(16)}", secrets.token_urlsafe(32), by[n % len(by)].id)
            for n in range(number)
        ]
        self._talks({one.conversation: one.token for one in made})
        self._write(hand_over, (self._hand_over(one.conversation, one.agent, None) for one in made))
        return made

    def queue(self, number: int, by: Sequence[Colleague]) -> list[str]:
        """More conversations until so many are open, and one at least: two of five wait, one of ten left a message, the rest is held.

        Returns those that were added, the longest one first.
        """
        with self.database.read() as tx:
            counted = select(func.count()).where(hand_over.c.ended_at.is_(None))
            missing = number - int(tx.execute(counted).scalar_one())
        keys = [f"web:{secrets.token_hex(16)}" for _ in range(max(missing, 1))]
        self._talks({key: secrets.token_urlsafe(32) for key in keys})
        self._write(hand_over, (self._in_queue(key, n, by) for n, key in enumerate(keys)))
        self._write(messages, self._lines(keys[0], LONG_TALK))
        return keys

    def requests(
        self, number: int, by: Sequence[Colleague], conversations: Sequence[str]
    ) -> list[str]:
        """More requests until there are so many, and one at least, one of ten open; returns some references that are."""
        with self.database.read() as tx:
            counted = int(tx.execute(select(func.count()).select_from(request)).scalar_one())
        there = counted - counted % _OPEN_PART  # so that the first one is open
        talks = iter(conversations)
        made = [
            self._request(next(talks, "") if n % _OPEN_PART == 0 else "", n % _OPEN_PART == 0)
            for n in range(there, max(number, there + 1))
        ]
        still = [one for one in made if one["closed_at"] is None]
        self._write(request, iter(made))
        self._write(request_event, (event for one in made for event in _events(one)))
        self._write(request_deadline, (law for one in still for law in _laws(one)))
        self._write(work, (_work(one) for one in still if one["state"] != "checking_identity"))
        self._write(task, (self._task(one, n, by) for n, one in enumerate(still) if n % 3 == 0))
        return [one["reference"] for one in still]

    # ---- Inside ----------------------------------------------------------------------------------------

    def _talks(self, tokens: Mapping[str, str]) -> None:
        self._write(
            conversations,
            (
                {
                    "id": key,
                    "channel": "web",
                    "language": "en",
                    "session": self._keyring.index(token, "session"),
                    "created_at": self._now,
                    "last_seen_at": self._now,
                }
                for key, token in tokens.items()
            ),
        )
        self._write(messages, (line for key in tokens for line in self._lines(key, LINES)))

    def _lines(self, conversation: str, number: int) -> Iterator[dict[str, Any]]:
        for place in range(number):
            by_customer = place % 2 == 1
            yield {
                "conversation": conversation,
                "author": "customer" if by_customer else "bot",
                "body": self._some("message.body", "where do I find what you hold about me? ({})"),
                "state": "said",
                "created_at": self._now,
                "is_personal": not by_customer and place % 6 == 4,
            }

    def _hand_over(self, key: str, by: str | None, waits: timedelta | None) -> dict[str, Any]:
        asked_at = self._now - timedelta(seconds=self._chance.randrange(60, 7 * 86_400))
        return {
            "id": str(uuid.uuid4()),
            "conversation": key,
            "reason": self._chance.choice(_REASONS),
            "mode": "live",
            "agent": by,
            "asked_at": asked_at,
            "waiting_since": None if waits is None else asked_at + waits,
            "claimed_at": None if by is None else asked_at + timedelta(minutes=5),
            # Nobody is idle while it is measured: what they hold would go back to the queue.
            "acted_at": None if by is None else self._now,
            "snoozed_until": None,
            "version": 1,
        }

    def _in_queue(self, key: str, place: int, by: Sequence[Colleague]) -> dict[str, Any]:
        kind = place % 10
        if kind < 5:
            row = self._hand_over(key, None, timedelta())
            return {**row, "mode": "left"} if kind == 4 else row
        # The first of them, who looks at the pages, has one of five of what is held, some of it put off.
        owner = by[0] if kind == 5 else by[place % len(by)]
        row = self._hand_over(key, owner.id, None)
        if kind == 5 and place % 50 == 5:
            row["snoozed_until"] = self._now + timedelta(days=1)
        return row

    def _request(self, conversation: str, is_open: bool) -> dict[str, Any]:
        chance = self._chance
        age = timedelta(seconds=chance.randrange(3600, (28 if is_open else 690) * 86_400))
        received = self._now - age
        state = (
            chance.choice(_OPEN_STATES)
            if is_open
            else chance.choices(("done", "declined", "cancelled"), (85, 10, 5))[0]
        )
        # One of fifty that are open is late.
        due = received + timedelta(days=20 if is_open and chance.random() < 0.02 else 30)
        return {
            "id": str(uuid.uuid4()),
            "reference": new_reference(),
            "kind": chance.choice(_KINDS),
            "subject_index": secrets.token_hex(32),
            "scope": "",
            "sealed_subject": self._some("request.sealed_subject", '["{}"]'),
            "sealed_contact": self._some(
                "request.sealed_contact",
                '{{"kind": "email", "value": "bench-{0}@example.com", "mail_to": ""}}',
            ),
            "sealed_details": self._some("request.sealed_details", "{{}}"),
            "state": state,
            "reason": None,
            "received_at": received,
            "due_at": due,
            "closed_at": None if is_open else min(received + age / 2, due),
            "conversation": conversation or f"web:{secrets.token_hex(16)}",
            "turn": "1",
            "channel": "web",
            "language": "en",
            "version": 3,
        }

    def _task(self, of: Mapping[str, Any], place: int, by: Sequence[Colleague]) -> dict[str, Any]:
        owner = (None, by[0].id, by[place % len(by)].id)[place // 3 % 3]
        return {
            "id": str(uuid.uuid4()),
            "request": of["id"],
            "key": "look_at_it",
            "kind": "look_at_it",
            "sealed_what": self._some("task.sealed_what", "Look at it. ({})"),
            "state": "open",
            "created_at": of["received_at"],
            "due_at": of["due_at"],
            "taken_by": owner,
            "snoozed_until": self._now + timedelta(days=1) if owner and place % 5 == 0 else None,
        }

    def _write(self, table: Table, rows: Iterator[Mapping[str, Any]]) -> None:
        """In transactions of moments: who lives in this database meanwhile has to write as well."""
        while some := list(itertools.islice(rows, _AT_ONCE)):
            with self.database.write() as tx:
                tx.execute(insert(table), some)

    def _some(self, place: str, wording: str) -> bytes:
        if place not in self._sealed:
            self._sealed[place] = [
                self._keyring.seal(wording.format(number), place) for number in range(24)
            ]
        return self._chance.choice(self._sealed[place])


def _events(of: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    names = ("received", "started", str(of["state"]))
    for seq, name in enumerate(names, 1):
        by = "person" if seq == 3 and of["turn"] == "1" and of["reference"][3] < "4" else "customer"
        yield {
            "request": of["id"],
            "seq": seq,
            "at": of["received_at"] + timedelta(minutes=seq),
            "actor": by,
            "event": name,
            "data": {},
        }


def _laws(of: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for law in ("gdpr", "ccpa", "house"):
        yield {
            "request": of["id"],
            "law": law,
            "due_at": of["due_at"],
            "basis": "one month",
            "source": "policy",
        }


def _work(of: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing is due: what is measured is the desk, not the work."""
    return {
        "request": of["id"],
        "run": 1,
        "state": "due" if of["state"] == "scheduled" else "for_person",
        "due_at": datetime.now(UTC) + timedelta(days=20),
        "updated_at": of["received_at"],
    }
