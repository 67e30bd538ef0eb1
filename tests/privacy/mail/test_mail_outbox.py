"""The outbox: rows come and go with the caller's transaction, hold nothing in clear, and one key is one mail."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from privacy.clock import FixedClock
from privacy.mail.due import DueMail
from privacy.mail.errors import UnknownLetter
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail

HEAD = Letterhead.read(
    company="Alder & Finch",
    mail_from="Alder & Finch privacy <privacy@alderfinch.example>",
    inbox="people@alderfinch.example",
    origin="https://alderfinch.example",
)
CODE = {"code": "918273", "purpose": "access", "minutes": "10", "until": "14:37"}
LEASE = timedelta(seconds=20)


@pytest.fixture
def outbox(keyring: Keyring, clock: FixedClock) -> Outbox:
    return Outbox(keyring, clock, HEAD)


@pytest.fixture
def due(database: Database, keyring: Keyring, clock: FixedClock) -> DueMail:
    return DueMail(database, keyring, clock, LEASE)


def add(
    outbox: Outbox, database: Database, key: str = "code:1", *, to: str = "sam@example.com",
    deliver: bool = True, minutes: int | None = 10, code: str = "918273",
    conversation: str | None = "web:1", clock: FixedClock | None = None,
) -> None:  # fmt: skip
    expires = clock.now() + timedelta(minutes=minutes) if clock and minutes else None
    with database.write() as tx:
        outbox.add(
            tx, kind="code", to=to, dedupe_key=key, language="en", values={**CODE, "code": code},
            expires_at=expires, conversation=conversation, deliver=deliver,
        )  # fmt: skip


def rows(database: Database) -> list[dict[str, object]]:
    with database.read() as tx:
        return [dict(row) for row in tx.execute(select(mail).order_by(mail.c.id)).mappings()]


def test_a_mail_is_there_only_if_the_transaction_holds(outbox: Outbox, database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as tx:
        outbox.add(
            tx, kind="code", to="sam@example.com", dedupe_key="k", language="en", values=CODE
        )
        raise RuntimeError
    assert rows(database) == []
    add(outbox, database)
    assert len(rows(database)) == 1


def test_one_key_is_one_mail_and_the_first_one_counts(
    outbox: Outbox, database: Database, due: DueMail
) -> None:
    for code in ("111111", "222222", "333333"):
        add(outbox, database, code=code)
    assert len(rows(database)) == 1
    claim = due.claim_mail()
    assert claim is not None
    assert claim.draft is not None
    assert claim.draft.subject.startswith("111111 ")


def test_one_key_is_one_mail_for_parallel_writers(outbox: Outbox, database: Database) -> None:
    writers = [threading.Thread(target=add, args=(outbox, database)) for _ in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(rows(database)) == 1


def test_nothing_is_kept_in_clear(outbox: Outbox, database: Database, tmp_path: Path) -> None:
    add(outbox, database, to="sam.canary@example.com")
    with database.write() as tx:
        outbox.add(
            tx,
            kind="message_for_agent",
            to="people@alderfinch.example",
            dedupe_key="left:1",
            language="en",
            values={
                "conversation": "web:1",
                "channel": "web",
                "message": "my cat is called Mortimer",
                "answer_to": "+49 30 555",
            },
        )
    database.close()
    files = [path for path in tmp_path.iterdir() if path.name.startswith("vera.db")]
    stored = b"".join(path.read_bytes() for path in files)
    assert b"code:1" in stored  # the right file was read
    for secret in (b"918273", b"canary", b"Mortimer", b"+49 30 555", b"people@"):
        assert secret not in stored


def test_message_id_is_stable_and_tells_nothing(
    outbox: Outbox, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    add(outbox, database, "code:secret:1")
    add(outbox, database, "code:secret:2")
    first, second = (str(row["message_id"]) for row in rows(database))
    assert first != second
    assert first.endswith("@alderfinch.example")
    assert "secret" not in first
    with database.write() as tx:
        tx.execute(mail.delete())
    add(Outbox(keyring, clock, HEAD), database, "code:secret:1")
    assert rows(database)[0]["message_id"] == first


def test_a_decoy_looks_like_the_real_thing_until_it_is_tidied(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database, "code:1", clock=clock)
    add(outbox, database, "code:2", deliver=False, clock=clock)
    real, decoy = rows(database)
    assert {key for key in real if real[key] != decoy[key]} == {
        "id", "dedupe_key", "deliver", "message_id", "to_address", "subject", "body",
    }  # fmt: skip
    for sealed in ("to_address", "subject", "body"):
        assert isinstance(real[sealed], bytes)
        assert len(real[sealed]) == len(decoy[sealed])  # type: ignore[arg-type]
    claim = due.claim_mail()
    assert claim is not None
    assert claim.id == real["id"]
    assert due.claim_mail() is None  # even before it is tidied, a decoy is nothing to send
    due.give_back(claim)
    due.tidy()
    real, decoy = rows(database)
    assert (real["state"], decoy["state"]) == ("waiting", "decoy")
    assert [decoy[name] for name in ("to_address", "subject", "body", "next_attempt_at")] == [
        None
    ] * 4


def test_what_is_over_is_blanked_and_never_claimed(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database, clock=clock)
    clock.move(timedelta(minutes=10))
    assert due.claim_mail() is None
    due.tidy()
    (row,) = rows(database)
    assert (row["state"], row["body"], row["to_address"]) == ("expired", None, None)
    assert not due.anything()


def test_what_ends_soonest_goes_first(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database, "no end")
    add(outbox, database, "late", minutes=10, clock=clock)
    add(outbox, database, "soon", minutes=2, clock=clock)
    order = []
    while (claim := due.claim_mail()) is not None:
        order.append(claim.id)
    assert order == [3, 2, 1]


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database)
    first = due.claim_mail()
    assert first is not None
    clock.move(LEASE - timedelta(seconds=1))
    assert due.claim_mail() is None
    due.renew(first)
    clock.move(LEASE - timedelta(seconds=1))
    assert due.claim_mail() is None
    clock.move(timedelta(seconds=1))
    second = due.claim_mail()  # the first holder died, it seems
    assert second is not None
    due.put_back(first, timedelta(hours=1), 451)  # too late: not its row any more
    assert not due.bounced(first, 550)
    due.renew(first)
    clock.move(LEASE)
    assert due.claim_mail() is not None
    due.sent(first, 250)  # but what the server took is sent, whoever says so
    assert rows(database)[0]["state"] == "sent"
    assert not due.bounced(second, 550)


def test_many_claimers_share_without_overlap(
    outbox: Outbox, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    for number in range(40):
        add(outbox, database, f"k{number}")
    taken: list[int] = []

    def claim_all() -> None:
        mine = DueMail(database, keyring, clock, LEASE)
        while (claim := mine.claim_mail()) is not None:
            taken.append(claim.id)

    threads = [threading.Thread(target=claim_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))


def test_giving_back_costs_no_attempt(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database)
    for _ in range(5):
        claim = due.claim_mail()
        assert claim is not None
        assert claim.attempts == 1
        due.give_back(claim)
    assert rows(database)[0]["attempts"] == 0


def test_a_retry_never_waits_past_the_end(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database, clock=clock)
    claim = due.claim_mail()
    assert claim is not None
    due.put_back(claim, timedelta(hours=1), 451)
    assert rows(database)[0]["next_attempt_at"] == claim.expires_at


def test_a_bounce_is_still_to_be_told_after_a_crash(
    outbox: Outbox, database: Database, due: DueMail, clock: FixedClock
) -> None:
    add(outbox, database)
    claim = due.claim_mail()
    assert claim is not None
    assert due.bounced(claim, 550)
    assert due.claim_bounce() is None  # whoever decided it is telling it now
    clock.move(LEASE)  # or so it seemed
    untold = due.claim_bounce()
    assert untold is not None
    assert (untold.conversation, untold.kind) == ("web:1", "code")
    due.told(untold)
    clock.move(LEASE)
    assert due.claim_bounce() is None
    assert not due.anything()


def test_a_row_that_does_not_open_is_still_claimed_so_that_it_can_end(
    outbox: Outbox, database: Database, due: DueMail
) -> None:
    add(outbox, database)
    with database.write() as tx:
        tx.execute(update(mail).values(body=b"not sealed by anybody we know"))
    claim = due.claim_mail()
    assert claim is not None
    assert claim.draft is None


@pytest.mark.parametrize("to", ["", "nobody", "a@b\r\nBcc: c@d", "s\ud800m@example.com", "\udcff"])
def test_an_address_that_cannot_be_written_to_does_not_stop_the_filing(
    to: str, outbox: Outbox, database: Database
) -> None:
    add(outbox, database, to=to)
    assert rows(database)[0]["state"] == "waiting"


def test_an_unknown_kind_stops_the_caller(outbox: Outbox, database: Database) -> None:
    with pytest.raises(UnknownLetter), database.write() as tx:
        outbox.add(tx, kind="nothing", to="a@example.com", dedupe_key="k", language="en", values={})
