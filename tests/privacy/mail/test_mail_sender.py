"""Sending to a real SMTP server that misbehaves on cue: nothing lost, nothing changed, no decoy sent."""

import asyncio
import email
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import func, select

from privacy.clock import FixedClock, SystemClock
from privacy.mail.backoff import Backoff
from privacy.mail.carrier import Carrier
from privacy.mail.delivery import MailCarrier
from privacy.mail.letterhead import Letterhead
from privacy.mail.outbox import Outbox
from privacy.mail.sender import Pace, Sender
from privacy.mail.server import MailServer
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from privacy.store.tables.outbox import mail
from tests.privacy.mail.smtp_stub import SmtpStub, Taken, step

HEAD = Letterhead.read(
    company="Alder & Finch",
    mail_from="Alder & Finch privacy <privacy@alderfinch.example>",
    inbox="people@alderfinch.example",
    origin="https://alderfinch.example",
)
NO_JITTER = Backoff(chance=lambda: 1.0)
PACE = Pace(mail=NO_JITTER, server=Backoff(longest=15, chance=lambda: 1.0), connect=30, answer=30)
PATIENCE = 60.0


class House:
    """The outbox, its database and senders for one test."""

    def __init__(self, database: Database, keyring: Keyring, clock: FixedClock) -> None:
        self.database = database
        self.keyring = keyring
        self.clock = clock
        self.outbox = Outbox(keyring, clock, HEAD)
        self.bounces: list[tuple[str, str]] = []

    def add(self, key: str = "code:1", **changes: Any) -> None:
        call: dict[str, Any] = {
            "kind": "code",
            "to": "sam@example.com",
            "dedupe_key": key,
            "language": "en",
            "values": {"code": "918273", "purpose": "access", "minutes": "10", "until": "14:37"},
            "expires_at": self.clock.now() + timedelta(minutes=10),
            "conversation": "web:1",
        }
        with self.database.write() as tx:
            self.outbox.add(tx, **{**call, **changes})

    def sender(
        self,
        stub: SmtpStub,
        pace: Pace = PACE,
        database: Database | None = None,
        server: MailServer | None = None,
    ) -> Sender:
        found = server or MailServer.read(f"smtp://127.0.0.1:{stub.port}")
        return self.sender_by(MailCarrier(HEAD, found), pace, database)

    def sender_by(
        self, carrier: Carrier, pace: Pace = PACE, database: Database | None = None
    ) -> Sender:
        async def on_bounced(conversation: str, kind: str) -> None:
            self.bounces.append((conversation, kind))

        return Sender(
            database or self.database,
            self.keyring,
            self.clock,
            carrier,
            on_bounced=on_bounced,
            pace=pace,
        )

    def rows(self) -> list[Any]:
        with self.database.read() as tx:
            return list(tx.execute(select(mail).order_by(mail.c.id)))

    def states(self) -> dict[str, int]:
        with self.database.read() as tx:
            found = tx.execute(select(mail.c.state, func.count()).group_by(mail.c.state))
            return {state: count for state, count in found}  # noqa: C416


@pytest.fixture
def house(database: Database, keyring: Keyring, clock: FixedClock) -> House:
    return House(database, keyring, clock)


def read(taken: Taken) -> EmailMessage:
    return email.message_from_bytes(taken.content, _class=EmailMessage, policy=default)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_mail_arrives_and_is_forgotten(house: House) -> None:
    async with SmtpStub() as stub:
        house.add()
        assert await house.sender(stub).send_due() == 1
    (taken,) = stub.delivered
    assert taken.recipients == ["sam@example.com"]
    assert read(taken)["Subject"] == "918273 is your Alder & Finch privacy code"
    assert "Your code is 918273" in read(taken).get_content()
    (row,) = house.rows()
    assert row.state == "sent"
    assert row.sent_at == house.clock.now()
    assert row.last_reply_code == 250
    assert (row.to_address, row.subject, row.body, row.next_attempt_at) == (None, None, None, None)
    assert read(taken)["Message-ID"] == f"<{row.message_id}>"


async def test_nothing_due_opens_no_connection(house: House) -> None:
    async with SmtpStub() as stub:
        assert await house.sender(stub).send_due() == 0
    assert stub.connections == 0


async def test_one_connection_serves_a_round(house: House) -> None:
    for number in range(5):
        house.add(f"code:{number}")
    async with SmtpStub() as stub:
        await house.sender(stub).send_due()
    assert len(stub.delivered) == 5
    assert stub.connections == 1


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["451 4.7.1 greylisted", "421 4.3.2 going down", "452 full"])
async def test_put_off_is_tried_again_with_growing_pauses(
    house: House, at: Any, reply: str
) -> None:
    async with SmtpStub() as stub:
        stub.script.extend([step(at, reply)] * 3)
        house.add(expires_at=None)
        sender = house.sender(stub)
        for pause in (1, 2, 4):
            assert await sender.send_due() == 1
            assert await sender.send_due() == 0
            house.clock.move(timedelta(seconds=pause, milliseconds=-1))
            assert await sender.send_due() == 0
            house.clock.move(timedelta(milliseconds=1))
            assert house.rows()[0].last_reply_code == int(reply[:3])
        assert await sender.send_due() == 1
    assert len(stub.delivered) == 1
    assert house.bounces == []
    assert house.states() == {"sent": 1}


@pytest.mark.parametrize("at", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    "reply", ["550 5.1.1 no such person", "554 5.7.1 not wanted", "552 too large"]
)
async def test_refused_bounces_once_and_is_told(house: House, at: Any, reply: str) -> None:
    async with SmtpStub() as stub:
        stub.script.append(step(at, reply))
        house.add()
        house.add("code:2")
        sender = house.sender(stub)
        await sender.send_due()
        house.clock.move(timedelta(hours=1))
        await sender.send_due()
    assert house.bounces == [("web:1", "code")]
    assert len(stub.delivered) == 1  # the other mail was not held up
    bounced, sent = house.rows()
    assert (bounced.state, sent.state) == ("bounced", "sent")
    assert bounced.last_reply_code == int(reply[:3])
    assert (bounced.to_address, bounced.subject, bounced.body) == (None, None, None)


async def test_a_mail_too_large_for_the_server_bounces_wherever_it_says_so(house: House) -> None:
    async with SmtpStub() as stub:
        stub.script.append(step("MAIL", "552 5.3.4 too large"))
        house.add()
        await house.sender(stub).send_due()
    assert house.bounces == [("web:1", "code")]


async def test_a_bounce_is_told_even_after_a_crash(house: House) -> None:
    async def cannot(_conversation: str, _kind: str) -> None:
        raise RuntimeError("the conversation cannot be written now")

    async with SmtpStub() as stub:
        stub.script.append(step("RCPT", "550 no"))
        house.add(expires_at=None)
        first = house.sender(stub)
        first._on_bounced = cannot
        await first.send_due()
        assert house.states() == {"bounced": 1}
        second = house.sender(stub)
        await second.send_due()
        assert house.bounces == []
        house.clock.move(timedelta(seconds=1))
        await second.send_due()
        await second.send_due()
    assert house.bounces == [("web:1", "code")]
    assert house.rows()[0].next_attempt_at is None


async def test_a_mail_without_conversation_bounces_quietly(house: House) -> None:
    async with SmtpStub() as stub:
        stub.script.append(step("RCPT", "550 no"))
        house.add(conversation=None)
        await house.sender(stub).send_due()
    assert house.bounces == []
    assert house.rows()[0].next_attempt_at is None


@pytest.mark.parametrize("to", ["nobody", "sam@example.com\r\nBcc: eve@example.com", "a@b, c@d"])
async def test_an_address_that_cannot_be_written_to_bounces(house: House, to: str) -> None:
    async with SmtpStub() as stub:
        house.add(to=to)
        await house.sender(stub).send_due()
    assert stub.taken == []
    assert house.bounces == [("web:1", "code")]


async def test_a_local_part_beyond_ascii_needs_a_server_that_can(house: House) -> None:
    house.add("1", to="josé@example.com")
    async with SmtpStub(smtputf8=False) as old:
        await house.sender(old).send_due()
        house.add("2")
        await house.sender(old).send_due()
    assert house.states() == {"bounced": 1, "sent": 1}
    house.add("3", to="josé@example.com")
    async with SmtpStub() as able:
        await house.sender(able).send_due()
    assert able.delivered[0].recipients == ["josé@example.com"]


async def test_a_server_that_was_down_gets_everything_soon_after_it_is_up(house: House) -> None:
    stub = SmtpStub()
    await stub.start()
    await stub.stop()
    for number in range(7):
        house.add(f"code:{number}")
    sender = house.sender(stub)
    for wait in (1, 2, 4, 8, 15, 15):
        assert await sender.send_due() == 1  # one knock, not seven
        assert await sender.send_due() == 0
        assert sender.away_since is not None
        house.clock.move(timedelta(seconds=wait))
    assert all(row.attempts == 0 for row in house.rows())
    await stub.start()
    assert await sender.send_due() == 7
    await stub.stop()
    assert len(stub.delivered) == 7
    assert sender.away_since is None
    house.add("after")
    assert await sender.send_due() == 1
    house.clock.move(timedelta(seconds=1))  # a new outage begins with short steps again
    await stub.start()
    assert await sender.send_due() == 1
    await stub.stop()
    assert len(stub.delivered) == 8


@pytest.mark.parametrize("greeting", [b"421 busy\r\n", b"554 go away\r\n", b"", b"hello\r\n"])
async def test_a_server_that_does_not_greet_is_away_and_no_mail_pays(
    house: House, greeting: bytes
) -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        house.add()
        sender = house.sender(SmtpStub(port=server.sockets[0].getsockname()[1]))
        await sender.send_due()
        assert sender.away_since is not None
    assert house.states() == {"waiting": 1}
    assert house.bounces == []


@pytest.mark.parametrize(
    ("at", "reply"),
    [
        ("MAIL", "550 5.7.1 sender not allowed"),
        ("MAIL", "530 5.7.0 sign in first"),
        ("RCPT", "530 5.7.0 sign in first"),
        ("DATA", "538 5.7.11 only over TLS"),
    ],
)
async def test_a_refused_sender_is_a_fault_of_the_setup_that_no_mail_pays_for(
    house: House, at: Any, reply: str
) -> None:
    async with SmtpStub() as stub:
        stub.script.extend([step(at, reply)] * 2)
        house.add(expires_at=None)
        sender = house.sender(stub)
        await sender.send_due()
        assert sender.away_since is not None
        house.clock.move(timedelta(seconds=1))
        await sender.send_due()
        house.clock.move(timedelta(seconds=1))
        assert await sender.send_due() == 0  # the second pause is longer
        house.clock.move(timedelta(seconds=1))
        await sender.send_due()
    assert house.bounces == []
    assert house.states() == {"sent": 1}


@pytest.mark.parametrize("at", ["MAIL", "RCPT"])
async def test_a_line_cut_before_the_mail_is_tried_again(house: House, at: Any) -> None:
    async with SmtpStub() as stub:
        stub.script.append(step(at))
        house.add()
        sender = house.sender(stub)
        await sender.send_due()
        assert house.rows()[0].last_reply_code is None
        house.clock.move(timedelta(seconds=1))
        await sender.send_due()
    assert len(stub.taken) == len(stub.delivered) == 1


async def test_a_line_cut_after_the_mail_may_double_it_but_never_change_it(house: House) -> None:
    async with SmtpStub() as stub:
        stub.script.extend([step("DATA"), step("DATA")])
        house.add(expires_at=None)
        house.add("code:other", expires_at=None)
        sender = house.sender(stub)
        for _ in range(4):
            await sender.send_due()
            house.clock.move(timedelta(seconds=4))
    assert house.states() == {"sent": 2}
    assert len(stub.delivered) == 2
    assert len(stub.taken) == 4
    assert len({taken.content for taken in stub.taken}) == 2
    assert len({read(taken)["Message-ID"] for taken in stub.taken}) == 2


async def test_a_server_that_never_answers_is_given_up_and_asked_again(house: House) -> None:
    async with SmtpStub(slow=asyncio.Event()) as stub:
        house.add()
        await house.sender(stub, Pace(mail=NO_JITTER, answer=0.2)).send_due()
        assert house.states() == {"waiting": 1}
        assert stub.slow is not None
        stub.slow.set()
        house.clock.move(timedelta(seconds=1))
        await house.sender(stub).send_due()
    assert house.states() == {"sent": 1}
    assert len({taken.content for taken in stub.taken}) == 1


async def test_a_slow_mail_keeps_its_lease(house: House) -> None:
    async with SmtpStub(slow=asyncio.Event()) as stub:
        house.add(expires_at=None)
        first = house.sender(stub, Pace(lease=0.06, answer=PATIENCE))
        sending = asyncio.create_task(first.send_due())
        await until(lambda: len(stub.taken) == 1)
        second = house.sender(stub)
        for _ in range(5):
            house.clock.move(timedelta(seconds=0.05))
            held_from = house.clock.now()
            await until(lambda at=held_from: house.rows()[0].next_attempt_at > at)  # type: ignore[misc]
            assert await second.send_due() == 0
        assert stub.slow is not None
        stub.slow.set()
        await sending
    assert len(stub.taken) == 1
    assert house.states() == {"sent": 1}


async def test_a_dead_senders_mail_is_sent_by_another(house: House) -> None:
    async with SmtpStub(slow=asyncio.Event()) as stub:
        house.add()
        dying = asyncio.create_task(house.sender(stub).send_due())
        await until(lambda: len(stub.taken) == 1)
        dying.cancel()
        with suppress(asyncio.CancelledError):
            await dying
        stub.slow = None
        other = house.sender(stub)
        assert await other.send_due() == 0
        house.clock.move(timedelta(seconds=20))
        assert await other.send_due() == 1
    assert len({taken.content for taken in stub.taken}) == 1
    assert house.states() == {"sent": 1}


async def test_who_lost_a_mail_to_another_sender_tells_no_bounce(house: House) -> None:
    async with SmtpStub(slow=asyncio.Event()) as slow, SmtpStub() as quick:
        slow.script.append(step("DATA", "554 not wanted"))
        house.add()
        late = asyncio.create_task(house.sender(slow).send_due())
        await until(lambda: len(slow.taken) == 1)
        house.clock.move(timedelta(seconds=20))
        await house.sender(quick).send_due()
        assert slow.slow is not None
        slow.slow.set()
        await late
    assert house.states() == {"sent": 1}
    assert house.bounces == []


async def test_two_senders_share_fifty_mails(house: House) -> None:
    for number in range(50):
        house.add(f"code:{number}", values={"code": f"{number:06}", "purpose": "access", "minutes": "10", "until": "14:37"})  # fmt: skip
    other = Database(str(house.database.engine.url))
    async with SmtpStub() as stub:
        counts = await asyncio.gather(
            *(house.sender(stub).send_due() for _ in range(2)),
            *(house.sender(stub, database=other).send_due() for _ in range(2)),
        )
    other.close()
    codes = sorted(re.findall(r"\d{6}", read(taken)["Subject"])[0] for taken in stub.taken)
    assert codes == [f"{number:06}" for number in range(50)]
    assert sum(counts) == 50
    assert house.states() == {"sent": 50}


async def test_decoys_never_leave(house: House) -> None:
    for number in range(5):
        house.add(f"decoy:{number}", deliver=False)
    async with SmtpStub() as stub:
        sender = house.sender(stub)
        await sender.send_due()
        house.clock.move(timedelta(hours=1))
        await sender.send_due()
    assert stub.connections == 0
    assert house.states() == {"decoy": 5}
    assert all(row.to_address is None and row.body is None for row in house.rows())


async def test_codes_whose_time_is_over_never_leave(house: House) -> None:
    stub = SmtpStub()
    await stub.start()
    await stub.stop()
    house.add()
    house.add("late", expires_at=house.clock.now() + timedelta(minutes=30))
    sender = house.sender(stub)
    await sender.send_due()
    house.clock.move(timedelta(minutes=10))
    await stub.start()
    await sender.send_due()
    await stub.stop()
    assert len(stub.taken) == 1
    assert [row.state for row in house.rows()] == ["expired", "sent"]


async def test_a_code_that_ends_while_the_server_is_being_reached_stays(house: House) -> None:
    async with SmtpStub() as stub:
        house.add()
        house.add("no end", expires_at=None)

        class Slow(MailServer):
            async def connect(self, calling_from: str, seconds: float) -> Any:
                house.clock.move(timedelta(minutes=10))
                return await super().connect(calling_from, seconds)

        sender = house.sender(stub, server=Slow("smtp", "127.0.0.1", stub.port))
        await sender.send_due()
        await sender.send_due()
    assert len(stub.taken) == 1
    assert [row.state for row in house.rows()] == ["expired", "sent"]


async def test_a_mail_nobody_takes_for_five_days_bounces(house: House) -> None:
    async with SmtpStub() as stub:
        stub.script.extend([step("RCPT", "451 later")] * 50)
        house.add(expires_at=None)
        sender = house.sender(stub)
        for _ in range(21):
            house.clock.move(timedelta(hours=6))
            await sender.send_due()
    assert house.bounces == [("web:1", "code")]
    assert house.rows()[0].last_reply_code == 451


async def test_hostile_values_stay_text(house: House) -> None:
    hostile = "Eve\r\nBcc: eve@example.com\r\n\r\n{{7*7}} =?utf-8?q?=0D=0AX:_y?= \U0001f389\x00.\r\n.\r\nQUIT"
    async with SmtpStub() as stub:
        for number, name in enumerate(("conversation", "channel", "message", "answer_to")):
            values = dict.fromkeys(("conversation", "channel", "message", "answer_to"), "x")
            house.add(
                f"left:{number}",
                kind="message_for_agent",
                to="people@alderfinch.example",
                values={**values, name: hostile},
            )
        await house.sender(stub).send_due()
    assert len(stub.delivered) == 4
    for taken in stub.delivered:
        assert taken.recipients == ["people@alderfinch.example"]
        message = read(taken)
        assert "Bcc" not in message
        assert "X" not in message
        assert "{{7*7}}" in f"{message['Subject']}\n{message.get_content()}"
        assert "\U0001f389" in f"{message['Subject']}\n{message.get_content()}"


async def test_running_sends_on_wake_and_ends_on_stop(house: House) -> None:
    async with SmtpStub() as stub:
        sender = house.sender(stub, Pace(poll=3600))
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        sender.wake()  # before it has begun: no harm
        await asyncio.sleep(0)
        for number in range(3):
            house.add(f"code:{number}")
            await asyncio.to_thread(sender.wake)
            await until(lambda count=number: len(stub.delivered) == count + 1)  # type: ignore[misc]
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await running
        sender.wake()
    assert house.states() == {"sent": 3}


async def test_running_finds_mail_without_being_woken(database: Database, keyring: Keyring) -> None:
    house = House(database, keyring, SystemClock())  # type: ignore[arg-type]
    quick = Backoff(first=0.01, longest=0.05)
    async with SmtpStub() as stub:
        stub.script.extend([step("RCPT", "451 later"), step("DATA"), step("MAIL", "421 bye")])
        stop = asyncio.Event()
        sender = house.sender(stub, Pace(mail=quick, server=quick, poll=0.02))
        running = asyncio.create_task(sender.run(stop))
        house.add()
        await until(lambda: house.states() == {"sent": 1})
        stop.set()
        await running
    assert len(stub.delivered) == 1


async def test_running_outlives_a_database_that_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SmtpStub() as stub:
        sender = house.sender(stub, Pace(poll=0.02, at_once=1))
        look = sender._due.anything
        calls = 0

        def broken() -> bool:
            nonlocal calls
            calls += 1
            if calls < 3:
                raise RuntimeError("away")
            return look()

        monkeypatch.setattr(sender._due, "anything", broken)
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        house.add()
        await until(lambda: len(stub.delivered) == 1)
        stop.set()
        await running


async def test_stopping_does_not_wait_for_a_server_that_hangs(house: House) -> None:
    async with SmtpStub(slow=asyncio.Event()) as stub:
        house.add()
        sender = house.sender(stub, Pace(stop=0.05))
        stop = asyncio.Event()
        running = asyncio.create_task(sender.run(stop))
        await until(lambda: len(stub.taken) == 1)
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await running
        assert stub.slow is not None
        stub.slow.set()
    assert house.states() == {"waiting": 1}


def test_backoff_doubles_to_its_limit() -> None:
    waits = [NO_JITTER.wait(attempt).total_seconds() for attempt in (1, 2, 3, 4, 9, 10, 10_000)]
    assert waits == [1, 2, 4, 8, 256, 300, 300]
    least = Backoff(chance=lambda: 0.0)
    assert least.wait(2).total_seconds() == 1.5
