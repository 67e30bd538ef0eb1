"""Text messages to a gateway over real HTTP: the right form, each refusal understood, nothing lost, nothing logged."""

from datetime import timedelta
from typing import Any

import pytest

from privacy.clock import FixedClock
from privacy.mail.backoff import Backoff
from privacy.mail.errors import MailSettingWrong, TextGatewayUnreachable
from privacy.mail.sender import Pace, Sender
from privacy.mail.texts import TextCarrier, TextGateway
from privacy.store.database import Database
from privacy.store.keyring import Keyring
from tests.driving.inside import log_of_the_service
from tests.privacy.mail.mail_house import House as MailHouse
from tests.privacy.mail.sms_stub import ACCOUNT, TOKEN, SmsStub
from tests.privacy.mail.smtp_stub import SmtpStub

PACE = Pace(
    mail=Backoff(chance=lambda: 1.0),
    server=Backoff(longest=15, chance=lambda: 1.0),
    connect=5,
    answer=30,
)
NUMBER = "+491713920099"


class House(MailHouse):
    """The same outbox, with text messages in it and a sender for them."""

    def add(self, key: str = "code:1", **changes: Any) -> None:
        values = {"code": "918273", "purpose": "new_contact", "minutes": "10", "until": "14:37"}
        super().add(key, **{"to": NUMBER, "by": "text", "values": values} | changes)

    def text_sender(self, stub: SmsStub, pace: Pace = PACE, url: str = "") -> Sender:
        return self.sender_by(self.carrier(url or stub.url), pace)

    def carrier(self, url: str) -> TextCarrier:
        return TextCarrier(TextGateway.read(url, "AlderFinch"), self.clock)


@pytest.fixture
def house(database: Database, keyring: Keyring, clock: FixedClock) -> House:
    return House(database, keyring, clock)


# -- a good day --------------------------------------------------------------------------------------------------------


async def test_a_code_arrives_and_is_forgotten(house: House) -> None:
    async with SmsStub() as stub:
        house.add()
        assert await house.text_sender(stub).send_due() == 1
    [form] = stub.taken
    assert (form["To"], form["From"], form["ValidityPeriod"]) == (NUMBER, "AlderFinch", "600")
    assert form["Body"].startswith("918273 is your Alder & Finch privacy code")
    [row] = house.rows()
    assert (row.state, row.last_reply_code) == ("sent", 201)
    assert (row.to_address, row.subject, row.body) == (None, None, None)


async def test_each_carrier_takes_its_own(house: House) -> None:
    """A mail server that is away holds up no text message, and the other way round."""
    house.add()
    house.add("code:2", by="mail", to="sam@example.com")
    async with SmsStub() as texts, SmtpStub() as mails:
        assert await house.text_sender(texts).send_due() == 1
        assert (len(texts.taken), len(mails.taken)) == (1, 0)
        assert await house.sender(mails).send_due() == 1
        assert (len(texts.taken), len(mails.taken)) == (1, 1)


async def test_a_messaging_service_sends_under_its_own_name(house: House) -> None:
    service = "MG" + "0a" * 16
    async with SmsStub() as stub:
        house.add()
        carrier = TextCarrier(TextGateway.read(stub.url, service), house.clock)
        await house.sender_by(carrier).send_due()
    [form] = stub.taken
    assert form["MessagingServiceSid"] == service
    assert "From" not in form


async def test_what_never_ends_names_no_period(house: House) -> None:
    notice = {
        "reference": "PR-AAAA-AAAA", "what": "phone number", "old": "•••• 01", "new": "•••• 99",
        "finished": "Sunday 22 November 2026", "until": "Sunday 29 November 2026", "link": "https://a.example/x",
    }  # fmt: skip
    async with SmsStub() as stub:
        house.add("contact_changed:1", kind="contact_changed", values=notice, expires_at=None)
        await house.text_sender(stub).send_due()
    [form] = stub.taken
    assert "ValidityPeriod" not in form
    assert "https://a.example/x" in form["Body"]


# -- bad days ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"), [(400, 21211), (400, 21610), (400, 21614), (400, 21606), (400, None)]
)
async def test_a_number_that_is_refused_is_told_in_the_conversation(
    house: House, status: int, code: int | None
) -> None:
    async with SmsStub() as stub:
        stub.script.append((status, code))
        house.add()
        await house.text_sender(stub).send_due()
    assert house.bounces == [("web:1", "code")]
    [row] = house.rows()
    assert (row.state, row.last_reply_code, row.body) == ("bounced", status, None)


@pytest.mark.parametrize("status", [429, 500, 503, 302])
async def test_a_gateway_that_puts_off_is_asked_again(house: House, status: int) -> None:
    async with SmsStub() as stub:
        stub.script.append((status, None))
        house.add()
        sender = house.text_sender(stub)
        await sender.send_due()
        assert stub.taken == []
        house.clock.move(timedelta(seconds=2))
        await sender.send_due()
        assert len(stub.taken) == 1
    assert house.bounces == []


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20003), (403, None), (404, 20404), (400, 21705)]
)
async def test_a_fault_of_our_own_costs_no_message(
    house: House, status: int, code: int | None
) -> None:
    async with SmsStub() as stub:
        stub.script.append((status, code))
        house.add()
        sender = house.text_sender(stub)
        await sender.send_due()
        assert sender.away_since is not None
        [row] = house.rows()
        assert (row.state, row.attempts) == ("waiting", 0)
        house.clock.move(timedelta(seconds=20))
        await sender.send_due()
        assert len(stub.taken) == 1
        assert sender.away_since is None
    assert house.bounces == []


async def test_a_gateway_that_is_not_there_is_waited_for(house: House) -> None:
    stub = SmsStub()
    stub._socket.close()
    house.add()
    sender = house.text_sender(stub)
    await sender.send_due()
    assert sender.away_since is not None
    [row] = house.rows()
    assert (row.state, row.attempts) == ("waiting", 0)


async def test_after_a_lost_answer_the_same_words_go_out_again(house: House) -> None:
    async with SmsStub() as stub:
        stub.delay = 0.5
        house.add()
        await house.text_sender(stub, Pace(mail=PACE.mail, answer=0.1)).send_due()
        stub.delay = 0.0
        house.clock.move(timedelta(seconds=2))
        await house.text_sender(stub).send_due()
    bodies = {form["Body"] for form in stub.taken}
    assert (len(stub.taken), len(bodies)) == (2, 1)


async def test_a_code_whose_time_is_over_does_not_leave(house: House) -> None:
    async with SmsStub() as stub:
        house.add()
        house.clock.move(timedelta(minutes=10))
        await house.text_sender(stub).send_due()
    assert stub.taken == []
    assert [row.state for row in house.rows()] == ["expired"]


@pytest.mark.parametrize("to", ["0171 3920099", "sam@example.com", "+49", "+4917139200991234567"])
async def test_what_is_no_number_never_leaves(house: House, to: str) -> None:
    async with SmsStub() as stub:
        house.add(to=to)
        await house.text_sender(stub).send_due()
    assert stub.taken == []
    assert house.bounces == [("web:1", "code")]


async def test_no_log_names_number_code_or_token(house: House) -> None:
    async with SmsStub() as stub:
        stub.script.extend([(400, 21211), (500, None), (401, 20003)])
        with log_of_the_service() as log:
            for number in range(3):
                house.add(f"code:{number}")
            sender = house.text_sender(stub)
            for _ in range(4):
                await sender.send_due()
                house.clock.move(timedelta(seconds=16))
    said = log.getvalue()
    assert "text bounced" in said
    assert "text server away" in said
    for secret in (NUMBER, "918273", TOKEN, "3920099"):
        assert secret not in said


# -- settings ----------------------------------------------------------------------------------------------------------


def test_an_account_and_its_token_are_enough() -> None:
    gateway = TextGateway.read("https://AC1:t%2Fk@api.twilio.com", "+4915112345678")
    assert gateway.base == "https://api.twilio.com/2010-04-01/Accounts/AC1"
    assert (gateway.user, gateway.password, gateway.port) == ("AC1", "t/k", 443)
    assert "t/k" not in repr(gateway)


def test_a_restricted_key_names_the_account_in_the_path() -> None:
    url = "https://SK1:secret@gateway.example:8443/api/laml/2010-04-01/Accounts/AC1/"
    gateway = TextGateway.read(url, "Alder")
    assert gateway.base == "https://gateway.example:8443/api/laml/2010-04-01/Accounts/AC1"
    assert (gateway.user, gateway.port) == ("SK1", 8443)


@pytest.mark.parametrize(
    "url",
    [
        "api.twilio.com",
        "https://api.twilio.com",
        "https://AC1@api.twilio.com",
        "http://AC1:hushhush@api.twilio.com",
        "ftp://AC1:hushhush@api.twilio.com",
        "https://AC1:hushhush@api.twilio.com?x=1",
        "https://AC1:hushhush@api.twilio.com:port",
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(MailSettingWrong, match="VERA_SMS_URL") as caught:
        TextGateway.read(url, "Alder")
    assert "hushhush" not in str(caught.value)


@pytest.mark.parametrize("sender", ["", "AlderAndFinch", "12345", "0151 123", "Ä & F"])
def test_a_sender_that_no_phone_would_show_is_told(sender: str) -> None:
    with pytest.raises(MailSettingWrong, match="VERA_SMS_FROM"):
        TextGateway.read(f"https://{ACCOUNT}:hushhush@api.twilio.com", sender)


async def test_looking_whether_the_gateway_is_there_sends_nothing(house: House) -> None:
    async with SmsStub() as stub:
        await house.carrier(stub.url).check_reachable()
        assert stub.taken == []
        assert stub.asked == ["DateSent=2000-01-01&PageSize=1"], "nobody's words are asked for"
        wrong = stub.url.replace("secret", "wrong")
        with pytest.raises(TextGatewayUnreachable, match="does not accept the account"):
            await house.carrier(wrong).check_reachable()
    with pytest.raises(TextGatewayUnreachable, match="VERA_SMS_URL"):
        await house.carrier(stub.url).check_reachable()
