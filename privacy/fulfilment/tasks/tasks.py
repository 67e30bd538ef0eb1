"""What only a person can do for a request: asked once, told to the company's inbox, answered with words and files.

When the last open task of a request is done, its work goes on. The mail says that there is a task, never about
whom: what is to be done is sealed, and read with `vera tasks show`.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from privacy import audit
from privacy.clock import Clock
from privacy.dates import long_date
from privacy.errors import NotPossibleNow
from privacy.fulfilment.books.works import SERVICE, Works
from privacy.fulfilment.telling.news import About
from privacy.fulfilment.vault.attachments import Attachments
from privacy.mail.port import Outbox
from privacy.policy import Policy
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.fulfilment import task as table
from privacy.store.tables.fulfilment import task_file
from privacy.store.tables.requests import request
from privacy.store.upserts import insert_into

WHAT, ANSWER = "task.sealed_what", "task.sealed_answer"
NAME, KEY = "task_file.sealed_name", "task_file.sealed_key"
MOST_FILES = 50
# The tasks that Vera asks by itself; a course has kinds of its own.
KINDS: Mapping[str, str] = {
    "system_down": "one of our systems cannot be reached",
    "system_refused": "one of our systems does not do what was asked of it",
    "look_at_it": "carrying it out failed several times",
    "no_course": "it has to be carried out by hand",
    "review_package": "other people may be named in what leaves",
}
# What has to be done although the request itself is over: it holds up nothing, and no end of the request ends it.
OUTLIVING = frozenset({"tell_recipient", "contact_objected"})
# Tasks whose files the customer gets; files beside any other are evidence, and go when the request is decided.
FOR_CUSTOMER = frozenset({"look_by_hand"})


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A file beside an answer."""

    id: str
    name: str
    media_type: str
    size: int

    def __repr__(self) -> str:
        return f"TaskFile({self.id!r}, {self.size} bytes)"


@dataclass(frozen=True, slots=True)
class Task:
    """Something for a person. `what`, `answer` and the names of files may be personal."""

    id: str
    request: str
    reference: str
    key: str
    kind: str
    system: str | None
    what: str
    is_open: bool
    created_at: datetime
    due_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None
    answer: str = ""
    files: tuple[TaskFile, ...] = ()
    taken_by: str | None = None
    snoozed_until: datetime | None = None

    def __repr__(self) -> str:
        return f"Task({self.id!r}, {self.kind!r}, {self.reference})"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file to attach: its name as the person calls it, and what it holds."""

    name: str
    source: IO[bytes] = field(repr=False)
    media_type: str = "application/octet-stream"


class Tasks:
    """Asks persons, and takes their answers."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        policy: Policy,
        works: Works,
        outbox: Outbox,
        attachments: Attachments,
        *,
        zone: ZoneInfo,
        company_inbox: str,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._policy = policy
        self._works = works
        self._outbox = outbox
        self._attachments = attachments
        self._zone = zone
        self._inbox = company_inbox

    def ask(
        self,
        tx: Connection,
        about: About,
        *,
        key: str,
        kind: str,
        what: str,
        system: str | None = None,
        due_at: datetime | None = None,
    ) -> bool:
        """Ask for something, once by key; False where it was asked before. Due with the request, if not sooner."""
        due = min(due_at, about.due_at) if due_at else about.due_at
        task_id = str(uuid.uuid4())
        fresh = tx.execute(
            insert_into(tx, table)
            .values(
                id=task_id,
                request=about.request,
                key=key,
                kind=kind,
                system=system,
                sealed_what=self._keyring.seal(what, WHAT),
                state="open",
                created_at=self._clock.now(),
                due_at=due,
            )
            .on_conflict_do_nothing(index_elements=["request", "key"])
            .returning(table.c.id)  # PostgreSQL counts no rows of such an INSERT
        )
        if fresh.first() is None:
            return False
        _noted(tx, "asked", SERVICE, about.request, task_id, kind, system)
        self._outbox.add(
            tx,
            kind="task_for_person",
            to=self._inbox,
            dedupe_key=f"task_for_person:{task_id}",
            language="en",
            values={
                "reference": about.reference,
                "kind": self._policy.kind(about.kind).wish(),
                "task": task_id,
                "reason": KINDS.get(kind, kind.replace("_", " ")),
                "system": system or "",
                "due": long_date(due, self._zone),
            },
        )
        return True

    def open_ones(self, tx: Connection, request_id: str) -> list[Task]:
        """What is still to be done before a request can be done."""
        return [one for one in self.of(tx, request_id) if one.is_open and one.kind not in OUTLIVING]

    def of(self, tx: Connection, request_id: str) -> list[Task]:
        """Every task of a request, oldest first, with its answer."""
        return self._find(tx, table.c.request == request_id)

    def get(self, task_id: str) -> Task | None:
        """One task; the beginning of its id is enough where it is the only one."""
        if len(task_id) < 4:
            return None
        with self._database.read() as tx:
            found = self._find(tx, table.c.id.startswith(task_id, autoescape=True))
        return found[0] if len(found) == 1 else None

    def list_open(self) -> list[Task]:
        """Everything that waits for a person, what is due first."""
        with self._database.read() as tx:
            wanted = request.c.closed_at.is_(None) | table.c.kind.in_(OUTLIVING)
            found = self._find(tx, (table.c.state == "open") & wanted)
        return sorted(found, key=lambda one: (one.due_at, one.created_at))

    def finish(
        self, task_id: str, by: str, answer: str = "", files: Sequence[Attached] = ()
    ) -> Task:
        """Say that a task is done; when it was the request's last one, work goes on. `by` is how the audit calls them
        ("agent:…"), or their name on the machine.

        Raises NotPossibleNow where it is done already; KeyError where there is none; FileTooLarge.
        """
        if len(files) > MOST_FILES:
            raise NotPossibleNow(f"a task takes {MOST_FILES} files")
        stored = []
        try:
            for one in files:
                stored.append((one, *self._attachments.store(one.source)))
            with self._database.write() as tx:
                request_id, kind = self._close(tx, task_id, by, answer)
                for one, file_id, key, size in stored:
                    tx.execute(
                        insert(task_file).values(
                            id=file_id,
                            task=task_id,
                            sealed_name=self._keyring.seal(one.name[:200], NAME),
                            media_type=one.media_type[:80],
                            size=size,
                            sealed_key=self._keyring.seal(key, KEY),
                            created_at=self._clock.now(),
                        )
                    )
                if not self.open_ones(tx, request_id):
                    self._go_on(tx, request_id, kind)
        except BaseException:
            for _, file_id, _, _ in stored:
                self._attachments.remove(file_id)
            raise
        found = self.get(task_id)
        assert found is not None
        return found

    def close_all(
        self, tx: Connection, request_id: str, *, kind: str | None = None, by: str = "vera"
    ) -> None:
        """What was asked for is not needed any more; with a kind, only such tasks. Without one the request is over, and
        the evidence with it: files that nobody has the key of any more are swept up later."""
        closing = update(table).where(
            table.c.request == request_id,
            table.c.state == "open",
            table.c.kind.not_in(OUTLIVING),
        )
        if kind is not None:
            closing = closing.where(table.c.kind == kind)
        closed = closing.values(state="done", done_at=self._clock.now(), done_by=by).returning(
            table.c.id, table.c.kind, table.c.system
        )
        actor = by if by.startswith("agent:") else SERVICE
        for one in tx.execute(closed).all():
            _noted(tx, "done", actor, request_id, one.id, one.kind, one.system)
        if kind is None:
            self.forget_evidence(tx, select(request.c.id).where(request.c.id == request_id))

    def forget_evidence(self, tx: Connection, requests: Select[tuple[str]]) -> list[str]:
        """Delete the files that helped to decide these requests; returns the ids of files to remove after the commit."""
        own = select(table.c.id).where(
            table.c.request.in_(requests), table.c.kind.not_in(FOR_CUSTOMER)
        )
        gone = delete(task_file).where(task_file.c.task.in_(own)).returning(task_file.c.id)
        return [str(found) for found in tx.execute(gone).scalars()]

    def read_file(self, file_id: str, target: IO[bytes]) -> None:
        """Write an attached file's bytes to `target`.

        Raises KeyError, FileNotFoundError.
        """
        with self._database.read() as tx:
            sealed = tx.execute(
                select(task_file.c.sealed_key).where(task_file.c.id == file_id)
            ).scalar()
        if sealed is None:
            raise KeyError(file_id)
        self._attachments.copy(file_id, self._keyring.open(sealed, KEY), target)

    def forget(self, tx: Connection, requests: Sequence[str]) -> list[str]:
        """Delete all tasks of these requests; returns the ids of files to remove after the commit."""
        own = select(table.c.id).where(table.c.request.in_(requests))
        files = [
            str(found)
            for found in tx.execute(
                delete(task_file).where(task_file.c.task.in_(own)).returning(task_file.c.id)
            ).scalars()
        ]
        tx.execute(delete(table).where(table.c.request.in_(requests)))
        return files

    def forget_answers(self, tx: Connection, requests: Select[tuple[str]], kind: str) -> list[str]:
        """Forget what persons brought for tasks of this kind, though not who did them and when; returns the ids of
        files to remove after the commit."""
        own = select(table.c.id).where(table.c.request.in_(requests), table.c.kind == kind)
        gone = delete(task_file).where(task_file.c.task.in_(own)).returning(task_file.c.id)
        files = [str(found) for found in tx.execute(gone).scalars()]
        answered = table.c.id.in_(own) & table.c.sealed_answer.is_not(None)
        tx.execute(update(table).where(answered).values(sealed_answer=None))
        return files

    def _go_on(self, tx: Connection, request_id: str, kind: str) -> None:
        now = self._clock.now()
        woken = self._works.wake(tx, request_id, now)
        if not woken and kind == "system_down":  # its next try may be an hour away
            self._works.hasten(tx, request_id, now)

    def _close(self, tx: Connection, task_id: str, by: str, answer: str) -> tuple[str, str]:
        own = select(table.c.request).where(table.c.id == task_id)
        found = tx.execute(own).scalar()
        if found is None:
            raise KeyError(task_id)
        # Two persons who finish the last two tasks at once: the later one sees both done. Work, request, task: locked in
        # the order of the end of a run, and of a refusal.
        self._works.hold(tx, found)
        tx.execute(select(request.c.id).where(request.c.id == found).with_for_update())
        closed = tx.execute(
            update(table)
            .where(table.c.id == task_id, table.c.state == "open")
            .values(
                state="done",
                done_at=self._clock.now(),
                done_by=by[:80],
                sealed_answer=self._keyring.seal(answer, ANSWER) if answer else None,
            )
            .returning(table.c.request, table.c.kind, table.c.system)
        ).one_or_none()
        if closed is None:
            raise NotPossibleNow("the task is done already")
        actor = by if by.startswith("agent:") else f"agent:{by}"
        _noted(tx, "done", actor, closed.request, task_id, closed.kind, closed.system)
        return closed.request, closed.kind

    def _find(self, tx: Connection, condition: object) -> list[Task]:
        rows = tx.execute(
            select(table, request.c.reference)
            .join(request)
            .where(condition)  # type: ignore[arg-type]
            .order_by(table.c.created_at, table.c.key)
        ).mappings()
        return [self._task(tx, row) for row in rows.all()]

    def _task(self, tx: Connection, row: RowMapping) -> Task:
        files = tx.execute(
            select(task_file).where(task_file.c.task == row["id"]).order_by(task_file.c.created_at)
        ).mappings()
        sealed_answer = row["sealed_answer"]
        return Task(
            id=row["id"],
            request=row["request"],
            reference=row["reference"],
            key=row["key"],
            kind=row["kind"],
            system=row["system"],
            what=self._keyring.open(row["sealed_what"], WHAT),
            is_open=row["state"] == "open",
            created_at=row["created_at"],
            due_at=row["due_at"],
            done_at=row["done_at"],
            done_by=row["done_by"],
            answer="" if sealed_answer is None else self._keyring.open(sealed_answer, ANSWER),
            files=tuple(
                TaskFile(
                    file["id"],
                    self._keyring.open(file["sealed_name"], NAME),
                    file["media_type"],
                    file["size"],
                )
                for file in files
            ),
            taken_by=row["taken_by"],
            snoozed_until=row["snoozed_until"],
        )


def _noted(
    tx: Connection, what: str, actor: str, about: str, task_id: str, kind: str, system: str | None
) -> None:
    data = {"task": task_id, "kind": kind, **({"system": system} if system else {})}
    audit.note(tx, actor=actor, act=f"task.{what}", request=about, data=data)
