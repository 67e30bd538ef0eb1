"""The embedded mailbox as a process of its own: real SMTP in, text out, nothing lost when it is killed."""

import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from smtplib import SMTP

import httpx
import pytest
from aiosmtpd.smtp import Envelope

from demo.mailbox import _Keeper
from demo.mailbox_store import MailStore
from demo.mailbox_web import mailbox_app
from tests.demo.running_mailbox import ROOT, Mailbox, start


def letter(to: str, subject: str = "123456 is your code", text: str = "Your code is 123456\n") -> EmailMessage:  # fmt: skip
    message = EmailMessage()
    message["From"] = "Alder & Finch privacy <privacy@alderfinch.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<1@alderfinch.example>"
    message.set_content(text)
    return message


def post(mailbox: Mailbox, *messages: EmailMessage) -> None:
    with SMTP("127.0.0.1", mailbox.smtp_port) as client:
        for message in messages:
            client.send_message(message)


def test_a_mail_comes_in_and_is_read_as_json(shared: Mailbox) -> None:
    post(shared, letter("json@example.com", text="Grüße \U0001f389\nsecond line\n"))
    (mail,) = shared.messages("json@example.com")
    assert mail["kind"] == "mail"
    assert mail["to"] == ["json@example.com"]
    assert mail["from"] == "Alder & Finch privacy <privacy@alderfinch.example>"
    assert mail["subject"] == "123456 is your code"
    assert mail["text"] == "Grüße \U0001f389\nsecond line\n"
    assert mail["message_id"] == "<1@alderfinch.example>"
    assert ["Message-ID", "<1@alderfinch.example>"] in mail["headers"]
    assert datetime.fromisoformat(mail["received_at"]).tzinfo is not None
    assert mail["id"]


def test_flowed_text_comes_back_in_paragraphs(shared: Mailbox) -> None:
    message = letter("flowed@example.com")
    text = "It goes \non and \n > on.\nNew line.\n> quoted \n> twice\n"
    message.set_content(text, params={"format": "flowed"})
    post(shared, message)
    (mail,) = shared.messages("flowed@example.com")
    assert mail["text"] == "It goes on and > on.\nNew line.\n> quoted \n> twice\n"


def test_newest_first_and_per_recipient(shared: Mailbox) -> None:
    post(shared, *(letter("order@example.com", subject=f"mail {number}") for number in range(5)))
    assert [mail["subject"] for mail in shared.messages("Order@Example.com")] == [
        f"mail {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert shared.messages("nobody@example.com") == []
    assert len(shared.messages()) >= 5


def test_the_page_shows_mail_as_text(shared: Mailbox) -> None:
    hostile = "<script>alert(1)</script> {{7*7}} <img src=x onerror=alert(1)>"
    post(shared, letter("page@example.com", subject=hostile, text=f"{hostile}\n"))
    page = httpx.get(f"{shared.web}/", params={"to": "page@example.com"})
    assert page.status_code == 200
    assert page.text.count("&lt;script&gt;alert(1)") == 2
    assert "<script>alert" not in page.text
    assert "onerror=alert(1)>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.text.count("<script") == 1  # ours, from a file
    assert " style=" not in page.text


def test_a_hostile_filter_is_text_too(shared: Mailbox) -> None:
    page = httpx.get(f"{shared.web}/", params={"to": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/mailbox_page.css", "text/css"),
        ("/mailbox_page.js", "javascript"),
        ("/health", "application/json"),
    ],
)
def test_what_the_page_needs(shared: Mailbox, path: str, kind: str) -> None:
    found = httpx.get(f"{shared.web}{path}")
    assert found.status_code == 200
    assert kind in found.headers["content-type"]
    assert found.headers["x-content-type-options"] == "nosniff"


def test_another_website_cannot_read_the_mail(shared: Mailbox) -> None:
    found = httpx.get(f"{shared.web}/api/messages", headers={"host": "evil.example"})
    assert found.status_code == 400
    assert "access-control-allow-origin" not in httpx.get(f"{shared.web}/").headers


def test_an_international_address_and_dots(shared: Mailbox) -> None:
    message = letter("josé@example.com", subject="für josé", text=".\n..\nend\n")
    with SMTP("127.0.0.1", shared.smtp_port) as client:
        client.ehlo()
        client.sendmail(
            "privacy@alderfinch.example",
            ["josé@example.com"],
            message.as_bytes(policy=SMTPUTF8),
            mail_options=["SMTPUTF8"],
        )
    (mail,) = shared.messages("josé@example.com")
    assert mail["subject"] == "für josé"
    assert mail["text"] == ".\n..\nend\n"
    assert ["To", "josé@example.com"] in mail["headers"]


def test_a_mail_cannot_pretend_to_be_to_somebody_else(shared: Mailbox) -> None:
    message = letter("real@example.com")
    message["X-Mailbox-To"] = "pretended@example.com"
    message["X-Mailbox-Kind"] = "text"
    message["X-Mailbox-Received"] = "not a date"
    post(shared, message)
    (mail,) = shared.messages("real@example.com")
    assert mail["kind"] == "mail"
    assert shared.messages("pretended@example.com") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"no headers at all", b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
     b"Content-Type: multipart/mixed\r\n\r\nbroken", b"Subject: \xff\xfe\r\n\r\n\x00"],
)  # fmt: skip
async def test_broken_mail_is_kept_and_shown(tmp_path: Path, content: bytes) -> None:
    store = MailStore(tmp_path / "box")
    store.keep(["sam@example.com"], content, datetime(2026, 11, 21, tzinfo=UTC))
    for each in (store, MailStore(tmp_path / "box")):
        door = httpx.ASGITransport(mailbox_app(each))
        async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as client:
            assert (await client.get("/")).status_code == 200
            assert len((await client.get("/api/messages?to=sam@example.com")).json()) == 1


async def test_a_full_disk_is_an_answer_that_makes_the_sender_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MailStore(tmp_path / "box")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "keep", full)
    envelope = Envelope()
    envelope.content = b"Subject: x\r\n\r\nx"
    answer = await _Keeper(store).handle_DATA(None, None, envelope)  # type: ignore[arg-type]
    assert answer.startswith("452 ")


def test_killed_it_loses_nothing_and_comes_back_on_its_ports(tmp_path: Path) -> None:
    first = Mailbox(tmp_path / "box")
    post(first, letter("a@example.com", subject="one"), letter("a@example.com", subject="two"))
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    second = Mailbox(tmp_path / "box", first.smtp_port, first.web_port)
    assert [mail["subject"] for mail in second.messages("a@example.com")] == ["two", "one"]
    post(second, letter("a@example.com", subject="three"))
    assert [mail["subject"] for mail in second.messages()] == ["three", "two", "one"]
    second.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_quietly_even_with_a_sender_connected(tmp_path: Path, how: signal.Signals) -> None:
    mailbox = Mailbox(tmp_path)
    with socket.create_connection(("127.0.0.1", mailbox.smtp_port)) as connected:
        connected.recv(100)
        assert mailbox.process.stderr is not None
        mailbox.process.send_signal(how)
        out, err = mailbox.process.communicate(timeout=20)
    assert (mailbox.process.returncode, out, err) == (0, "", "")


def test_it_logs_no_mail(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    post(mailbox, letter("canary@example.com"))
    mailbox.process.terminate()
    out, err = mailbox.process.communicate(timeout=20)
    assert (out, err) == ("", "")


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--dir", "x", "--smtp-port", "abc"], "'abc' is no port: use a number from 0 to 65535"),
        (["--dir", "x", "--web-port", "70000"], "'70000' is no port"),
        (["--dir", "x", "--web-port", "-1"], "'-1' is no port"),
        ([], "--dir"),
        (["--dir", "/dev/null/box"], "choose another with --dir"),
        (["--dir", "x", "--frob"], "--frob"),
    ],
)
def test_wrong_flags_get_one_clear_line(flags: list[str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.mailbox", *flags], cwd=ROOT, capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("flag", ["--smtp-port", "--web-port"])
def test_a_taken_port_says_which_flag_helps(shared: Mailbox, tmp_path: Path, flag: str) -> None:
    port = shared.smtp_port if flag == "--smtp-port" else shared.web_port
    process = start("--dir", str(tmp_path), flag, str(port))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == f"Port {port} is taken: choose another with {flag}, or 0 for any free one.\n"
