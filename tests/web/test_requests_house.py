"""The pages of requests on the real Vera at the sample company: who may see and do what, with real codes."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from privacy.clock import FixedClock
from privacy.datamap.wishes import read_wish
from privacy.errors import (
    NothingToResend,
    NotPossibleNow,
    NotProven,
    RequestNotFound,
    ResendTooSoon,
)
from privacy.filing import Filed
from privacy.requests import Status
from tests.driving.inside import newest_code
from tests.privacy.desk.test_reviewing import mark_messages
from tests.privacy.fake_outbox import other_code
from tests.privacy.fulfilment.vera_world import (
    JANE,
    KARL,
    NOBODY,
    VeraWorld,
    Visit,
    contact,
    vera_world,
)
from web.chat.requests.house import HouseRequests
from web.chat.requests.views import Checked, Page

PAGES: tuple[Page, ...] = get_args(Page)
FRESH: tuple[Page, ...] = ("data", "download", "delete-now")
NOBODYS, OTHER = "PR-7K4M-29XH", "PR-2222-2224"
MASKED = "j•••@example.com"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VeraWorld]:
    with vera_world(tmp_path / "vera", FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))) as world:
        yield world


@pytest.fixture
def house(world: VeraWorld) -> HouseRequests:
    return HouseRequests(world.vera)


class Browser:
    """A customer's browser at the pages of the house."""

    def __init__(self, world: VeraWorld, house: HouseRequests, visit: Visit | None = None) -> None:
        self.world, self.house = world, house
        self.visit = visit or world.visit()
        self.conversation = self.visit.conversation

    def ask(self, page: Page, reference: str, typed: str | None = JANE) -> None:
        self.house.ask_code(
            self.conversation, reference, page, contact(typed) if typed else None, self.world.turn(), "en"
        )  # fmt: skip

    def type(self, page: Page, reference: str, text: str = "") -> Checked:
        """Type a code, the newest one if none is said."""
        text = text or newest_code(self.world.vera)
        checked = self.house.check_code(
            self.conversation, self.visit.token, reference, page, text, self.world.turn()
        )
        self.visit.token = checked.new_token or self.visit.token
        return checked

    def prove(self, page: Page, reference: str, typed: str | None = JANE) -> "Browser":
        self.ask(page, reference, typed)
        assert self.type(page, reference).outcome == "accepted"
        return self

    def needs(self, page: Page, reference: str) -> str:
        return self.house.needs(self.conversation, reference, page, quietly=True).what

    def act(self, name: str, reference: str) -> object:
        """One verb of the pages."""
        house, here = self.house, self.conversation
        looks: dict[str, Callable[[], object]] = {
            "status": lambda: house.status(here, reference, quietly=False),
            "data": lambda: house.data(here, reference),
            "more": lambda: house.more(here, reference, "shop-orders", 0),
            "package": lambda: house.package(here, reference, quietly=False),
            "download": lambda: house.download(here, reference),
            "undo": lambda: house.undo(here, reference, self.world.turn()),
            "cancel": lambda: house.cancel(here, reference, self.world.turn()),
            "delete-now": lambda: house.delete_now(here, reference, self.world.turn()),
            "remove-file": lambda: house.remove_package(here, reference, self.world.turn()),
        }
        return looks[name]()


@pytest.fixture
def jane(world: VeraWorld, house: HouseRequests) -> Browser:
    return Browser(world, house)


VERBS = ("status", "data", "more", "package", "download", "undo", "cancel", "delete-now", "remove-file")  # fmt: skip
LOOKS = ("status", "data", "more", "package", "download")


def state_of_all(world: VeraWorld) -> list[object]:
    """Everything that a verb could have changed."""
    kept = ("request", "work", "package", "task", "request_event")
    with world.vera.database.read() as tx:
        return [tx.exec_driver_sql(f"SELECT * FROM {table}").all() for table in kept]


# -- who may -------------------------------------------------------------------------------------------------------------


def test_nothing_is_shown_or_done_without_a_code(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("access")
    for verb in VERBS:
        for reference in (filed.reference, NOBODYS):
            with pytest.raises(NotProven):
                jane.act(verb, reference)


def test_each_page_needs_its_own_level(world: VeraWorld, house: HouseRequests) -> None:
    """Whether there is such a request shows in nothing here."""
    mine = world.file("access").reference
    for page in PAGES:
        for reference in (mine, NOBODYS):
            world.later(minutes=30)  # codes to one mailbox are limited
            browser = Browser(world, house)
            assert [browser.needs(one, reference) for one in PAGES] == ["contact"] * len(PAGES)
            browser.ask(page, reference)
            assert browser.needs(page, reference) == "code"
            browser.type(page, reference)
            opened = {one for one in PAGES if browser.needs(one, reference) == "nothing"}
            assert opened == {one for one in PAGES if one not in FRESH} | {page}
            if page in FRESH:
                assert browser.needs(page, OTHER) == "contact", "for this request alone"


def test_who_is_known_already_has_nothing_to_type_twice(jane: Browser, world: VeraWorld) -> None:
    filed = world.done("access")
    jane.prove("status", filed.reference)
    needs = jane.house.needs(jane.conversation, filed.reference, "data", quietly=False)
    assert (needs.what, needs.known_contact) == ("contact", MASKED)
    jane.prove("data", filed.reference, None)
    assert jane.act("data", filed.reference) is not None


def test_the_contact_of_nobody_is_not_the_known_one(jane: Browser) -> None:
    with pytest.raises(NotProven):
        jane.ask("data", NOBODYS, None)


def test_the_code_of_the_chat_opens_the_page_with_the_data_too(
    world: VeraWorld, house: HouseRequests
) -> None:
    visit = world.visit()
    filed = world.file("access", visit=visit)
    world.work()
    browser = Browser(world, house, visit)
    with pytest.raises(NotProven):
        browser.act("data", filed.reference)
    world.vera.disclose(visit.conversation, filed.reference)
    assert browser.act("data", filed.reference) is not None
    with pytest.raises(NotProven):
        browser.act("download", filed.reference)
    with pytest.raises(NotProven):
        browser.act("data", world.file("access", KARL).reference)
    for _ in range(5):  # used all the time: an hour, and no longer
        world.later(minutes=11)
        browser.act("data", filed.reference)
    world.later(minutes=6)
    with pytest.raises(NotProven):
        browser.act("data", filed.reference)


def one_of_each(world: VeraWorld) -> list[str]:
    """Requests of Jane's in every state that has a page of its own."""
    access, export = world.done("access"), world.done("export")
    planned, waiting = world.file("delete"), world.file("restrict")
    with world.away("support"):
        assert world.work() == ["down"]
    return [one.reference for one in (access, export, planned, waiting)]


def test_somebody_elses_request_is_like_one_that_does_not_exist(
    world: VeraWorld, house: HouseRequests
) -> None:
    """With every proof that one may have: also with a fresh one that was made for that very reference (S-46)."""
    theirs = one_of_each(world)
    karl = Browser(world, house)
    before = state_of_all(world)
    pages: dict[str, Page] = {"more": "data", **{str(page): page for page in PAGES}}
    for verb in VERBS:
        answers: list[object] = []
        for reference in (*theirs, NOBODYS):
            world.later(hours=1)  # codes to one mailbox are limited
            karl.prove(pages[verb], reference, KARL)
            if verb in LOOKS:
                answers.append(karl.act(verb, reference))
            else:
                with pytest.raises(RequestNotFound) as told:
                    karl.act(verb, reference)
                answers.append(str(told.value))
        assert len(set(answers)) == 1, verb
        assert (answers[0] is None) == (verb in LOOKS)
    assert state_of_all(world) == before
    assert not [line for line in world.audit() if line.act == "data.shown"]


def test_one_session_for_two_persons_shows_each_their_own(
    world: VeraWorld, house: HouseRequests, jane: Browser
) -> None:
    """A shared browser: whoever proved themselves last is who is there."""
    filed = world.done("access")
    world.vera.disclose(jane.conversation, filed.reference)
    jane.prove("status", filed.reference)
    assert jane.act("data", filed.reference) is not None
    world.later(minutes=1)
    jane.prove("status", filed.reference, KARL)
    assert [jane.act(verb, filed.reference) for verb in ("status", "data", "package")] == [None] * 3


def test_who_shares_an_address_sees_what_was_asked_for_them_together(
    world: VeraWorld, jane: Browser
) -> None:
    shared = "family.brandt@example.com"
    filed = world.file("access", shared)
    jane.prove("status", filed.reference, shared)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert view.status == "checking_identity"
    assert view.acts == {"cancel"}
    jane.prove("data", filed.reference, shared)
    with pytest.raises(NotPossibleNow):
        jane.act("data", filed.reference)


# -- for how long --------------------------------------------------------------------------------------------------------


def test_a_page_that_looks_by_itself_keeps_no_proof_alive(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("restrict")
    jane.prove("status", filed.reference)
    for _ in range(3):
        world.later(minutes=5)
        assert jane.house.status(jane.conversation, filed.reference, quietly=True) is not None
        assert jane.house.package(jane.conversation, filed.reference, quietly=True) is None
        assert jane.needs("status", filed.reference) == "nothing"
    world.later(seconds=1)
    assert jane.needs("status", filed.reference) == "contact"
    with pytest.raises(NotProven):
        jane.house.status(jane.conversation, filed.reference, quietly=True)


def test_a_person_who_looks_keeps_it_for_an_hour(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("restrict")
    jane.prove("status", filed.reference)
    for _ in range(4):
        world.later(minutes=14)
        assert jane.act("status", filed.reference) is not None
    world.later(minutes=5)
    with pytest.raises(NotProven):
        jane.act("status", filed.reference)


# -- codes ---------------------------------------------------------------------------------------------------------------


def test_what_comes_of_a_typed_code(world: VeraWorld, jane: Browser) -> None:
    ref = world.file("access").reference
    assert jane.type("data", ref, "123456").outcome == "none"
    jane.ask("data", ref)
    right = newest_code(world.vera)
    told = [jane.type("data", ref, text).outcome for text in ("21.11.2026", "12345", "which code?")]
    assert told == ["date", "length", "unread"]
    assert jane.type("download", ref, right).outcome == "none", "it is for another page"
    assert jane.type("data", NOBODYS, right).outcome == "none", "it is for another request"
    wrong = jane.type("data", ref, other_code(right, 1))
    assert (wrong.outcome, wrong.tries_left, wrong.new_token) == ("wrong", 4, None)
    token = jane.visit.token
    accepted = jane.type("data", ref, right)
    assert accepted.outcome == "accepted"
    assert jane.visit.token != token
    assert world.vera.sessions.enter(token) is None, "the old secret opens nothing any more"
    assert world.vera.sessions.enter(jane.visit.token) == jane.conversation
    assert jane.type("data", ref, right).outcome == "none", "it was used"


def test_a_code_that_is_over_or_locked(world: VeraWorld, jane: Browser) -> None:
    ref = world.file("access").reference
    jane.ask("data", ref)
    code = newest_code(world.vera)
    world.later(minutes=11)
    assert jane.type("data", ref, code).outcome == "expired"
    needs = jane.house.needs(jane.conversation, ref, "data", quietly=False)
    assert (needs.what, needs.state) == ("code", "expired")
    jane.house.resend(jane.conversation, ref, "data", world.turn())
    code = newest_code(world.vera)
    for by in range(1, 6):
        last = jane.type("data", ref, other_code(code, by))
    assert (last.outcome, last.tries_left) == ("locked", 0)
    assert jane.type("data", ref, code).outcome == "locked"
    assert jane.house.needs(jane.conversation, ref, "data", quietly=False).state == "locked"
    with pytest.raises(NothingToResend):
        jane.house.resend(jane.conversation, ref, "data", world.turn())


def test_a_code_is_sent_again_for_its_own_page_only(world: VeraWorld, jane: Browser) -> None:
    ref = world.file("access").reference
    jane.ask("data", ref)
    with pytest.raises(ResendTooSoon):
        jane.house.resend(jane.conversation, ref, "data", world.turn())
    world.later(seconds=31)
    for page, reference in (("download", ref), ("data", NOBODYS)):
        with pytest.raises(NothingToResend):
            jane.house.resend(jane.conversation, reference, page, world.turn())  # type: ignore[arg-type]
    first = newest_code(world.vera)
    jane.house.resend(jane.conversation, ref, "data", world.turn())
    second = newest_code(world.vera)
    assert first == second or jane.type("data", ref, first).outcome == "wrong"
    assert jane.type("data", ref, second).outcome == "accepted"


def test_an_unknown_contact_looks_like_a_known_one(world: VeraWorld, jane: Browser) -> None:
    ref = world.file("access").reference
    seen: list[object] = []
    for typed in (JANE, NOBODY):
        jane.ask("data", ref, typed)
        seen.append(jane.house.needs(jane.conversation, ref, "data", quietly=False))
        checked = jane.type("data", ref, other_code(newest_code(world.vera), 1))
        seen.append((checked.outcome, checked.tries_left))
    assert seen[:2] == seen[2:]


def test_a_contact_that_changed_lately_opens_only_what_one_code_opens(
    world: VeraWorld, jane: Browser
) -> None:
    filed = world.done("access")
    changed = (world.clock.now() - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    world.tell("shop", "UPDATE customers SET contact_changed_at = ? WHERE email = ?", changed, JANE)
    for page in FRESH:
        jane.ask(page, filed.reference)
        checked = jane.type(page, filed.reference)
        assert checked.outcome == "contact_changed"
        assert world.vera.sessions.enter(jane.visit.token) == jane.conversation
        with pytest.raises(NotProven):
            jane.act(page, filed.reference)
    assert jane.act("status", filed.reference) is not None
    assert not [line for line in world.audit() if line.act == "data.shown"]


# -- what is shown -------------------------------------------------------------------------------------------------------


def test_how_a_request_stands(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("access", scope="")
    jane.prove("status", filed.reference)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert (view.kind, view.wish, view.status) == ("access", "see your data", "received")
    assert view.acts == {"cancel"}
    assert not view.has_package
    assert {law.law for law in view.laws} >= {"GDPR", "LGPD"}
    world.work()
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert (view.status, view.acts) == ("done", frozenset())
    assert [system.state for system in view.systems] == ["done"] * 3
    assert {system.label for system in view.systems} == {
        "our shop", "our support desk", "our newsletter",
    }  # fmt: skip
    assert view.data_until == view.closed_at + timedelta(days=30)  # type: ignore[operator]


def test_a_system_that_is_away_is_said_with_the_next_try(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("access")
    with world.away("support"):
        world.work()
    jane.prove("status", filed.reference)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    [away] = [one for one in view.systems if one.state == "down"]
    assert away.again_at == world.clock.now() + timedelta(seconds=20)


def test_the_data_is_shown_as_it_stands_now_and_noted_once(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("access")
    jane.prove("data", filed.reference)
    shown = values(jane.house.data(jane.conversation, filed.reference))
    assert {"Jane Miller", JANE} <= shown
    world.tell("shop", "UPDATE customers SET name = 'Jane Doe' WHERE email = ?", JANE)
    assert "Jane Doe" in values(jane.house.data(jane.conversation, filed.reference))
    noted = [line for line in world.audit(filed) if line.act == "data.shown"]
    assert [(line.actor, line.data) for line in noted] == [("customer", {"operation": "view"})]


def test_tables_are_read_on_and_those_that_are_not_there_are_none(
    world: VeraWorld, jane: Browser
) -> None:
    filed = world.done("access", "karl.sammler@example.com")
    jane.prove("data", filed.reference, KARL)
    first = jane.house.more(jane.conversation, filed.reference, "shop-orders", 0)
    second = jane.house.more(jane.conversation, filed.reference, "shop-orders", 20)
    assert first is not None
    assert second is not None
    assert (len(first.rows), first.skipped, second.skipped) == (20, 0, 20)
    assert first.rows[0] != second.rows[0]
    for table in ("shop-passwords", "nowhere-orders", "shop", "", "shop.orders; --"):
        assert jane.house.more(jane.conversation, filed.reference, table, 0) is None


def test_texts_that_may_name_others_are_left_to_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_messages(tmp_path / "marked", monkeypatch)
    at = FixedClock(datetime(2026, 11, 21, 10, tzinfo=UTC))
    with vera_world(tmp_path / "marked vera", at) as world:
        jane = Browser(world, HouseRequests(world.vera))
        filed = world.done("access")
        jane.prove("data", filed.reference)
        view = jane.house.data(jane.conversation, filed.reference)
        assert view is not None
        [support] = [one for one in view.categories if one.id == "support"]
        [messages] = [one for one in support.tables if one.id == "support-messages"]
        marked = [n for n, field in enumerate(messages.fields) if field.names_others]
        assert [messages.fields[n].label for n in marked] == ["the message"]
        assert {row.values[n] for row in messages.rows for n in marked} == {""}
        assert any(value for row in messages.rows for value in row.values), "the rest is shown"


def test_a_part_shows_its_part_and_a_system_that_is_away_is_named(
    world: VeraWorld, jane: Browser
) -> None:
    scope = read_wish("only my newsletter data", world.vera.datamap, world.clock.now().date()).scope
    part = world.done("access", scope=scope.as_text())
    jane.prove("data", part.reference)
    view = jane.house.data(jane.conversation, part.reference)
    assert view is not None
    assert {category.id for category in view.categories} == {"newsletter"}
    whole = world.done("access")
    jane.prove("data", whole.reference)
    with world.away("newsletter"):
        view = jane.house.data(jane.conversation, whole.reference)
    assert view is not None
    assert view.missing == ["our newsletter"]


def test_the_page_with_the_data_closes_after_its_days(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("access")
    world.later(days=30)
    jane.prove("data", filed.reference)
    assert jane.act("data", filed.reference) is not None
    world.later(minutes=1)
    for verb in ("data", "more"):
        with pytest.raises(NotPossibleNow):
            jane.act(verb, filed.reference)


@pytest.mark.parametrize("kind", ["export", "restrict"])
def test_only_who_asked_to_see_has_a_page_with_the_data(
    world: VeraWorld, jane: Browser, kind: str
) -> None:
    filed = world.done(kind)
    jane.prove("data", filed.reference)
    with pytest.raises(NotPossibleNow):
        jane.act("data", filed.reference)


# -- files ---------------------------------------------------------------------------------------------------------------


def test_a_file_is_counted_down_and_used_up(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("export")
    jane.prove("download", filed.reference)
    making = jane.house.package(jane.conversation, filed.reference, quietly=False)
    assert making is not None
    assert (making.state, jane.act("download", filed.reference)) == ("making", None)
    world.work()
    for left in (2, 1, 0):
        download = jane.house.download(jane.conversation, filed.reference)
        assert download is not None
        taken = b"".join(download.chunks)
        download.close()
        assert (len(taken), taken[:2]) == (download.size, b"PK")
        assert filed.reference in download.filename
        shown = jane.house.package(jane.conversation, filed.reference, quietly=False)
        assert shown is not None
        assert (shown.downloads_left, shown.state) == (left, "ready" if left else "used_up")
    assert shown is not None
    assert shown.gone_at == world.clock.now()
    with pytest.raises(NotPossibleNow):
        jane.act("download", filed.reference)


def test_a_download_that_breaks_off_counts(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("export")
    jane.prove("download", filed.reference)
    download = jane.house.download(jane.conversation, filed.reference)
    assert download is not None
    next(download.chunks)
    download.close()
    shown = jane.house.package(jane.conversation, filed.reference, quietly=False)
    assert shown is not None
    assert shown.downloads == 1


def test_a_file_that_is_over(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("export")
    world.later(hours=72)
    jane.prove("download", filed.reference)
    with pytest.raises(NotPossibleNow):
        jane.act("download", filed.reference)
    shown = jane.house.package(jane.conversation, filed.reference, quietly=False)
    assert shown is not None
    assert (shown.state, shown.gone_at) == ("expired", shown.expires_at)


def test_a_file_is_removed_at_once_and_once(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("export")
    jane.prove("download", filed.reference)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert "remove-file" in view.acts
    for _ in range(2):
        jane.act("remove-file", filed.reference)
    assert [letter.to for letter in world.letters("package_removed")] == [JANE]
    shown = jane.house.package(jane.conversation, filed.reference, quietly=False)
    assert shown is not None
    assert (shown.state, shown.gone_at) == ("removed", world.clock.now())
    with pytest.raises(NotPossibleNow):
        jane.act("download", filed.reference)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert view.acts == frozenset()


def test_where_there_is_no_file_there_is_none_to_remove(world: VeraWorld, jane: Browser) -> None:
    filed = world.done("access")
    jane.prove("download", filed.reference)
    assert (jane.act("package", filed.reference), jane.act("download", filed.reference)) == (None, None)  # fmt: skip
    with pytest.raises(RequestNotFound):
        jane.act("remove-file", filed.reference)


# -- what the customer does ----------------------------------------------------------------------------------------------


def status(world: VeraWorld, filed: Filed) -> Status:
    return world.vera.filing.view(filed.reference, world.subjects()).status


def test_a_planned_deletion_is_undone(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("delete")
    jane.prove("status", filed.reference)
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert view.acts == {"undo", "delete-now"}
    assert view.scheduled_at == world.clock.now() + timedelta(days=7)
    for _ in range(2):
        jane.house.undo(jane.conversation, filed.reference, "one press")
    assert status(world, filed) is Status.CANCELLED
    with pytest.raises(NotPossibleNow):
        jane.act("undo", filed.reference)
    world.later(days=8)
    assert world.work() == []
    assert len(world.letters("request_cancelled")) == 1


def test_a_request_is_taken_back_until_it_cannot_be(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("access")
    jane.prove("status", filed.reference)
    jane.act("cancel", filed.reference)
    assert status(world, filed) is Status.CANCELLED
    done = world.done("access")
    with pytest.raises(NotPossibleNow):
        jane.act("cancel", done.reference)


def test_a_deletion_at_once_needs_a_code_of_its_own(world: VeraWorld, jane: Browser) -> None:
    filed = world.file("delete")
    jane.prove("status", filed.reference)
    with pytest.raises(NotProven):
        jane.act("delete-now", filed.reference)
    assert world.work() == []
    jane.prove("delete-now", filed.reference, None)
    for _ in range(2):
        jane.house.delete_now(jane.conversation, filed.reference, "one press")
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert (view.status, view.acts, view.scheduled_at) == ("in_progress", frozenset(), None)
    assert world.work() == ["done"]
    assert status_after(world, filed) == "done"
    with pytest.raises(NotPossibleNow):
        jane.act("delete-now", filed.reference)
    with pytest.raises(NotPossibleNow):
        jane.act("undo", filed.reference)
    # Their own request stays theirs to look at, though no system knows them any more.
    view = jane.house.status(jane.conversation, filed.reference, quietly=False)
    assert view is not None
    assert view.status == "done"


def status_after(world: VeraWorld, filed: Filed) -> str:
    return str(world.row(filed)["state"])


def test_a_code_for_one_deletion_hastens_no_other(world: VeraWorld, jane: Browser) -> None:
    other = world.file("export")
    jane.prove("delete-now", other.reference)
    with pytest.raises(NotPossibleNow):
        jane.act("delete-now", other.reference)
    planned = world.file("delete")
    with pytest.raises(NotProven):
        jane.act("delete-now", planned.reference)


def test_a_change_of_address_is_objected_to_with_the_secret_of_the_letter(
    world: VeraWorld, house: HouseRequests
) -> None:
    new = "jane.somewhere.else@example.org"
    filed = world.done("correct", field="email", value=new)
    [letter] = world.letters("contact_changed")
    found = re.search(r"not-me\S*[#=]([\w-]+)", letter.text)
    assert found is not None
    secret = found[1]
    for reference, key in ((filed.reference, secret[:-1] + "~"), (NOBODYS, secret), (filed.reference, "")):  # fmt: skip
        assert not house.object_to_change(reference, key)
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE email = ?", new) == [(1,)]
    for _ in range(2):
        assert house.object_to_change(filed.reference, secret)
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE email = ?", JANE) == [(1,)]
    [task] = world.vera.fulfilment.tasks.list_open()
    assert task.kind == "contact_objected"


def test_an_objection_that_comes_too_late_does_nothing(
    world: VeraWorld, house: HouseRequests
) -> None:
    filed = world.done("correct", field="email", value="jane.new@example.org")
    [letter] = world.letters("contact_changed")
    found = re.search(r"not-me\S*[#=]([\w-]+)", letter.text)
    assert found is not None
    world.later(days=7)
    assert not house.object_to_change(filed.reference, found[1])
    assert world.ask("shop", "SELECT count(*) FROM customers WHERE email = ?", JANE) == [(0,)]


def values(view: Any) -> set[str]:
    """Every text on the page with the data."""
    return {
        cell
        for category in view.categories
        for table in category.tables
        for row in table.rows
        for cell in row.values
        if cell
    }
