"""Journeys that file a request: how each begins, and what is said once it is filed."""

from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions import correct, delete
from actions.codes import no_code_awaited
from actions.flow import begin, end, narrow, not_proven, proof_of_draft, prove, to_person
from actions.step import FormStep, Step, Turn, go, leave_form, token_of
from privacy.conversations.sessions import channel_of
from privacy.dates import long_date
from privacy.filing import Filed, StoredDraft
from privacy.requests import State
from privacy.verification import Proof


class BeginAccess(Step):
    """ "What do you know about me?" """

    called = "action_begin_access"

    async def take(self, turn: Turn) -> list[EventType]:
        answer = await turn.do(
            lambda: turn.vera.own_data.about(turn.conversation, turn.id, apart_from=("all",))
        )
        if answer is not None and turn.form is None:
            # "Who has my phone number?" is a question about one thing: answered from the data map.
            turn.say("utter_why_answer", answer=answer)
            return []
        events = await begin(turn, "access")
        turn.say("utter_begin_access")
        await narrow(turn)
        return [*events, *await prove(turn)]


class BeginExport(Step):
    """ "Give me my data to take along." """

    called = "action_begin_export"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "export")
        turn.say("utter_begin_export")
        await narrow(turn)
        return [*events, *await prove(turn)]


class BeginRestrict(Step):
    """ "Keep it, but stop using it." """

    called = "action_begin_restrict"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "restrict")
        turn.say("utter_begin_restrict")
        return [*events, *await prove(turn)]


class CheckPart(FormStep):
    """Takes the words that say which part is meant."""

    called = "validate_part_form"

    async def validate_parts(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        turn = self.turn(dispatcher, tracker)
        token = token_of(value)
        if token is None:
            return {"parts": None}
        wish = await turn.do(turn.vera.own_data.wish_of, turn.conversation, token)
        if wish is None:
            turn.say("utter_part_unknown")
            return {"parts": None}
        return {"parts": token}


class AskPart(Step):
    """Name what there is, so that a part can be named."""

    called = "action_ask_part_form_parts"

    async def take(self, turn: Turn) -> list[EventType]:
        turn.ask("utter_ask_parts", "part", parts=turn.vera.own_data.parts())
        return []


class AfterPart(Step):
    """The part is known: keep it with the draft and go on."""

    called = "action_after_part_form"

    async def take(self, turn: Turn) -> list[EventType]:
        wish = await turn.do(
            turn.vera.own_data.wish_of, turn.conversation, turn.slot("parts") or ""
        )
        if wish is not None:
            # A yes to something else is no yes to this.
            await turn.do(
                lambda: turn.vera.drafts.put(turn.conversation, scope=wish.scope, confirmed="")
            )
            if wish.scope:
                turn.say("utter_scope", scope=wish.words)
        return [*leave_form(), go("action_carry_out")]


class CarryOut(Step):
    """Do what the draft says, if the database holds the proof that the policy asks for."""

    called = "action_carry_out"

    async def take(self, turn: Turn) -> list[EventType]:
        draft = await turn.do(turn.vera.drafts.get, turn.conversation)
        if draft is None:
            return await say_what_was_filed(turn)
        proof = await proof_of_draft(turn)
        if proof is None:
            return await self._not_proven(turn, draft)
        if draft.kind == "status":
            return [go("action_tell_status")]
        if draft.kind == "cancel":
            return [go("action_choose_request")]
        if draft.kind == "delete_now":
            return await delete.begin_now(turn, proof)
        if draft.kind == "delete" and draft.details.get("confirmed") != "yes":
            return await delete.show_plan(turn, draft, proof)
        if draft.kind == "correct" and (missing := await correct.missing(turn, draft, proof)):
            return missing
        return await self._file(turn, draft, proof)

    async def _file(self, turn: Turn, draft: StoredDraft, proof: Proof) -> list[EventType]:
        vera = turn.vera
        ready = draft.to_file(channel_of(turn.conversation), "en")
        if draft.kind == "export" and len(proof.subjects) == 1:
            await say_estimate(turn, draft, proof)
        filed = await turn.do(vera.filing.file, ready, proof, turn.id)
        if draft.kind == "access":
            await turn.do(vera.disclose, turn.conversation, filed.reference)
        await turn.do(vera.drafts.drop, turn.conversation)
        planned_before = filed.already_open and filed.state is State.SCHEDULED
        if planned_before and draft.details.get("when") == "now":
            await turn.do(vera.own_data.delete_now, proof, turn.id, filed.reference)
        await say_filed(turn, filed, draft)
        return end()

    async def _not_proven(self, turn: Turn, draft: StoredDraft) -> list[EventType]:
        if not await no_code_awaited(turn):
            # No code of those that were typed was right.
            return await not_proven(turn)
        if (
            await turn.do(turn.vera.verification.proven, turn.conversation, "status", "")
            is not None
        ):
            # The code was right, but the contact on file is too new to prove this much alone (S-19).
            return await to_person(turn, "unverified", "utter_contact_changed")
        # What was proven has run out meanwhile. What was said so far is kept.
        turn.say(f"utter_begin_{draft.kind}")
        return await prove(turn)


async def say_estimate(turn: Turn, draft: StoredDraft, proof: Proof) -> None:
    """How large the copy will be; left out where a system takes too long to say."""
    estimate = await turn.do(turn.vera.own_data.estimate, proof, draft.details.get("scope", ""))
    if estimate is not None:
        rows, size = estimate
        turn.say("utter_export_estimate", rows=rows, size=size)


async def say_what_was_filed(turn: Turn) -> list[EventType]:
    """Nothing is begun: either this very turn filed it before it was interrupted, or nothing was."""
    filed = await turn.do(turn.vera.filing.filed_in, turn.conversation, turn.id)
    if filed is not None:
        await say_filed(turn, filed)
    else:
        turn.say("utter_menu")
    return end()


async def say_filed(turn: Turn, filed: Filed, draft: StoredDraft | None = None) -> None:
    """The receipt, in the same turn: reference, what happens next, and by when. The draft is gone where the receipt is
    said again after an interruption."""
    zone = turn.vera.settings.zone
    values = {
        "reference": filed.reference,
        "wish": turn.vera.policy.kinds[filed.kind].wish(),
        "due": long_date(filed.due_at, zone),
        "received": long_date(filed.received_at, zone),
    }
    if filed.state is State.SCHEDULED:
        begins = await turn.do(turn.vera.own_data.begins_at, filed.reference)
        if begins is not None and begins > turn.vera.clock.now():
            turn.say("utter_filed_delete", until=long_date(begins, zone), **values)
        else:
            turn.say("utter_filed_delete_now", **values)
    elif filed.already_open:
        turn.say("utter_already_open_differs" if filed.differs else "utter_already_open", **values)
    elif filed.state is State.CHECKING_IDENTITY:
        turn.say("utter_filed_person_checks", **values)
    elif filed.kind == "delete":
        turn.say("utter_filed_delete_now", **values)
    elif draft is not None and turn.vera.corrections.is_for_person(draft):
        turn.say("utter_filed_correct_person", **values)
    else:
        turn.say(f"utter_filed_{filed.kind}", **values)
