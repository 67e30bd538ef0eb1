"""What a customer is in the middle of asking for: one draft per conversation, its details sealed.

The act key of a draft is what a code is bound to: a new draft has a new key, so that a code entered
for one act never serves another. Decides nothing; it only remembers.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from privacy.clock import Clock
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.requests import draft as table
from privacy.store.upserts import insert_into

DETAILS = "draft.sealed_details"


@dataclass(frozen=True, slots=True)
class Draft:
    """A request as it is to be filed. `details` may hold personal data: never log or print it."""

    kind: str
    details: Mapping[str, str]
    conversation: str
    channel: str
    language: str

    def __repr__(self) -> str:
        return f"Draft(kind={self.kind!r}, conversation={self.conversation!r})"


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as it is remembered; `kind` may also be "status" or "cancel"."""

    conversation: str
    kind: str
    act_key: str
    details: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    filed_by: str | None = None

    def __repr__(self) -> str:
        return f"StoredDraft(kind={self.kind!r}, conversation={self.conversation!r})"

    def to_file(self, channel: str, language: str) -> Draft:
        """The same, ready for `Filing.file`."""
        return Draft(self.kind, self.details, self.conversation, channel, language)


class Drafts:
    """Remembers one draft per conversation."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock

    def begin(self, conversation: str, kind: str) -> str:
        """Start afresh, in place of what was begun before; returns the new act key."""
        act_key = str(uuid.uuid4())
        now = self._clock.now()
        fresh = {
            "kind": kind,
            "act_key": act_key,
            "sealed_details": self._seal({}),
            "filed_by": None,
            "created_at": now,
            "updated_at": now,
        }
        with self._database.write() as tx:
            tx.execute(
                insert_into(tx, table)
                .values(conversation=conversation, **fresh)
                .on_conflict_do_update(index_elements=["conversation"], set_=fresh)
            )
        return act_key

    def put(self, conversation: str, **details: str) -> bool:
        """Add details to the draft, the newest value of each; False where no draft was begun."""
        with self._database.write() as tx:
            row = tx.execute(
                select(table).where(table.c.conversation == conversation).with_for_update()
            ).one_or_none()
            if row is None:
                return False
            tx.execute(
                update(table)
                .where(table.c.conversation == conversation)
                .values(
                    sealed_details=self._seal({**self._stored(row).details, **details}),
                    updated_at=self._clock.now(),
                )
            )
        return True

    def get(self, conversation: str) -> StoredDraft | None:
        """The draft of this conversation, if one was begun."""
        with self._database.read() as tx:
            row = tx.execute(
                select(table).where(table.c.conversation == conversation)
            ).one_or_none()
        return None if row is None else self._stored(row)

    def drop(self, conversation: str) -> None:
        """Forget it: filed, or no longer wanted."""
        with self._database.write() as tx:
            tx.execute(delete(table).where(table.c.conversation == conversation))

    def use_up(self, tx: Connection, act_key: str, turn: str) -> None:
        """Note that `turn` has filed the draft: its act key serves no other turn."""
        tx.execute(
            update(table)
            .where(table.c.act_key == act_key, table.c.filed_by.is_(None))
            .values(filed_by=turn)
        )

    def _seal(self, details: Mapping[str, str]) -> bytes:
        return self._keyring.seal(json.dumps(details), DETAILS)

    def _stored(self, row: Row[tuple[object, ...]]) -> StoredDraft:
        columns = row._mapping
        return StoredDraft(
            conversation=columns["conversation"],
            kind=columns["kind"],
            act_key=columns["act_key"],
            details=json.loads(self._keyring.open(columns["sealed_details"], DETAILS)),
            created_at=columns["created_at"],
            updated_at=columns["updated_at"],
            filed_by=columns["filed_by"],
        )
