"""The door before the pages of a request: a contact, a code, the page; without JavaScript, telling nothing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.web.conftest import Door, opened
from tests.web.requests_twin import CODE, DELETE, EXPORT, JANE, NOBODYS, SEE, RequestsTwin
from tests.web.twin import Twin
from tests.web.visitor import Visitor
from web.chat import wording
from web.chat.requests.gate import PageLimits
from web.rate_limits import Rate

WORDS = wording.words("en")


@pytest.fixture
def twin() -> RequestsTwin:
    return RequestsTwin(Twin())


@pytest.fixture
def door(twin: RequestsTwin) -> Iterator[Door]:
    with opened(twin=twin.twin, requests=twin) as door:
        yield door


@pytest.fixture
def visitor(door: Door) -> Iterator[Visitor]:
    with door.client() as client:
        yield Visitor(client)


def test_a_request_is_looked_up_with_reference_contact_and_code(visitor: Visitor) -> None:
    visitor.opens("/requests")
    typed = SEE.lower().replace("-", " ")
    sent = visitor.sends("/requests", reference=typed, contact="jane.miller@example.com")
    assert sent.headers["location"] == f"/requests/{SEE}?begun=1"
    assert WORDS["requests_door_code_sent"] in visitor.text
    before = visitor.client.cookies["vera_session"]
    checked = visitor.sends(f"/requests/{SEE}/status/code", code=CODE)
    assert checked.status_code == 303 and checked.headers["location"] == f"/requests/{SEE}"
    assert visitor.client.cookies["vera_session"] != before
    assert "Your request to see your data" in visitor.text


def test_nothing_is_opened_or_looked_at_before_a_contact_is_typed(
    twin: RequestsTwin, visitor: Visitor
) -> None:
    for path in ("/requests", f"/requests/{SEE}", f"/requests/{SEE}/data", f"/requests/{SEE}/undo"):
        visitor.opens(path)
        assert visitor.status == 200
        assert "set-cookie" not in visitor.answer.headers  # type: ignore[union-attr]
    assert not twin.twin.said and not twin.calls


def test_the_door_is_the_same_for_a_request_that_does_not_exist(visitor: Visitor) -> None:
    pages = []
    for ref in (SEE, NOBODYS):
        visitor.client.cookies.clear()
        visitor.opens(f"/requests/{ref}")
        told = [visitor.text]
        for contact in (JANE, "nobody@example.com"):
            visitor.client.cookies.clear()
            visitor.opens(f"/requests/{ref}")
            visitor.sends(f"/requests/{ref}/status/contact", contact=contact)
            told.append(visitor.text)
            visitor.sends(f"/requests/{ref}/status/code", code="000000")
            told.append(visitor.text)
        pages.append([words.replace(ref, "…") for words in told])
    assert pages[0] == pages[1]
    known, unknown = pages[0][1:3], pages[0][3:5]
    assert known == unknown


def test_after_one_proof_a_fresh_code_needs_no_typing(twin: RequestsTwin, visitor: Visitor) -> None:
    visitor.proves(f"/requests/{SEE}", JANE)
    visitor.opens(f"/requests/{SEE}/data")
    assert "Send a code to j•••@example.com" in visitor.text and JANE not in visitor.page
    visitor.sends(f"/requests/{SEE}/data/contact", known="1", contact="")
    assert twin.awaited[next(iter(twin.twin.said))].contact == JANE
    visitor.sends(f"/requests/{SEE}/data/code", code=CODE)
    assert "Jane Miller" in visitor.text


def test_a_code_for_one_page_opens_no_other(visitor: Visitor) -> None:
    visitor.opens(f"/requests/{SEE}/data")
    visitor.sends(f"/requests/{SEE}/data/contact", contact=JANE)
    fields = {**visitor.form(f"/requests/{SEE}/data/code").fields, "code": CODE}
    answer = visitor.posts(f"/requests/{DELETE}/delete-now/code", fields)
    assert answer.status_code == 422
    assert WORDS["requests_code_none"] in visitor.text


def test_wrong_codes_are_counted_and_close_the_code(visitor: Visitor) -> None:
    visitor.opens(f"/requests/{SEE}")
    visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
    path = f"/requests/{SEE}/status/code"
    for left in (4, 3, 2):
        assert visitor.sends(path, code="111111").status_code == 422
        told = WORDS["requests_code_wrong"].replace("{tries}", str(left))
        assert told in visitor.text and 'aria-invalid="true"' in visitor.page
    visitor.sends(path, code="111111")
    assert WORDS["requests_code_wrong_last"] in visitor.text
    visitor.sends(path, code="111111")
    assert WORDS["requests_code_locked"] in visitor.text
    assert not any(form.action == path for form in visitor.read.forms)
    visitor.proves(f"/requests/{SEE}", JANE)
    assert "In progress" in visitor.text


@pytest.mark.parametrize(
    ("typed", "key"), [("12345", "length"), ("what?", "unread"), ("   ", "unread")]
)
def test_what_is_no_code_costs_no_try(visitor: Visitor, typed: str, key: str) -> None:
    visitor.opens(f"/requests/{SEE}")
    visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
    visitor.sends(f"/requests/{SEE}/status/code", code=typed)
    assert WORDS[f"requests_code_{key}"] in visitor.text
    assert typed.strip() == "" or typed not in visitor.page
    visitor.sends(f"/requests/{SEE}/status/code", code="111111")
    assert "4 tries left" in visitor.text


def test_a_new_code_is_sent_once_and_not_twice_in_a_moment(visitor: Visitor) -> None:
    visitor.opens(f"/requests/{SEE}")
    visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
    assert visitor.sends(f"/requests/{SEE}/status/resend").status_code == 200
    assert WORDS["requests_code_resent"] in visitor.text
    assert visitor.sends(f"/requests/{SEE}/status/resend").status_code == 429
    assert WORDS["requests_problem_resend_too_soon"] in visitor.text


def test_what_is_no_contact_opens_nothing_and_stays_to_be_corrected(
    twin: RequestsTwin, visitor: Visitor
) -> None:
    visitor.opens(f"/requests/{SEE}")
    answer = visitor.sends(f"/requests/{SEE}/status/contact", contact="jane at home <b>")
    assert answer.status_code == 422 and "set-cookie" not in answer.headers
    assert WORDS["requests_problem_contact_unread"] in visitor.text
    assert visitor.form(f"/requests/{SEE}/status/contact").fields["contact"] == "jane at home <b>"
    assert not twin.twin.said and not twin.calls


@pytest.mark.parametrize("typed", ["PR-0000-0001", "", "hello", "<b>", "PR-7K4M-29XX", "x" * 400])
def test_what_is_no_reference_is_told_at_once(
    twin: RequestsTwin, visitor: Visitor, typed: str
) -> None:
    visitor.opens("/requests")
    assert visitor.sends("/requests", reference=typed, contact=JANE).status_code == 422
    assert WORDS["requests_problem_no_reference"] in visitor.text
    assert visitor.form("/requests").fields["contact"] == JANE
    assert not twin.calls
    if typed and "/" not in typed:
        assert visitor.opens(f"/requests/{typed}").status == 404
        assert WORDS["requests_problem_no_reference"] in visitor.text


def test_too_many_codes_are_told_with_what_to_do(twin: RequestsTwin, visitor: Visitor) -> None:
    twin.too_many = True
    visitor.opens(f"/requests/{SEE}")
    answer = visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
    assert answer.status_code == 429
    assert WORDS["requests_problem_too_many_codes"] in visitor.text


def test_who_goes_too_fast_is_told_to_wait(twin: RequestsTwin) -> None:
    slow = PageLimits(acts_per_address=Rate(burst=2, per_second=0.01))
    with opened(twin=twin.twin, requests=twin, page_limits=slow) as door, door.client() as client:
        visitor = Visitor(client).opens(f"/requests/{SEE}")
        visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
        visitor.sends(f"/requests/{SEE}/status/code", code="111111")
        answer = visitor.sends(f"/requests/{SEE}/status/code", code=CODE)
        assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
        assert WORDS["requests_problem_too_many_messages"] in visitor.text
    assert twin.calls.count("check_code") == 1


def test_a_browser_that_keeps_no_cookie_is_told_so(door: Door) -> None:
    with httpx.Client(base_url=door.url, trust_env=False) as client:
        visitor = Visitor(client).opens(f"/requests/{SEE}")
        sent = visitor.sends(f"/requests/{SEE}/status/contact", contact=JANE)
        client.cookies.clear()
        visitor.opens(sent.headers["location"])
        assert WORDS["requests_no_cookie"] in visitor.text


def test_a_session_that_ended_meets_the_door_again(twin: RequestsTwin, visitor: Visitor) -> None:
    visitor.proves(f"/requests/{SEE}", JANE)
    form = visitor.opens(f"/requests/{SEE}/cancel").form(f"/requests/{SEE}/cancel")
    twin.twin.tokens.clear()
    assert visitor.posts(form.action, form.fields).status_code == 403
    assert WORDS["requests_problem_conversation_gone"] in visitor.text
    visitor.opens(f"/requests/{SEE}")
    assert WORDS["requests_door_why"] in visitor.text


def test_a_code_for_the_file_leads_to_its_page_and_sends_nothing(
    twin: RequestsTwin, visitor: Visitor
) -> None:
    visitor.proves(f"/requests/{EXPORT}/download", JANE)
    assert "Download (4.2 MB)" in visitor.text
    assert "download" not in twin.calls


def test_codes_are_told_in_the_words_of_the_chat() -> None:
    folder = Path(__file__).parents[2] / "data" / "verify"
    said = yaml.safe_load((folder / "responses.yml").read_text())["responses"]
    for ours, theirs in {
        "requests_code_wrong": "utter_code_wrong",
        "requests_code_wrong_last": "utter_code_wrong_last",
        "requests_code_date": "utter_code_date",
        "requests_code_length": "utter_code_length",
        "requests_code_unread": "utter_code_unread",
        "requests_problem_resend_too_soon": "utter_problem_resend_too_soon",
        "requests_problem_too_many_codes": "utter_problem_too_many_codes",
        "requests_contact_label": "utter_ask_verify_form_contact",
    }.items():
        assert WORDS[ours] == said[theirs][0]["text"], ours
