"""Deleting: who asks, what would go and what would stay, yes with a fresh code; then a day to change one's mind."""

from datetime import datetime, timedelta

from rasa_sdk.events import EventType

from actions.flow import begin, end, narrow, prove
from actions.step import Step, Turn, go
from privacy.dates import long_date
from privacy.filing import StoredDraft
from privacy.verification import Proof


class BeginDelete(Step):
    """ "Delete me": first of all, who is asking."""

    called = "action_begin_delete"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "delete")
        await narrow(turn)
        proving = await prove(turn)
        if proving[-1] != go("action_carry_out"):
            turn.say("utter_begin_delete")
        return [*events, *proving]


class AskDelete(Step):
    """Name the day on which it would happen."""

    called = "action_ask_delete_form_confirmed"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.say("utter_ask_delete_confirmed", when=_undo_until(turn, turn.vera.clock.now()))
        return []


class AfterDelete(Step):
    """The customer said yes, now or later, or no."""

    called = "action_after_delete_form"

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.tracker.get_slot("confirmed") is not True:
            return [go("action_never_mind")]
        when = "now" if turn.entity("when") == "now" else "later"
        await turn.do(lambda: turn.vera.drafts.put(turn.conversation, confirmed="yes", when=when))
        turn.say("utter_confirm_with_code")
        return await prove(turn)


async def show_plan(turn: Turn, draft: StoredDraft, proof: Proof) -> list[EventType]:
    """Say what goes, what stays, why and until when; then ask."""
    if len(proof.subjects) > 1:
        # Who of several asks is for a person to find out: a plan would show one of them to the other.
        await turn.do(
            lambda: turn.vera.drafts.put(turn.conversation, confirmed="yes", when="later")
        )
        turn.say("utter_confirm_with_code")
        return await prove(turn)
    plan = await turn.do(turn.vera.own_data.plan, proof, draft.details.get("scope", ""))
    if plan is None:
        await turn.do(turn.vera.drafts.drop, turn.conversation)
        turn.say(
            "utter_nothing_of_that" if draft.details.get("scope") else "utter_nothing_to_delete"
        )
        return end()
    await turn.do(lambda: turn.vera.drafts.put(turn.conversation, plan=plan.as_details()))
    turn.say("utter_deletion_plan", plan=plan.as_text())
    return [go("delete_form")]


async def begin_now(turn: Turn, proof: Proof) -> list[EventType]:
    """Let a planned deletion begin at once."""
    filed = await turn.do(turn.vera.own_data.delete_now, proof, turn.id)
    await turn.do(turn.vera.drafts.drop, turn.conversation)
    if filed is None:
        turn.say("utter_no_deletion_planned")
    else:
        turn.say("utter_filed_delete_now", reference=filed)
    return end()


def _undo_until(turn: Turn, since: datetime) -> str:
    days = turn.vera.policy.deletion.undo_days
    return long_date(since + timedelta(days=days), turn.vera.settings.zone)
