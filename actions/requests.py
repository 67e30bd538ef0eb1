"""Journeys that file a request: how each begins, and what is said once it is filed."""

from rasa_sdk.events import EventType

from actions.flow import begin, begin_message, end, proof_of_draft, prove
from actions.step import Step, Turn, go
from privacy.conversations.sessions import channel_of
from privacy.dates import long_date
from privacy.filing import Filed, StoredDraft
from privacy.verification import Proof


class BeginAccess(Step):
    """ "What do you know about me?" """

    called = "action_begin_access"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "access")
        turn.say("utter_begin_access")
        return [*events, *await prove(turn)]


class BeginExport(Step):
    """ "Give me my data to take along." """

    called = "action_begin_export"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "export")
        turn.say("utter_begin_export")
        return [*events, *await prove(turn)]


class BeginRestrict(Step):
    """ "Keep it, but stop using it." """

    called = "action_begin_restrict"

    async def take(self, turn: Turn) -> list[EventType]:
        events = await begin(turn, "restrict")
        turn.say("utter_begin_restrict")
        return [*events, *await prove(turn)]


class BeginDelete(Step):
    """ "Delete me": says what that means before anything is asked."""

    called = "action_begin_delete"

    async def take(self, turn: Turn) -> list[EventType]:
        return [*await begin(turn, "delete"), go("delete_form")]


class AfterDelete(Step):
    """The customer said yes or no to what deletion means."""

    called = "action_after_delete_form"

    async def take(self, turn: Turn) -> list[EventType]:
        if turn.tracker.get_slot("confirmed") is not True:
            return [go("action_never_mind")]
        return await prove(turn)


class CarryOut(Step):
    """Do what the draft says, if the database holds the proof that the policy asks for."""

    called = "action_carry_out"

    async def take(self, turn: Turn) -> list[EventType]:
        draft = await turn.do(turn.vera.drafts.get, turn.conversation)
        if draft is None:
            return await say_what_was_filed(turn)
        proof = await proof_of_draft(turn)
        if proof is None:
            return await self._not_proven(turn)
        if draft.kind == "status":
            return [go("action_tell_status")]
        if draft.kind == "cancel":
            return [go("action_choose_request")]
        return await self._file(turn, draft, proof)

    async def _file(self, turn: Turn, draft: StoredDraft, proof: Proof) -> list[EventType]:
        vera = turn.vera
        ready = draft.to_file(channel_of(turn.conversation), "en")
        filed = await turn.do(vera.filing.file, ready, proof, turn.id)
        await turn.do(vera.drafts.drop, turn.conversation)
        say_filed(turn, filed)
        return end()

    async def _not_proven(self, turn: Turn) -> list[EventType]:
        if (
            await turn.do(turn.vera.verification.proven, turn.conversation, "status", "")
            is not None
        ):
            # The code was right, but the contact on file is too new to prove this much alone (S-19).
            turn.say("utter_contact_changed")
            return [*await begin_message(turn), go("handoff_form")]
        turn.say("utter_not_proven")
        await turn.do(turn.vera.drafts.drop, turn.conversation)
        return end()


async def say_what_was_filed(turn: Turn) -> list[EventType]:
    """Nothing is begun: either this very turn filed it before it was interrupted, or nothing was."""
    filed = await turn.do(turn.vera.filing.filed_in, turn.conversation, turn.id)
    if filed is not None:
        say_filed(turn, filed)
    else:
        turn.say("utter_menu")
    return end()


def say_filed(turn: Turn, filed: Filed) -> None:
    """The receipt, in the same turn: reference, what happens next, and by when."""
    zone = turn.vera.settings.zone
    values = {
        "reference": filed.reference,
        "wish": turn.vera.policy.kinds[filed.kind].wish(),
        "due": long_date(filed.due_at, zone),
        "received": long_date(filed.received_at, zone),
    }
    if filed.already_open:
        turn.say("utter_already_open_differs" if filed.differs else "utter_already_open", **values)
    elif filed.state.value == "checking_identity":
        turn.say("utter_filed_person_checks", **values)
    else:
        turn.say(f"utter_filed_{filed.kind}", **values)
