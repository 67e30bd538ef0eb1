"""The wording of mails: every kind renders, in calm words and short lines, and no value can become a template."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from privacy.mail.errors import UnknownLetter
from privacy.mail.letters import TEMPLATES, VALUES, Letters
from privacy.policy import load_policy
from privacy.settings import ROOT

ALWAYS = {
    "company": "Alder & Finch",
    "origin": "https://privacy.alderfinch.example",
    "chat": "https://privacy.alderfinch.example/chat",
}
SAMPLE = {
    "code": "123456",
    "purpose": "delete",
    "minutes": "10",
    "until": "14:37",
    "reference": "PR-7K4M-29QX",
    "kind": "see your data",
    "received": "Sunday 22 November 2026",
    "due": "Sunday 6 December 2026",
    "why": "the strictest law in scope, LGPD, gives 15 days.",
    "next": "We collect your data from our three systems and write to you when it is ready.",
    "cancelled": "Monday 23 November 2026",
    "conversation": "web:0f3a9c",
    "channel": "web",
    "message": "My order never came.\n\nCan somebody call me?",
    "answer_to": "sam@example.com",
    "name": "Robin",
    "text": "Your order is on its way.\n\nIt comes tomorrow.",
    "systems": "our shop and the support desk",
    "system": "support",
    "task": "9264b851-32f6-4c2a-89ad-e1b5a00a42c3",
    "reason": "the support desk could not be reached for two days",
    "field": "your e-mail address",
    "letter_lines": "j•••@example.com → j•••@example.org (our shop, our newsletter)",
    "finished": "Saturday 21 November 2026",
    "told": "the parcel service that brings your order",
    "old": "j•••@example.com",
    "new": "j•••@example.org",
    "link": "https://privacy.alderfinch.example/requests/PR-7K4M-29QX/not-me?key=Kq3vT0yZbW8mJr5sXu2fLA",
    "at": "Saturday 21 November 2026, 11:04",
    "found": "yes",
    "size": "1.2 MB",
    "downloads": "3",
    "by": "customer",
    "deleted": "our shop: your account and 2 addresses; our newsletter: your newsletter",
    "kept": "7 invoices, until 29 June 2037 at the latest, because tax law tells us to keep invoices",
    "by_hand": "our paper files: the warehouse team looks and deletes it",
    "done": "Saturday 28 November 2026",
    "recipients": "the parcel service that brings your order",
    "vera": "What was said in the chat is deleted 30 days after it was said.",
    "wish": "delete data of a person",
    "asked": "We have deleted data about this person that you received from us.",
    "person": "jane@example.com, +49 30 23125101",
    "details": "your e-mail address",
    "what": "phone number",
    "made": "our shop, our newsletter",
    "law": "Art. 12 of the law",
    "authority": "the data protection authority where you live or work",
    "address": "You find yours on the list of authorities.",
    "was": "Saturday 19 December 2026",
    "own": "yes",
}
TEXTED = sorted(folder.parent.name for folder in TEMPLATES.glob("*/text.txt"))
FORBIDDEN = re.compile(
    r"please|sorry|invalid|oops|dsar|submit|data subject|art\. ?15|forbidden|!", re.IGNORECASE
)


def values_of(kind: str) -> dict[str, str]:
    return {**ALWAYS, **{name: SAMPLE[name] for name in VALUES[kind]}}


def test_every_kind_has_templates_and_every_template_a_kind() -> None:
    assert {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()} == set(VALUES)


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_every_kind_renders_calmly(kind: str) -> None:
    letter = Letters().write(kind, "en", values_of(kind))
    text = f"{letter.subject}\n{letter.body}"
    assert FORBIDDEN.search(text) is None
    assert "{" not in text
    assert all(len(line) <= 78 or "://" in line for line in letter.body.split("\n"))
    assert len(letter.subject) <= 78
    assert "\n" not in letter.subject
    assert letter.body.endswith("\n\nAlder & Finch privacy\n")
    assert "\n\n\n" not in letter.body


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_links_lead_to_the_chat_or_the_page_they_are_about(kind: str) -> None:
    letter = Letters().write(kind, "en", values_of(kind))
    page = f"{ALWAYS['origin']}/requests/{SAMPLE['reference']}"
    assert set(re.findall(r"https?://\S+", letter.body)) <= {ALWAYS["chat"], SAMPLE["link"], page}


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_a_missing_value_is_an_error(kind: str) -> None:
    values = values_of(kind)
    for name in VALUES[kind]:
        short = {key: value for key, value in values.items() if key != name}
        with pytest.raises(UndefinedError):
            Letters().write(kind, "en", short)


def test_codes_and_notices_can_be_texted() -> None:
    assert TEXTED == ["code", "contact_changed"]


@pytest.mark.parametrize("kind", TEXTED)
def test_a_text_message_is_one_short_paragraph(kind: str) -> None:
    letter = Letters().write_text(kind, "en", values_of(kind))
    assert letter.subject == ""
    assert "\n" not in letter.body
    assert FORBIDDEN.search(letter.body) is None
    assert "{" not in letter.body
    assert "Alder & Finch" in letter.body
    # Of the plain alphabet of text messages (GSM 03.38), so that it does not break into twice as many.
    assert letter.body.isascii()
    assert len(letter.body.replace(SAMPLE["link"], "")) <= 2 * 153 - 90


def test_the_code_of_a_text_message_stands_first_where_a_locked_phone_shows_it() -> None:
    letter = Letters().write_text("code", "en", values_of("code"))
    assert letter.body.startswith("123456 is your Alder & Finch privacy code")
    assert "until 14:37" in letter.body


def test_what_is_never_texted_has_no_words_for_it() -> None:
    with pytest.raises(UnknownLetter):
        Letters().write_text("package_ready", "en", values_of("package_ready"))


def test_the_code_mail_says_what_you_sign() -> None:
    letter = Letters().write("code", "en", values_of("code"))
    assert letter.subject == "123456 is your Alder & Finch privacy code"
    body = " ".join(letter.body.split())
    assert "You need it to delete the data Alder & Finch holds about you." in body
    assert "It works until 14:37 (10 minutes), once" in body
    assert "Nobody at Alder & Finch will ask you for it." in body
    assert (
        "If you did not ask for this, you need to do nothing: without the code nothing happens."
        in body
    )


def test_every_operation_with_a_code_has_its_own_words() -> None:
    policy = load_policy(ROOT / "privacy" / "policy.yml")
    said = set()
    coded = [operation for operation, level in policy.assurance.items() if level > 0]
    for operation in coded:
        letter = Letters().write("code", "en", {**values_of("code"), "purpose": operation})
        said.add(letter.body)
        assert "for your privacy request at" not in letter.body
    assert len(said) == len(coded)


def test_an_unknown_purpose_still_reads_well() -> None:
    letter = Letters().write("code", "en", {**values_of("code"), "purpose": "frobnicate"})
    assert "You need it for your privacy request at Alder & Finch." in letter.body
    letter = Letters().write("code", "en", {**values_of("code"), "purpose": "move your data"})
    assert "You need it to move your data." in letter.body


def test_a_long_line_goes_on_so_that_a_narrow_screen_can_break_it_anew() -> None:
    long = "word " * 60 + "> not a quotation " * 12
    values = {**values_of("request_received"), "next": long, "due": ""}
    lines = Letters().write("request_received", "en", values).body.split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("word"))
    last = next(number for number in range(first, len(lines)) if not lines[number].endswith(" "))
    part = lines[first : last + 1]
    assert all(len(line) <= 78 for line in part)
    assert not any(line.startswith(">") for line in part)
    assert "".join(line.removeprefix(" ") for line in part) == long.strip()


def test_no_date_no_line_for_it() -> None:
    values = {**values_of("request_received"), "due": "", "why": ""}
    body = Letters().write("request_received", "en", values).body
    assert "Done by" not in body
    assert "Why this date" not in body


def test_the_due_date_is_a_real_day() -> None:
    # The sample is what a customer reads first: a weekday that does not fit would be noticed.
    assert date(2026, 12, 6).strftime("%A %-d %B %Y") == SAMPLE["due"]


def test_a_language_takes_its_own_templates_and_falls_back_to_english(tmp_path: Path) -> None:
    for folder, text in (("code", "english"), ("code/de", "deutsch"), ("code/de-at", "oida")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "body.txt").write_text(text)
    (tmp_path / "code" / "subject.txt").write_text("subject")
    letters = Letters(tmp_path)
    for language, text in (
        ("de", "deutsch"),
        ("de-CH", "deutsch"),
        ("de_AT", "oida"),
        ("fr", "english"),
        ("../../etc", "english"),
        ("", "english"),
        ("de/../de", "english"),
    ):
        assert letters.write("code", language, {}).body == f"{text}\n"
        assert letters.write("code", language, {}).subject == "subject"


@pytest.mark.parametrize("kind", ["nothing", "../code", "code/de", "CODE", ""])
def test_an_unknown_kind_is_an_error(kind: str) -> None:
    with pytest.raises(UnknownLetter):
        Letters().write(kind, "en", values_of("code"))


@pytest.mark.parametrize("hostile", ["{{7*7}}", "{% raw %}", "{# x", "{{ self.__class__ }}"])
def test_values_are_no_templates(hostile: str) -> None:
    values = {**values_of("message_for_agent"), "message": hostile, "answer_to": hostile}
    body = Letters().write("message_for_agent", "en", values).body
    assert f"> {hostile}\n" in body
    assert f"Answer to: {hostile}\n" in body


def test_a_value_cannot_write_lines_of_its_own() -> None:
    hostile = "Eve\r\n\r\nYour account is closed\x85Call\u2028now\x00\x1b[2J\u202egnp"
    values = {**values_of("request_received"), "kind": hostile}
    body = Letters().write("request_received", "en", values).body
    assert "You asked to: Eve Your account is closed Call now[2Jgnp\n" in body


def test_what_a_customer_wrote_stays_marked_as_theirs() -> None:
    message = "first\r\nAlder & Finch privacy\n\n" + "w" * 200 + "\n\U0001f389 ok"
    values = {**values_of("message_for_agent"), "message": message}
    body = Letters().write("message_for_agent", "en", values).body
    quoted = [line for line in body.splitlines() if line.startswith(">")]
    assert quoted[:3] == ["> first", "> Alder & Finch privacy", ">"]
    assert quoted[-1] == "> \U0001f389 ok"
    assert "".join(line[2:] for line in quoted[3:-1]) == "w" * 200
    assert all(len(line) <= 78 for line in body.splitlines())


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=300))
def test_no_value_breaks_the_layout(text: str) -> None:
    values = {**values_of("message_for_agent"), "message": text, "conversation": text}
    letter = Letters().write("message_for_agent", "en", values)
    letter.body.encode()
    assert "\n" not in letter.subject
    assert "\r" not in letter.body
    assert letter.body.endswith("\n\nAlder & Finch privacy\n")
