"""Text messages in the embedded mailbox: sent as to Twilio, kept like a mail, shown as text."""

import re
import signal
from datetime import UTC, datetime
from pathlib import Path
from smtplib import SMTP
from typing import Any

import httpx
import pytest

from demo.mailbox_store import MailStore
from demo.mailbox_web import mailbox_app
from tests.demo.running_mailbox import Mailbox

DOOR = "/2010-04-01/Accounts/AC123/Messages.json"
SIGNED_IN = ("AC123", "secret")
EMOJI = "\U0001f389"


def text_to(to: str, **fields: str) -> dict[str, str]:
    return {"To": to, "From": "Alder", "Body": "Your code is 123456", **fields}


def send(mailbox: Mailbox, form: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{mailbox.web}{DOOR}", data=form, auth=SIGNED_IN)


def taken(mailbox: Mailbox, form: dict[str, str]) -> dict[str, Any]:
    answer = send(mailbox, form)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_text_comes_in_and_is_read_as_json(shared: Mailbox) -> None:
    told = taken(shared, text_to("+4915100000001", ValidityPeriod="600"))
    assert re.fullmatch("SM[0-9a-f]{32}", told["sid"])
    assert told["status"] == "queued"
    assert (told["to"], told["from"]) == ("+4915100000001", "Alder")
    assert told["body"] == "Your code is 123456"
    assert told["account_sid"] == "AC123"
    assert told["error_code"] is None
    assert told["error_message"] is None
    assert told["num_segments"] == "1"
    (text,) = shared.messages("+4915100000001")
    assert text["kind"] == "text"
    assert text["to"] == ["+4915100000001"]
    assert text["from"] == "Alder"
    assert text["subject"] == ""
    assert text["text"] == "Your code is 123456"
    assert told["sid"] in text["message_id"]


@pytest.mark.parametrize(
    "body",
    [
        f"Grüße {EMOJI}\nsecond line",
        "one\r\ntwo\rthree\n\n",
        "  spaces at both ends  ",
        "From here\n.\n..\nX-Mailbox-To: a@example.com",
        "a+b=c&d%41",
        "\x00\x0b\u2028\u202e",
        EMOJI * 1600,
    ],
)
async def test_what_was_sent_is_what_is_read(tmp_path: Path, body: str) -> None:
    async with client_of(MailStore(tmp_path)) as client:
        answer = await client.post(DOOR, data=text_to("+4915100000002", Body=body), auth=SIGNED_IN)
        assert answer.status_code == 201
    async with client_of(MailStore(tmp_path)) as client:
        (text,) = (await client.get("/api/messages")).json()
    assert (text["kind"], text["text"]) == ("text", body)


@pytest.mark.parametrize(
    "sender",
    ["+493000000000", "Alder & Finch", "Grüße", "a, b: <c@example.com>;", "a\r\nX-Mailbox-To: b"],
)
def test_a_sender_is_a_number_or_a_name(tmp_path: Path, sender: str) -> None:
    store = MailStore(tmp_path)
    mail = store.keep_text(
        "+4915100000003", sender, "x", "<1@example.com>", datetime(2026, 11, 21, tzinfo=UTC)
    )
    assert mail.sender == sender.replace("\r\n", "  ")
    assert mail.to == ("+4915100000003",)
    assert MailStore(tmp_path).newest_first() == [mail]


def test_a_messaging_service_may_send(shared: Mailbox) -> None:
    told = taken(
        shared, {"To": "+4915100000004", "MessagingServiceSid": "MG1", "Body": "Code 123456"}
    )
    assert (told["from"], told["messaging_service_sid"]) == (None, "MG1")
    assert shared.messages("+4915100000004")[0]["from"] == "MG1"


@pytest.mark.parametrize("query", ["to=%2B4915100000005", "to=+4915100000005"])
def test_only_the_texts_to_one_number(shared: Mailbox, query: str) -> None:
    taken(shared, text_to("+4915100000005", Body="to the one"))
    taken(shared, text_to("+4915100000006", Body="to the other"))
    found = httpx.get(f"{shared.web}/api/messages?{query}").json()
    assert {each["text"] for each in found} == {"to the one"}
    page = httpx.get(f"{shared.web}/?{query}").text
    assert "to the one" in page
    assert "to the other" not in page
    assert "<option selected>+4915100000005</option>" in page


def test_mails_and_texts_stand_in_one_row(shared: Mailbox) -> None:
    with SMTP("127.0.0.1", shared.smtp_port) as client:
        client.sendmail("a@example.com", ["row@example.com"], b"Subject: a mail\r\n\r\nx")
    taken(shared, text_to("+4915100000007"))
    assert [each["kind"] for each in shared.messages()][:2] == ["text", "mail"]


def test_the_page_shows_a_text_as_text(shared: Mailbox) -> None:
    hostile = "<script>alert(1)</script> {{7*7}} <img src=x onerror=alert(1)>"
    taken(shared, text_to("+4915100000008", From=hostile, Body=hostile))
    page = httpx.get(f"{shared.web}/", params={"to": "+4915100000008"}).text
    assert ">Text message</h2>" in page
    assert "(no subject)" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert page.count("{{7*7}}") == 2
    assert "<script>alert" not in page
    assert "onerror=alert(1)>" not in page


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"To": ""}, 21211),
        ({"To": "4915100000009"}, 21211),
        ({"To": "+123456"}, 21211),
        ({"To": "+1234567890123456"}, 21211),
        ({"To": "+49 151 00000009"}, 21211),
        ({"To": "+4915100000009\n"}, 21211),
        ({"To": "+٤٩١٥١٠٠٠٠٠"}, 21211),
        ({"To": "sam@example.com"}, 21211),
        ({"From": ""}, 21603),
        ({"From": " "}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"Body": EMOJI * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"ValidityPeriod": "soon"}, 21624),
    ],
)
def test_a_wrong_text_is_refused_and_not_kept(
    shared: Mailbox, wrong: dict[str, str], code: int
) -> None:
    before = len(shared.messages())
    answer = send(shared, text_to("+4915100000009", **wrong))
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["status"]) == (code, 400)
    assert told["message"]
    assert told["more_info"].endswith(str(code))
    assert len(shared.messages()) == before


@pytest.mark.parametrize(("missing", "code"), [("To", 21211), ("From", 21603), ("Body", 21602)])
def test_what_is_missing_is_refused(shared: Mailbox, missing: str, code: int) -> None:
    form = text_to("+4915100000010")
    del form[missing]
    answer = send(shared, form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_what_is_no_form_is_refused(shared: Mailbox) -> None:
    url = f"{shared.web}{DOOR}"
    for content in (b"", b'{"To": "+4915100000010"}', b"\xff\xfe&&=&To=%FF"):
        answer = httpx.post(url, content=content, auth=SIGNED_IN)
        assert (answer.status_code, answer.json()["code"]) == (400, 21211)
    assert httpx.get(url, auth=SIGNED_IN).status_code == 405


@pytest.mark.parametrize(
    "header",
    [None, "Bearer abc", "Basic", "Basic ???", "Basic é", "Basic QUMx", "Basic QUMxOg==",
     "Basic OnNlY3JldA==", "Basic /w=="],
)  # fmt: skip
def test_nobody_sends_without_a_user_and_a_password(shared: Mailbox, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode("latin-1")}
    answer = httpx.post(f"{shared.web}{DOOR}", data=text_to("+4915100000011"), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    told = answer.json()
    assert (told["code"], told["message"], told["status"]) == (20003, "Authenticate", 401)
    assert told["more_info"]
    assert shared.messages("+4915100000011") == []


@pytest.mark.parametrize("size", [64 * 1024 + 1, 5_000_000])
def test_a_flood_is_refused(shared: Mailbox, size: int) -> None:
    whole = b"To=%2B4915100000012&From=Alder&Body=x&More="
    answer = httpx.post(
        f"{shared.web}{DOOR}", content=whole + b"x" * (size - len(whole)), auth=SIGNED_IN
    )
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert shared.messages("+4915100000012") == []


async def test_a_full_disk_is_an_answer_that_makes_the_sender_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MailStore(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "keep_text", full)
    async with client_of(store) as client:
        answer = await client.post(DOOR, data=text_to("+4915100000013"), auth=SIGNED_IN)
    assert (answer.status_code, answer.json()["code"]) == (503, 20503)


def test_killed_it_loses_no_text(tmp_path: Path) -> None:
    first = Mailbox(tmp_path / "box")
    taken(first, text_to("+4915100000014", Body="one"))
    taken(first, text_to("+4915100000014", Body="two"))
    kept = first.messages()
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert [mail.text for mail in MailStore(tmp_path / "box").newest_first()] == ["two", "one"]
    second = Mailbox(tmp_path / "box")
    assert second.messages() == kept
    second.stop()


def test_it_logs_no_text(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    taken(mailbox, text_to("+4915100000015"))
    send(mailbox, text_to("+canary"))
    mailbox.process.terminate()
    assert mailbox.process.communicate(timeout=20) == ("", "")


def test_a_text_to_another_host_name_is_refused(shared: Mailbox) -> None:
    answer = httpx.post(
        f"{shared.web}{DOOR}",
        data=text_to("+4915100000016"),
        auth=SIGNED_IN,
        headers={"host": "evil.example"},
    )
    assert answer.status_code == 400
    assert shared.messages("+4915100000016") == []


@pytest.mark.parametrize(
    ("body", "segments"),
    [("x" * 160, "1"), ("x" * 161, "2"), ("x" * 306, "2"), ("x" * 307, "3"), ("€" * 80, "1"),
     ("€" * 81, "2"), ("€" * 153, "3"), ("ж" * 70, "1"), ("ж" * 71, "2"), (EMOJI * 35, "1"),
     (EMOJI * 66, "2"), (EMOJI * 67, "3")],
)  # fmt: skip
def test_how_many_short_messages_it_would_be(shared: Mailbox, body: str, segments: str) -> None:
    assert taken(shared, text_to("+4915100000017", Body=body))["num_segments"] == segments


def client_of(store: MailStore) -> httpx.AsyncClient:
    door = httpx.ASGITransport(mailbox_app(store))
    return httpx.AsyncClient(transport=door, base_url="http://127.0.0.1")
