"""Putting messages into the outbox, in the transaction of what it tells about: both hold or neither.

Writes and seals; never sends (`sender` does). The same dedupe key twice is one mail. A mail that is
not to be delivered costs the same work and is never sent: nobody can tell from outside whether an
address is known.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from privacy.clock import Clock
from privacy.mail.carrier import By
from privacy.mail.letterhead import Letterhead
from privacy.mail.letters import Letters
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail
from privacy.store.upserts import insert_into

TO, SUBJECT, BODY = "mail.to_address", "mail.subject", "mail.body"


class Outbox:
    """Takes mail."""

    def __init__(
        self, keyring: Keyring, clock: Clock, letterhead: Letterhead, letters: Letters | None = None
    ) -> None:
        self._keyring = keyring
        self._clock = clock
        self._letterhead = letterhead
        self._letters = letters or Letters()

    def add(
        self,
        tx: Connection,
        *,
        kind: str,
        to: str,
        dedupe_key: str,
        language: str,
        values: Mapping[str, str],
        expires_at: datetime | None = None,
        conversation: str | None = None,
        deliver: bool = True,
        by: By = "mail",
    ) -> bool:
        """Keep one message until it is sent, once by `dedupe_key`: False where it was kept before; `values` as in
        `letters.VALUES`.

        Nothing personal in `dedupe_key`. An address that no mail can go to is not an error here: it
        bounces and the conversation is told, and what the customer asked for is filed all the same.
        Raises UnknownLetter.
        """
        head = self._letterhead
        always = {"company": head.company, "origin": head.origin, "chat": head.chat}
        write = self._letters.write if by == "mail" else self._letters.write_text
        letter = write(kind, language, {**always, **values})
        now = self._clock.now()
        insert = insert_into(tx, mail)
        fresh = tx.execute(
            insert.values(
                dedupe_key=dedupe_key,
                kind=kind,
                conversation=conversation,
                carrier=by,
                language=language[:35],
                to_address=self._keyring.seal(_sealable(to), TO),
                subject=self._keyring.seal(letter.subject, SUBJECT),
                body=self._keyring.seal(letter.body, BODY),
                message_id=f"{self._keyring.index(dedupe_key, 'mail')[:32]}@{head.sender.domain}",
                deliver=deliver,
                state="waiting",
                attempts=0,
                next_attempt_at=now,
                created_at=now,
                expires_at=expires_at,
            )
            .on_conflict_do_nothing(index_elements=["dedupe_key"])
            .returning(mail.c.id)  # PostgreSQL counts no rows of such an INSERT
        )
        return fresh.first() is not None


def _sealable(to: str) -> str:
    """Half a character cannot be encoded; its replacement makes the address one that bounces."""
    return to.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
