"""How journeys begin, prove who asks, and end: the part that all of them share.

The draft in the database says what the customer is in the middle of; forms only ask its questions. A step
that changes something asks the database again who has proven what (`privacy.verification`), whatever the
dialogue believes.
"""

from rasa_sdk.events import EventType, SlotSet

from actions.step import Turn, done, go, leave_form
from privacy.conversations.people import in_words
from privacy.filing import StoredDraft
from privacy.handoff.hand_overs import Why
from privacy.verification import Proof

TWO_PROOFS = {"delete"}
"""Kinds that show what they would do to whoever asks (level 1), and are confirmed with a fresh code."""


def operation_of(draft: StoredDraft) -> str:
    """What a code that is sent now has to prove."""
    if draft.kind in TWO_PROOFS and draft.details.get("confirmed") != "yes":
        return "plan"
    return draft.kind


async def begin(turn: Turn, kind: str) -> list[EventType]:
    """Set the draft to `kind`; what was begun before is put aside and the customer is told so."""
    vera = turn.vera
    before = await turn.do(vera.drafts.get, turn.conversation)
    if before is not None:
        if before.kind != kind and before.kind in vera.policy.kinds and turn.form is not None:
            turn.say("utter_put_aside", wish=vera.policy.kinds[before.kind].wish())
        # Its code would prove the wish of before, even where the new one is of the same kind.
        await turn.do(vera.verification.withdraw, turn.conversation)
    await turn.do(vera.drafts.begin, turn.conversation, kind)
    events = leave_form()
    noted = turn.entity("contact") or turn.slot("contact")
    if noted is not None:
        events.append(SlotSet("contact", noted))
    return events


async def begin_message(turn: Turn) -> list[EventType]:
    """Begin a message for a person; what was begun before goes along with it instead of being lost."""
    vera = turn.vera
    before = await turn.do(vera.drafts.get, turn.conversation)
    await turn.do(vera.verification.withdraw, turn.conversation)
    await turn.do(vera.drafts.begin, turn.conversation, "leave_message")
    if before is not None and before.kind in vera.policy.kinds:
        wish = vera.policy.kinds[before.kind].wish()
        await turn.do(lambda: vera.drafts.put(turn.conversation, begun=wish))
    return leave_form()


async def to_person(turn: Turn, reason: Why, first: str | None = None) -> list[EventType]:
    """Into the queue of people, with everything as it stands; where nobody is there, a message for them is taken.
    `first` is said in either case."""
    people = turn.vera.people
    asked = await turn.do(people.ask, turn.conversation, reason)
    if first is not None:
        turn.say(first)
    if asked.wait is not None:
        turn.say("utter_person_asked", wait=in_words(asked.wait))
        return [*leave_form(), done()]
    if asked.is_open:
        turn.say("utter_people_busy", hours=people.hours_in_words())
    elif asked.opens_at is not None:
        opens_at = people.moment_in_words(asked.opens_at)
        turn.say("utter_people_back", opens_at=opens_at, hours=people.hours_in_words())
    else:
        turn.say("utter_people_never")
    turn.say("utter_begin_handoff")
    return [*await begin_message(turn), go("handoff_form")]


async def not_proven(turn: Turn) -> list[EventType]:
    """No code was right, and nothing was filed: a person takes over where one is there, and is offered where none is."""
    await drop(turn)
    asked = await turn.do(turn.vera.people.ask, turn.conversation, "unverified")
    turn.say("utter_not_proven")
    if asked.wait is not None:
        turn.say("utter_person_asked", wait=in_words(asked.wait))
    return end()


async def go_on(turn: Turn) -> list[EventType]:
    """Back from a person: what was begun before goes on where it was."""
    if await turn.do(turn.vera.drafts.get, turn.conversation) is None:
        turn.say("utter_menu")
        return end()
    return [*leave_form(), go("action_carry_out" if await proof_of_draft(turn) else "verify_form")]


async def prove(turn: Turn) -> list[EventType]:
    """Go on to the act itself, or to the code that it needs first."""
    if await proof_of_draft(turn) is not None:
        return [go("action_carry_out")]
    known = await turn.do(turn.vera.acts.known_contact, turn.conversation)
    # What a code before this one came to says nothing about this one.
    events: list[EventType] = [SlotSet("code", None)]
    if known is not None:
        events.append(SlotSet("contact", known))
    return [*events, go("verify_form")]


async def proof_of_draft(turn: Turn) -> Proof | None:
    """What the database holds for the act in hand."""
    vera = turn.vera
    draft = await turn.do(vera.drafts.get, turn.conversation)
    if draft is None:
        return None
    return await turn.do(
        vera.verification.proven, turn.conversation, operation_of(draft), draft.act_key
    )


async def narrow(turn: Turn) -> None:
    """Keep with the draft what the message limited the wish to, and say so."""
    wish = await turn.do(turn.vera.own_data.wish, turn.conversation, turn.id)
    if wish is not None:
        await turn.do(lambda: turn.vera.drafts.put(turn.conversation, scope=wish.scope))
        turn.say("utter_scope", scope=wish.words)


async def drop(turn: Turn) -> bool:
    """Forget what was begun; says whether there was anything."""
    vera = turn.vera
    draft = await turn.do(vera.drafts.get, turn.conversation)
    await turn.do(vera.drafts.drop, turn.conversation)
    await turn.do(vera.verification.withdraw, turn.conversation)
    return draft is not None


def end(*events: EventType) -> list[EventType]:
    """Close the form, keep nothing, wait for the customer."""
    return [*leave_form(), *events, done()]
