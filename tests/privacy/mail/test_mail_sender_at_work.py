"""Senders at work: beside each other, over days, woken and stopped; what is over never leaves."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from privacy.clock import SystemClock
from privacy.mail.backoff import Backoff
from privacy.mail.sender import Pace
from privacy.mail.server import MailServer
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.privacy.mail.mail_house import NO_JITTER, House, read
from tests.privacy.mail.smtp_stub import SmtpStub, step

PATIENCE = 60.0


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task does."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


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
