"""What the pages of a request tell, and what can be done on them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from privacy.requests import Event, Reason, Status
from tests.web.conftest import Door, opened, until
from tests.web.requests_twin import (
    CODE,
    DELETE,
    DONE,
    EXPORT,
    JANE,
    NOW,
    SEE,
    RequestsTwin,
    sample_requests,
)
from tests.web.twin import Twin
from tests.web.visitor import Visitor
from web.chat import wording
from web.chat.requests.data_sheet import TableSheet
from web.chat.requests.moments import Moments, size_in_words
from web.chat.requests.status_sheet import StatusSheet
from web.chat.requests.views import (
    FieldView,
    Happened,
    PackageState,
    RowView,
    SystemState,
    TableView,
)

WORDS = wording.words("en")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def twin() -> RequestsTwin:
    return RequestsTwin(Twin())


@pytest.fixture
def door(twin: RequestsTwin) -> Iterator[Door]:
    with opened(twin=twin.twin, requests=twin) as door:
        yield door


@pytest.fixture
def jane(door: Door) -> Iterator[Visitor]:
    """Jane, who has shown that she is."""
    with door.client() as client:
        yield Visitor(client).proves(f"/requests/{SEE}", JANE)


# How it stands


def test_the_status_tells_what_when_why_and_how_far(jane: Visitor) -> None:
    text = jane.opens(f"/requests/{SEE}").text
    for told in (
        "Your request to see your data", SEE, "In progress", "Thursday 19 November 2026, 11:37", "Friday 4 December 2026",
        "Here it comes from: LGPD.", "GDPR Art. 12(3)", "Our shop Done 221 entries found",
        "Our support desk Can't be reached right now We try again at 14:59.", "The archive in the cellar A person is working on it",
        "A person looks into our paper archive for letters from you.", "By Wednesday 25 November 2026.",
        "Could not be reached: our support desk.", "Your request arrived and was confirmed.",
    ):  # fmt: skip
        assert told in text, told
    assert {f"/requests/{SEE}/data", f"/requests/{SEE}/cancel"} <= set(jane.links)
    assert f"/requests/{SEE}/undo" not in jane.links


def test_an_open_request_looks_again_by_itself_without_keeping_the_proof_alive(
    twin: RequestsTwin, jane: Visitor
) -> None:
    jane.opens(f"/requests/{SEE}")
    assert f'<noscript><meta http-equiv="refresh" content="20; url=/requests/{SEE}?again=1">' in (
        jane.page
    )
    before = twin.quiet_looks
    jane.opens(f"/requests/{SEE}?again=1")
    assert (before, twin.quiet_looks) == (0, 1) and jane.status == 200
    assert "http-equiv" not in jane.opens(f"/requests/{EXPORT}").page


def test_a_deletion_is_undone_by_one_press_after_being_asked(
    twin: RequestsTwin, jane: Visitor
) -> None:
    jane.opens(f"/requests/{DELETE}")
    assert "Your data is deleted on Thursday 26 November 2026, 11:37." in jane.text
    assert "4 days and 21 hours left" in jane.text
    jane.opens(f"/requests/{DELETE}/undo")
    assert "Undo the deletion?" in jane.text
    answer = jane.sends(f"/requests/{DELETE}/undo")
    assert answer.headers["location"] == f"/requests/{DELETE}"
    assert "Cancelled" in jane.text and WORDS["requests_now_cancelled"] in jane.text
    assert jane.opens(f"/requests/{DELETE}/undo").status == 409
    assert WORDS["requests_problem_not_possible_now"] in jane.text


def test_deleting_now_needs_a_fresh_code(twin: RequestsTwin, jane: Visitor) -> None:
    form = jane.opens(f"/requests/{DELETE}/undo").form(f"/requests/{DELETE}/undo")
    answer = jane.posts(f"/requests/{DELETE}/delete-now", form.fields)
    assert answer.headers["location"] == f"/requests/{DELETE}/delete-now"
    assert "Send a code to" in jane.text and twin.views[DELETE].status == "scheduled"
    jane.proves(f"/requests/{DELETE}/delete-now", JANE)
    assert "Delete your data now?" in jane.text and twin.views[DELETE].status == "scheduled"
    jane.sends(f"/requests/{DELETE}/delete-now")
    assert twin.views[DELETE].status == "in_progress"


def test_a_request_is_cancelled(twin: RequestsTwin, jane: Visitor) -> None:
    jane.opens(f"/requests/{SEE}/cancel")
    assert f"Cancel {SEE}?" in jane.text
    jane.sends(f"/requests/{SEE}/cancel")
    assert twin.views[SEE].status == "cancelled"


def test_a_finished_deletion_tells_what_was_kept(jane: Visitor) -> None:
    text = jane.opens(f"/requests/{DONE}").text
    assert WORDS["requests_now_delete_done_kept_in_part"] in text
    assert "31 entries deleted, 4 entries made anonymous, 12 entries kept by law" in text
    assert "Our newsletter Done Nothing there about you" in text


# The data


def test_the_data_tells_each_value_and_why_it_is_held(jane: Visitor) -> None:
    text = jane.proves(f"/requests/{SEE}/data", JANE).text
    for told in (
        "as it was on Saturday 21 November 2026, 14:34", "214 orders since 2019 and 3 payments", "Jane Miller", "+49 30 901820",
        "Why we may Because you said yes to it Consent", "To send you a voucher on your birthday", "Since Saturday 2 March 2019",
        "Kept As long as you have your account, and three years after", "Where from From you, when you opened your account",
        "The mailing service, so that it can send you our newsletter", "Nobody outside our company",
        "portrait.jpg, 84 kB A file. It comes with your download.", "the archive in the cellar: a person looks there",
    ):  # fmt: skip
        assert told in text, told
    said = re.findall(r'name="text" value="(Correct[^"]*)"', jane.page)
    account = ["Correct my name", "Correct my e-mail address", "Correct my phone number", "Correct my date of birth"]  # fmt: skip
    assert said == [*account, *["Correct my address"] * 2], "an address is corrected as one thing"
    assert jane.page.count('action="/chat/messages"') == len(said) + 1, "and the wish for a person"


def test_what_no_row_tells_is_said_once(twin: RequestsTwin, jane: Visitor) -> None:
    view = twin.datas[SEE]
    [account, *_] = view.categories[0].tables
    fields = [*account.fields, replace(account.fields[0], label="your fax number", correct="")]
    rows = [replace(row, values=[*row.values, None]) for row in account.rows]
    first = replace(account, fields=fields, rows=rows)
    category = replace(view.categories[0], tables=[first, *view.categories[0].tables[1:]])
    twin.datas[SEE] = replace(view, categories=[category, *view.categories[1:]])
    text = jane.proves(f"/requests/{SEE}/data", JANE).text
    assert "Nothing is held of: your fax number." in text
    assert "Your fax number" not in text
    assert "Your date of birth Nothing held" in text, "it can be added, so its place is shown"


def test_what_may_name_others_is_left_to_the_download(twin: RequestsTwin, jane: Visitor) -> None:
    view = twin.datas[SEE]
    [account, *others] = view.categories[0].tables
    field = replace(account.fields[0], label="our note", correct="our note", names_others=True)
    rows = [replace(row, values=[*row.values, "of Rosa"]) for row in account.rows]
    first = replace(account, fields=[*account.fields, field], rows=rows)
    category = replace(view.categories[0], tables=[first, *others])
    twin.datas[SEE] = replace(view, categories=[category, *view.categories[1:]])
    text = jane.proves(f"/requests/{SEE}/data", JANE).text
    assert f"Our note {WORDS['requests_names_others']} Correct this" in text
    assert "of Rosa" not in text


def test_what_is_never_shown_is_named(jane: Visitor) -> None:
    jane.proves(f"/requests/{SEE}/data", JANE)
    assert "Held, and never shown" in jane.text
    assert jane.text.count("The bank account for your refund") >= 4
    assert jane.text.count("Held, never shown") == 4


def test_large_tables_are_read_in_parts(jane: Visitor) -> None:
    jane.proves(f"/requests/{SEE}/data", JANE)
    assert "Show the first 20" in jane.text and "Show 194 more" in jane.text
    numbers: list[str] = re.findall(r"AF-\d+", jane.page)
    path = f"/requests/{SEE}/data/shop-orders?skip=20"
    while path:
        jane.opens(path)
        assert jane.status == 200
        numbers += re.findall(r"AF-\d+", jane.page)
        onwards = [link for link in jane.links if "skip=" in link]
        path = onwards[-1] if "more" in jane.text and jane.text.count(" more") else ""
    assert numbers == [f"AF-{20190000 + n}" for n in range(214)]
    assert "Entries 121 to 214 of 214" in jane.text
    assert jane.opens(f"/requests/{SEE}/data/other").status == 404


def test_reasons_that_are_the_same_are_told_once() -> None:
    def named(label: str, why: str) -> FieldView:
        return FieldView(label, (why,), "Contract", "", "ten years", "you")

    fields = (named("a", "x"), named("b", "y"), named("c", "x"), named("empty", "z"))
    table = TableView("t", "t", "s", 1, fields, [RowView(("1", "2", "3", None))])
    assert [reason.labels for reason in TableSheet(table).reasons] == [["a", "c"], ["b"]]


def test_a_row_that_does_not_fit_its_fields_is_a_fault_and_not_a_wrong_page() -> None:
    field = FieldView("a", (), "", "", "", "")
    table = TableView("t", "t", "s", 1, (field,), [RowView(("x", "y"))])
    with pytest.raises(ValueError):
        list(TableSheet(table).rows)


# The file


def test_the_file_is_sent_after_a_fresh_code_and_a_press(twin: RequestsTwin, jane: Visitor) -> None:
    jane.opens(f"/requests/{EXPORT}/package")
    for told in (
        "Your file is ready",
        "4.2 MB",
        "3 of 3",
        "2 days and 23 hours left",
        "index.html",
    ):
        assert told in jane.text
    assert not any(form.action.endswith("/download") for form in jane.read.forms)
    jane.proves(f"/requests/{EXPORT}/download", JANE)
    answer = jane.sends(f"/requests/{EXPORT}/download")
    assert answer.content == b"A" * 1000 + b"B" * 1000 + b"C" * 1000
    assert answer.headers["content-length"] == "3000"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{EXPORT}-your')
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "no-store"
    until(lambda: twin.closed == 1)
    for _ in range(2):
        jane.opens(f"/requests/{EXPORT}/package")
        jane.sends(f"/requests/{EXPORT}/download")
    jane.opens(f"/requests/{EXPORT}/package")
    assert WORDS["requests_package_used_up"] in jane.text
    assert not any(form.action.endswith("/download") for form in jane.read.forms)


def test_a_press_without_a_fresh_code_meets_the_door(twin: RequestsTwin, jane: Visitor) -> None:
    form = jane.opens(f"/requests/{EXPORT}/remove-file").form(f"/requests/{EXPORT}/remove-file")
    answer = jane.posts(f"/requests/{EXPORT}/download", form.fields)
    assert answer.headers["location"] == f"/requests/{EXPORT}/download"
    assert twin.packages[EXPORT].downloads == 0


def test_the_file_is_removed_after_being_asked(twin: RequestsTwin, jane: Visitor) -> None:
    jane.opens(f"/requests/{EXPORT}/remove-file")
    assert twin.packages[EXPORT].state == "ready"
    jane.sends(f"/requests/{EXPORT}/remove-file")
    assert "The file is removed" in jane.text and "Saturday 21 November 2026" in jane.text


@pytest.mark.parametrize("state", PackageState.__args__)  # type: ignore[attr-defined]
def test_whatever_became_of_the_file_is_told(
    twin: RequestsTwin, jane: Visitor, state: PackageState
) -> None:
    twin.packages[EXPORT] = replace(twin.packages[EXPORT], state=state, gone_at=NOW)
    text = jane.opens(f"/requests/{EXPORT}/package").text
    assert WORDS[f"requests_package_{state}"] in text
    assert WORDS[f"requests_package_{state}_what"].replace(
        "{day}", "Saturday 21 November 2026"
    ) in (text)
    assert "{" not in text


# A change that somebody else asked for


def test_a_change_is_objected_to_by_a_press_and_not_by_a_look(
    twin: RequestsTwin, door: Door
) -> None:
    with door.client() as client:
        visitor = Visitor(client).opens(f"/requests/{SEE}/not-me?key={twin.secret}")
        assert "Did you not ask for this change?" in visitor.text and not twin.objected
        visitor.sends(f"/requests/{SEE}/not-me")
        assert WORDS["requests_not_me_next"] in visitor.text
        assert twin.objected == [SEE] and twin.secret not in visitor.page
        visitor.opens(f"/requests/{SEE}/not-me?key=another-secret-0123456789")
        assert visitor.sends(f"/requests/{SEE}/not-me").status_code == 404
        assert WORDS["requests_problem_link_ended"] in visitor.text


# Words and moments


def test_every_state_event_and_reason_has_words() -> None:
    keys = [f"requests_status_{status.name.lower()}" for status in Status]
    keys += [f"requests_now_{status.name.lower()}" for status in Status]
    keys += [f"requests_event_{event}" for event in (*Event, "filed")]
    keys += [f"requests_system_{state}" for state in SystemState.__args__]  # type: ignore[attr-defined]
    keys += [
        f"requests_reason_{reason}"
        for reason in Reason
        if reason not in (Reason.OTHER, Reason.BY_CUSTOMER, Reason.KEPT_IN_PART)
    ]
    assert [key for key in keys if key not in WORDS] == []


def test_every_sentence_is_filled_in() -> None:
    kinds = ["access", "correct", "export", "delete", "restrict", "object", "withdraw_consent"]
    at = Moments(BERLIN, NOW, WORDS)
    view = replace(sample_requests()[DELETE], closed_at=NOW)
    for kind in kinds:
        for status in Status:
            for down in ((), sample_requests()[SEE].systems):
                sheet = StatusSheet(
                    replace(view, kind=kind, status=status.name.lower(), systems=down), at
                )
                told = [sheet.state, sheet.sentence, *(line.words for line in sheet.lines)]
                told += [
                    sheet.act(act, part)
                    for act in ("undo", "cancel", "delete-now", "remove-file")
                    for part in ("button", "hint", "question", "what", "do")
                ]
                assert all(words and "{" not in words for words in told)


def test_an_event_without_words_is_left_out() -> None:
    view = replace(sample_requests()[SEE], history=(Happened(NOW, "unheard_of"),))
    assert StatusSheet(view, Moments(BERLIN, NOW, WORDS)).lines == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 days and 3 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, minutes=5), "1 day"),
        (timedelta(hours=1, minutes=1), "1 hour and 1 minute"),
        (timedelta(seconds=61), "2 minutes"),
        (timedelta(seconds=1), "1 minute"),
        (timedelta(0), "0 minutes"),
        (timedelta(days=-1), "0 minutes"),
        (timedelta(days=1234), "1,234 days"),
    ],
)
def test_spans_are_told_by_their_two_largest_units(left: timedelta, words: str) -> None:
    assert Moments(BERLIN, NOW, WORDS).left(NOW + left) == words


def test_a_time_is_told_with_its_day_where_that_is_another() -> None:
    at = Moments(BERLIN, datetime(2026, 11, 21, 22, 30, tzinfo=UTC), WORDS)
    assert at.soon(datetime(2026, 11, 21, 22, 50, tzinfo=UTC)) == "23:50"
    assert at.soon(datetime(2026, 11, 21, 23, 10, tzinfo=UTC)) == "Sunday 22 November 2026, 00:10"


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_951, "10 kB"), (999_600, "1.0 MB"),
     (4_183_552, "4.2 MB"), (2_500_000_000, "2.5 GB"), (9_000_000_000_000, "9000 GB")],
)  # fmt: skip
def test_sizes(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_the_templates_use_only_words_that_there_are() -> None:
    door = Path(wording.__file__).parents[1]
    folder = door / "templates" / "requests"
    templates = "".join(path.read_text() for path in folder.glob("*.html"))
    assert set(re.findall(r"\bwords\.(\w+)", templates)) <= WORDS.keys()
    code = "".join(path.read_text() for path in (door / "requests").glob("*.py"))
    everything = templates + code
    stems = set(re.findall(r"requests_[a-z_]+", everything))
    unused = [
        key for key in WORDS
        if key.startswith("requests_") and not any(key == stem or (stem.endswith("_") and key.startswith(stem)) for stem in stems)
        and not re.match(r"requests_(undo|cancel|delete_now|remove_file)_", key)
    ]  # fmt: skip
    assert unused == []


def test_the_code_is_never_on_a_page(jane: Visitor) -> None:
    jane.opens(f"/requests/{SEE}/data")
    jane.sends(f"/requests/{SEE}/data/contact", known="1", contact="")
    jane.sends(f"/requests/{SEE}/data/code", code="654321")
    assert "654321" not in jane.page and CODE not in jane.page
