"""The mail as bytes: one recipient, no header but ours, the same bytes every time, whatever a value holds."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.mail.addresses import parse_mailbox
from privacy.mail.errors import AddressUnusable, MailSettingWrong
from privacy.mail.letterhead import Letterhead
from privacy.mail.message import Draft, compose

HEAD = Letterhead.read(
    company="Alder & Finch",
    mail_from="Alder & Finch privacy <privacy@alderfinch.example>",
    inbox="people@alderfinch.example",
    origin="https://alderfinch.example/",
)
OURS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}


def draft(
    kind: str = "code",
    to: str = "sam@example.com",
    subject: str = "123456 is your code",
    body: str = "Your code is 123456\n",
) -> Draft:
    at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    return Draft(kind, to, subject, body, "abc@alderfinch.example", at)


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, _class=EmailMessage, policy=default)


def test_headers() -> None:
    envelope = compose(draft(), HEAD)
    message = read(envelope.content)
    assert envelope.sender.address == "privacy@alderfinch.example"
    assert envelope.recipient.address == "sam@example.com"
    assert message["From"] == '"Alder & Finch privacy" <privacy@alderfinch.example>'.replace(
        '"', ""
    )
    assert message["To"] == "sam@example.com"
    assert message["Message-ID"] == "<abc@alderfinch.example>"
    assert message["Date"].datetime == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Type"] == 'text/plain; charset="utf-8"; format="flowed"'
    assert set(message.keys()) <= OURS


@pytest.mark.parametrize(
    ("kind", "answered"),
    [
        ("code", None),
        ("request_received", "people@alderfinch.example"),
        ("request_cancelled", "people@alderfinch.example"),
        ("contact_changed", "people@alderfinch.example"),
        ("recipient_told", "people@alderfinch.example"),
        ("message_for_agent", None),
        ("request_needs_person", None),
        ("task_for_person", None),
    ],
)
def test_customers_may_answer_mails_about_requests(kind: str, answered: str | None) -> None:
    reply_to = read(compose(draft(kind), HEAD).content)["Reply-To"]
    assert (reply_to.addresses[0].addr_spec if reply_to else None) == answered


def test_the_same_row_gives_the_same_bytes() -> None:
    assert compose(draft(body="é\U0001f389\n"), HEAD) == compose(draft(body="é\U0001f389\n"), HEAD)


def test_only_seven_bit_bytes_travel() -> None:
    text = "Grüße, 你好, \U0001f389, \u202bשלום\n" * 40
    envelope = compose(draft(subject="Ünïcode \U0001f389", body=text), HEAD)
    assert envelope.content.isascii()
    assert max(len(line) for line in envelope.content.splitlines()) <= 998
    message = read(envelope.content)
    assert message["Subject"] == "Ünïcode \U0001f389"
    assert message.get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?x=0D=0ABcc:_eve@example.com?=",
        "=?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ==?=",
        "a" * 3000,
        "x =?us-ascii?q?y?= z",
    ],
)
def test_a_subject_stays_one_header(subject: str) -> None:
    message = read(compose(draft(subject=subject), HEAD).content)
    assert set(message.keys()) <= OURS
    assert "Bcc" not in message
    assert message["Subject"].replace(" ", "") == subject.replace(" ", "")


@settings(deadline=None)  # the machine may be busy
@given(
    subject=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200),
    body=st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
)
def test_no_text_adds_a_header(subject: str, body: str) -> None:
    envelope = compose(draft(subject=" ".join(subject.split()), body=body), HEAD)
    message = read(envelope.content)
    assert set(message.keys()) <= OURS
    assert [address.addr_spec for address in message["To"].addresses] == ["sam@example.com"]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "sam",
        "@example.com",
        "sam@",
        "sam@example.com\r\nBcc: eve@example.com",
        "sam@example.com\nDATA",
        "sam@example.com, eve@example.com",
        "sam@example.com;eve@example.com",
        "sam@example.com eve@example.com",
        "sam@example.com>",
        "Sam <sam@example.com>",
        "<sam@example.com> SIZE=1",
        '"sam eve"@example.com',
        "sam(comment)@example.com",
        "sam@[127.0.0.1]",
        "sam@exa mple.com",
        "sam@-example.com",
        "sam@example..com",
        "sam\x00@example.com",
        "sam\u2028@example.com",
        "sam\u202e@example.com",
        "sam@example.com\u00a0",
        "s\ud800m@example.com",
        "sam@ex\ud800mple.com",
        "sam@\ufffd.com",
        "x" * 65 + "@example.com",
        "sam@" + "x" * 64 + ".com",
        "sam@" + "x." * 130 + "com",
    ],
)
def test_an_address_that_is_not_one_mailbox_gets_no_mail(to: str) -> None:
    with pytest.raises(AddressUnusable) as caught:
        compose(draft(to=to), HEAD)
    assert "sam" not in str(caught.value)


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=80))
def test_whatever_is_accepted_is_one_mailbox(text: str) -> None:
    for candidate in (text, f"{text}@example.com", f"sam@{text}", f"sam@{text}.com"):
        try:
            envelope = compose(draft(to=candidate), HEAD)
        except AddressUnusable:
            continue
        assert envelope.recipient.address.count("@") == 1
        assert not set(envelope.recipient.address) & set(" \t\r\n<>,;()\"'\\:[]") - {"'"}
        assert envelope.recipient.domain.isascii()


@pytest.mark.parametrize(
    ("to", "address", "utf8"),
    [
        ("sam+shop@example.com", "sam+shop@example.com", False),
        ("o'hara@example.com", "o'hara@example.com", False),
        ("a..b.@example.com", "a..b.@example.com", False),
        (" sam@example.com ", "sam@example.com", False),
        ("Sam@EXAMPLE.com", "Sam@EXAMPLE.com", False),
        ("sam@localhost", "sam@localhost", False),
        # IDNA 2003 would make the first one strasse.example: another domain, another owner.
        ("sam@straße.example", "sam@xn--strae-oqa.example", False),
        ("sam@例え.example", "sam@xn--r8jz45g.example", False),
        ("josé@example.com", "josé@example.com", True),
    ],
)
def test_addresses_that_exist_in_the_world(to: str, address: str, utf8: bool) -> None:
    envelope = compose(draft(to=to), HEAD)
    assert envelope.recipient.address == address
    assert envelope.needs_smtputf8 is utf8
    assert b"sam@example.com" not in envelope.content or to.strip() == "sam@example.com"


@pytest.mark.parametrize(
    "mail_from",
    ["", "Vera", "a@example.com, b@example.com", "X <a@example.com>\r\nBcc: b@example.com", "é@example.com"],
)  # fmt: skip
def test_a_wrong_sender_says_what_to_do(mail_from: str) -> None:
    with pytest.raises(MailSettingWrong, match=r"^VERA_MAIL_FROM: "):
        Letterhead.read(
            company="A", mail_from=mail_from, inbox="a@example.com", origin="https://a.example"
        )


def test_a_wrong_inbox_says_what_to_do() -> None:
    with pytest.raises(MailSettingWrong, match=r"^VERA_COMPANY_INBOX: write one address"):
        Letterhead.read(
            company="A", mail_from="a@example.com", inbox="?", origin="https://a.example"
        )


def test_a_bare_sender_and_a_comma_in_the_name_work() -> None:
    for mail_from, name in (
        ("a@example.com", ""),
        ('"Alder, Finch" <a@example.com>', "Alder, Finch"),
    ):
        head = Letterhead.read(
            company="A", mail_from=mail_from, inbox="a@example.com", origin="https://a.example/"
        )
        assert head.sender_name == name
        assert head.chat == "https://a.example/chat"
        sender = read(compose(draft(), head).content)["From"].addresses
        assert [(each.display_name, each.addr_spec) for each in sender] == [(name, "a@example.com")]


def test_parse_mailbox_keeps_the_local_part_as_it_is() -> None:
    assert parse_mailbox("SaM@example.com").local == "SaM"
