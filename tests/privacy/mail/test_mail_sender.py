"""Sending to a real SMTP server that misbehaves on cue: nothing lost, nothing changed, no decoy sent."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from privacy.mail.sender import Pace
from tests.privacy.mail.mail_house import NO_JITTER, House, read
from tests.privacy.mail.smtp_stub import SmtpStub, step


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
