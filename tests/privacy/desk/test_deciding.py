"""Refusals and extensions: what the customer reads, which date they get, and what two people decide."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from privacy.agents.roles import Role
from privacy.dates import long_date
from privacy.deadlines import extended_dates
from privacy.desk.errors import (
    BegunAlready,
    ExtendedAlready,
    NoExtension,
    NoProposal,
    NoReasonFits,
    OwnProposal,
    ProposalWaits,
    ReasonMissing,
    TooLateToExtend,
)
from privacy.desk.requests.proposals import Proposal
from privacy.errors import NotAllowed, Problem
from privacy.filing import Filed, ledger
from privacy.fulfilment.job import ForPerson, Job, Outcome, Steps
from privacy.mail.letters import Letters
from privacy.requests import Reason, State
from privacy.store.tables.decisions import proposal
from privacy.store.tables.fulfilment import task
from tests.privacy.desk.desk_world import DeskWorld
from tests.privacy.filing.filing_world import BERLIN, POLICY
from tests.privacy.fulfilment.work_world import DONE

ALWAYS = {
    "company": "Alder & Finch",
    "origin": "https://p.example",
    "chat": "https://p.example/chat",
}


def letter(world: DeskWorld, kind: str) -> str:
    """The newest letter of a kind, as it is read; lines joined."""
    sent = world.mails.sent(kind)[-1]
    body = Letters().write(kind, "en", {**ALWAYS, **sent.values}).body
    return " ".join(body.split())


def waiting(world: DeskWorld, filed: Filed) -> Proposal:
    with world.database.read() as tx:
        found = world.desk.deciding._proposals.open_one(tx, world.row(filed)["id"])
    assert found is not None
    return found


def refused(world: DeskWorld, filed: Filed, reason: str = "excessive") -> None:
    """Proposed by one officer and approved by another."""
    assert world.desk.deciding.refuse(filed.reference, reason, world.officer, "c1") == "propose"
    world.desk.deciding.approve(filed.reference, waiting(world, filed).id, world.colleague, "c2")


class TestRefusing:
    def test_the_letter_says_why_which_law_and_where_to_complain(self, world: DeskWorld) -> None:
        filed = world.file("access")
        refused(world, filed)
        text = letter(world, "request_refused")
        refusal = POLICY.decisions.refusals["excessive"]
        for sentence in (
            f"Reference: {filed.reference}",
            "You asked to: see your data",
            "Refused: all of it",
            f"The reason: {refusal.text()}",
            f"Where the law says so: {refusal.law}",
            "If you see it differently, reply to this mail and say why. Another person looks at it again.",
            "You can also complain to the data protection authority where you live or work.",
            "And you can go to court.",
        ):
            assert sentence in text
        assert world.mails.sent("request_refused")[0].to == "ada@example.com"

    @pytest.mark.parametrize("reason", sorted(POLICY.decisions.refusals))
    def test_every_reason_tells_itself_in_whole_sentences(self, reason: str) -> None:
        one = POLICY.decisions.refusals[reason]
        assert one.text().endswith(".")
        assert one.text()[0].isupper()
        assert one.law
        assert one.kinds <= set(POLICY.kinds)
        assert not one.kinds & {"object", "withdraw_consent"}

    def test_the_request_is_closed_its_work_ended_and_said_once(self, world: DeskWorld) -> None:
        filed = world.file("access")
        task_id = world.ask(filed)
        refused(world, filed, "rights_of_others")
        row = world.row(filed)
        assert (row["state"], row["reason"]) == (State.DECLINED, Reason.CLAIM_NOT_COVERED)
        assert world.events(filed)[-1] == ("declined", world.colleague.actor)
        assert world.wordings() == ["utter_request_refused"]
        assert world.work_states() == ["ended"]
        done = world.tasks.get(task_id)
        assert done is not None
        assert (done.is_open, done.done_by) == (False, world.colleague.actor)
        assert world.work() == []

    def test_who_proposed_it_stands_in_the_history(self, world: DeskWorld) -> None:
        filed = world.file("access")
        refused(world, filed)
        with world.database.read() as tx:
            last = ledger.history(tx, world.row(filed)["id"])[-1]
        assert last.data["agent"] == world.officer.id
        assert last.data["why"] == "excessive"

    def test_what_was_changed_before_is_told_as_done_in_part(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        with world.database.write() as tx:
            world.progress.note(tx, world.row(filed)["id"], "shop", "done", None, world.clock.now())
        refused(world, filed, "value_is_right")
        text = letter(world, "request_refused")
        assert "Refused: the rest" in text
        assert f"Done in: {world.datamap.labels()['shop']}" in text
        assert world.wordings() == ["utter_refused_in_part"]

    def test_only_for_a_reason_of_its_kind(self, world: DeskWorld) -> None:
        filed = world.file("access")
        for reason in ("kept_by_law", "because", ""):
            with pytest.raises(ReasonMissing):
                world.desk.deciding.refuse(filed.reference, reason, world.officer, reason)
        opt_out = world.file_unproven("object")
        with pytest.raises(NoReasonFits):
            world.desk.deciding.refuse(opt_out.reference, "excessive", world.officer, "c")

    def test_a_deletion_that_has_begun_only_moves_forward(self, world: DeskWorld) -> None:
        filed = world.file("delete")
        world.put(filed, State.COMMITTED)
        with pytest.raises(BegunAlready):
            world.desk.deciding.refuse(filed.reference, "legal_claims", world.officer, "c")

    def test_a_run_on_its_way_writes_nothing_any_more(self, world: DeskWorld) -> None:
        filed = world.file("access")

        def refuse_meanwhile(_job: Job, _steps: Steps) -> Outcome:
            refused(world, filed)
            return DONE

        world.course.script = refuse_meanwhile
        assert world.work() == ["ignored"]
        assert world.state(filed.reference) is State.DECLINED
        assert world.wordings() == ["utter_request_refused"]


class TestFourEyes:
    def test_nothing_happens_until_somebody_else_approves(self, world: DeskWorld) -> None:
        filed = world.file("access")
        world.desk.deciding.refuse(
            filed.reference, "excessive", world.officer, "c", "The fourth one."
        )
        assert world.state(filed.reference) is State.RECEIVED
        assert world.mails.sent("request_refused") == []
        one = waiting(world, filed)
        assert (one.by_name, one.note, one.reason) == ("Kim", "The fourth one.", "excessive")
        with pytest.raises(OwnProposal):
            world.desk.deciding.approve(filed.reference, one.id, world.officer, "c")
        with pytest.raises(NotAllowed):
            world.desk.deciding.approve(filed.reference, one.id, world.agent, "c")
        with pytest.raises(ProposalWaits):
            world.desk.deciding.refuse(filed.reference, "excessive", world.colleague, "c3")

    def test_the_table_itself_refuses_that_somebody_approves_their_own(
        self, either: DeskWorld
    ) -> None:
        filed = either.file("access")
        either.desk.deciding.refuse(filed.reference, "excessive", either.officer, "c")
        for state in ("approved", "sent_back"):
            with pytest.raises(IntegrityError), either.database.write() as tx:
                tx.execute(update(proposal).values(state=state, decided_by=either.officer.id))

    def test_sent_back_with_words_and_proposed_anew(self, world: DeskWorld) -> None:
        filed = world.file("access")
        deciding = world.desk.deciding
        deciding.refuse(filed.reference, "excessive", world.agent, "c1")
        one = waiting(world, filed)
        with pytest.raises(ReasonMissing):
            deciding.send_back(filed.reference, one.id, world.officer, "  ")
        deciding.send_back(filed.reference, one.id, world.officer, "It was only twice.")
        with pytest.raises(NoProposal):
            deciding.approve(filed.reference, one.id, world.colleague, "c")
        assert deciding.refuse(filed.reference, "identity_unclear", world.agent, "c2") == "propose"
        with world.database.read() as tx:
            kept = deciding._proposals.of(tx, world.row(filed)["id"])
        assert {(p.state, p.answer) for p in kept} == {
            ("open", ""),
            ("sent_back", "It was only twice."),
        }

    def test_the_same_form_twice_is_one_proposal_and_one_decision(self, world: DeskWorld) -> None:
        filed = world.file("access")
        deciding = world.desk.deciding
        for _ in range(2):
            assert deciding.refuse(filed.reference, "excessive", world.officer, "c") == "propose"
        one = waiting(world, filed)
        for _ in range(2):
            deciding.approve(filed.reference, one.id, world.colleague, "d")
        assert world.rows("proposal") == 1
        assert len(world.mails.sent("request_refused")) == 1

    def test_a_reason_that_the_policy_lost_meanwhile_is_none(
        self, world: DeskWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        filed = world.file("access")
        deciding = world.desk.deciding
        deciding.refuse(filed.reference, "excessive", world.officer, "c")
        fewer = replace(POLICY.decisions, refusals={})
        monkeypatch.setattr(deciding, "_policy", replace(POLICY, decisions=fewer))
        with pytest.raises(ReasonMissing):
            deciding.approve(filed.reference, waiting(world, filed).id, world.colleague, "d")
        assert world.state(filed.reference) is State.RECEIVED

    def test_two_officers_at_once_decide_once(self, either: DeskWorld) -> None:
        filed = either.file("access")
        either.desk.deciding.refuse(filed.reference, "excessive", either.agent, "c")
        one = waiting(either, filed)
        officers = [either.officer, either.colleague, either.hire("ida", Role.OFFICER)]
        told = at_once(
            [
                lambda who=who: either.desk.deciding.approve(filed.reference, one.id, who, who.id)  # type: ignore[misc]
                for who in officers
            ]
        )
        assert told["done"] == 1
        assert sum(told.values()) == 3
        assert either.state(filed.reference) is State.DECLINED
        assert [event for event, _ in either.events(filed)].count("declined") == 1

    def test_two_proposals_at_once_are_one(self, either: DeskWorld) -> None:
        filed = either.file("access")
        told = at_once(
            [
                lambda who=who: either.desk.deciding.refuse(  # type: ignore[misc]
                    filed.reference, "excessive", who, who.id
                )
                for who in (either.officer, either.colleague, either.agent)
            ]
        )
        assert told == {"done": 1, "desk_proposal_waits": 2}
        assert either.rows("proposal") == 1


class TestExtending:
    def test_each_law_gets_its_own_date_and_the_earliest_is_the_promise(
        self, either: DeskWorld
    ) -> None:
        filed = either.file("delete")  # received on 21 November 2026, promised within 28 days
        assert either.desk.deciding.extend(filed.reference, "complex", either.officer, "c") == "do"
        row = either.row(filed)
        with either.database.read() as tx:
            dates = {one.law: one for one in ledger.law_dates(tx, row["id"])}
        # GDPR: 3 months from receipt, the same-numbered day; CCPA: 90 calendar days. Both to the end of the day.
        assert {
            law: one.due_at.astimezone(BERLIN).date().isoformat() for law, one in dates.items()
        } == {
            "gdpr": "2027-02-21",
            "uk_gdpr": "2027-02-21",
            "ccpa": "2027-02-19",
        }
        assert row["due_at"] == datetime(2027, 2, 19, 22, 59, 59, tzinfo=UTC)
        assert dates["ccpa"].source == "CCPA Regulations §7021(b)"
        assert either.events(filed)[-1] == ("extended", either.officer.actor)

    def test_the_customer_is_told_the_reason_and_both_dates(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        was = world.row(filed)["due_at"]
        world.desk.deciding.extend(filed.reference, "many_requests", world.officer, "c")
        text = letter(world, "request_extended")
        for sentence in (
            f"It was to be done by: {long_date(was, BERLIN)}",
            "It is done by: Friday 19 February 2027",
            POLICY.decisions.extensions["many_requests"].text(),
            "Where the law lets us take longer: CCPA Regulations §7021(b)",
            "The date is moved once.",
            "You can also complain to the data protection authority where you live or work.",
        ):
            assert sentence in text
        [(_, wording, values)] = world.said.all
        assert (wording, values["due"]) == ("utter_request_extended", "Friday 19 February 2027")

    def test_open_tasks_get_the_new_date(self, world: DeskWorld) -> None:
        filed = world.file("correct")
        task_id = world.ask(filed)
        world.desk.deciding.extend(filed.reference, "complex", world.officer, "c")
        with world.database.read() as tx:
            due = tx.execute(select(task.c.due_at).where(task.c.id == task_id)).scalar_one()
        assert due == world.row(filed)["due_at"]

    @pytest.mark.parametrize("kind", ["access", "export"])
    def test_where_a_law_has_none_nobody_is_offered_one(self, world: DeskWorld, kind: str) -> None:
        filed = world.file(kind)
        assert extended_dates(POLICY, kind, world.clock.now(), BERLIN) is None
        with pytest.raises(NoExtension):
            world.desk.deciding.extend(filed.reference, "complex", world.officer, "c")

    def test_once_and_only_before_the_first_date(self, world: DeskWorld) -> None:
        filed, late = world.file("delete"), world.file("correct")
        deciding = world.desk.deciding
        deciding.extend(filed.reference, "complex", world.officer, "c")
        deciding.extend(filed.reference, "complex", world.officer, "c")  # the same form
        with pytest.raises(ExtendedAlready):
            deciding.extend(filed.reference, "complex", world.officer, "another")
        world.clock.move(timedelta(days=29))
        with pytest.raises(TooLateToExtend):
            deciding.extend(late.reference, "complex", world.officer, "c")
        assert len(world.mails.sent("request_extended")) == 1

    def test_an_agent_proposes_it(self, world: DeskWorld) -> None:
        filed = world.file("delete")
        was = world.row(filed)["due_at"]
        assert world.desk.deciding.extend(filed.reference, "complex", world.agent, "c") == "propose"
        assert world.row(filed)["due_at"] == was
        world.desk.deciding.approve(filed.reference, waiting(world, filed).id, world.officer, "d")
        assert world.row(filed)["due_at"] > was


def at_once(acts: list[Callable[[], Any]]) -> Counter[str]:
    """Everybody waits for everybody, then all act; what each was told."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            act()
        except Problem as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(one, acts))


def test_a_refusal_and_the_last_task_at_once_wait_for_each_other_and_both_end(
    either: DeskWorld,
) -> None:
    """They lock work, request and tasks in one order: neither is lost to a deadlock."""
    either.course.script = lambda _job, _steps: ForPerson()
    filed = either.file("access")
    task_id = either.ask(filed)
    assert either.work() == ["for_person"]
    either.desk.deciding.refuse(filed.reference, "excessive", either.officer, "c")
    one = waiting(either, filed)
    told = at_once(
        [
            lambda: either.desk.deciding.approve(filed.reference, one.id, either.colleague, "d"),
            lambda: either.desk.tasks.finish(task_id, "Nothing there.", [], either.agent),
        ]
    )
    assert told["done"] >= 1
    assert set(told) <= {"done", "desk_task_done"}
    assert either.state(filed.reference) is State.DECLINED
    assert either.work() == []
