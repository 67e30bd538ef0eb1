"""Whatever fails in an action, the customer hears a sentence, and no answer that was not checked is kept."""

from typing import Any

import pytest

from actions.registry import STEPS
from actions.step import FORM_SLOTS, FormStep, Step, Turn
from privacy import errors
from privacy.errors import Problem, SystemDown
from privacy.wiring import Vera
from tests.actions.calls import FORMS, Call, run
from tests.driving.inside import JANE

PROBLEMS = [
    SystemDown("shop") if one is SystemDown else one()
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, Problem)
]
BROKEN = [RuntimeError(JANE), KeyError(JANE), TimeoutError(JANE), ValueError(JANE)]
FILLED = {
    "contact": "email_1",
    "code": "wrong",
    "field": "name",
    "row": "row_1",
    "new_value": "value_1",
    "parts": "value_1",
    "confirmed": True,
    "message": "value_2",
    "way_to_answer": "email_2",
    "chosen": "reference_1",
}
ENTITIES = {"contact": "email_1", "tries": "3", "reference": "reference_1"}

# They only say what is in their hands already: no verb of theirs can fail.
ASKS_NOTHING = {
    "action_ask_correct_form_field",
    "action_ask_value_form_new_value",
    "action_ask_part_form_parts",
    "action_ask_delete_form_confirmed",
    "action_ask_cancel_form_confirmed",
}


def call_of(step: type[Step] | type[FormStep], conversation: str) -> Call:
    name = step.called
    if issubclass(step, FormStep):
        form = name.removeprefix("validate_")
        fresh = {slot: FILLED[slot] for slot in FORMS[form]}
        return Call(name, conversation, form=form, requested=FORMS[form][0], fresh=fresh)
    return Call(name, conversation, entities=ENTITIES, slots=FILLED)


@pytest.mark.parametrize("error", [*PROBLEMS, *BROKEN], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.called)
async def test_every_verb_may_fail(
    vera: Vera,
    step: type[Step],
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed: list[bool] = []

    async def fail(self: Turn, *_: Any) -> Any:
        failed.append(True)
        raise error

    monkeypatch.setattr(Turn, "do", fail)
    answer = await run(step(vera), call_of(step, vera.conversations.open("web", "en").conversation))
    if step.called in ASKS_NOTHING:
        assert not failed
        assert answer.said
        return
    if not failed:
        # It goes on to another action, which asks (after "no", "never mind" is told by its own action).
        assert answer.next not in (None, "action_listen") or answer.slots, step.called
        return
    code = error.code if isinstance(error, Problem) else "unexpected"
    name = f"utter_problem_{code}"
    assert answer.names[-1] == (name if name in vera.wording else "utter_problem_unexpected")
    assert JANE not in str(answer)
    assert all(value is None for value in answer.slots.values()), "an unchecked value is kept"
    if issubclass(step, FormStep):
        asked = FORMS[step.called.removeprefix("validate_")]
        assert set(answer.slots) >= set(asked), "an answer that could not be checked stays"
        assert not answer.leaves_form, "the question comes again"
    elif not step.keeps_form:
        assert answer.leaves_form
        assert set(answer.slots) == {"requested_slot", *FORM_SLOTS}
        assert answer.next == "action_listen"
    else:
        assert answer.events == []


def test_every_slot_of_a_form_is_forgotten_with_it() -> None:
    """`FORM_SLOTS` is what `leave_form` empties."""
    assert set(FORM_SLOTS) == {slot for slots in FORMS.values() for slot in slots}


async def test_an_unchecked_contact_sends_no_code(vera: Vera) -> None:
    """A value that is no placeholder of this conversation is nobody's: re-asked, nothing sent."""
    opened = vera.conversations.open("web", "en")
    vera.drafts.begin(opened.conversation, "access")
    step = next(one for one in STEPS if one.called == "validate_verify_form")
    for value in ("email_1", "email_99", JANE, "", 3, True, {"email": JANE}, [JANE], ["email_9"]):
        call = Call(
            "validate_verify_form",
            opened.conversation,
            form="verify_form",
            requested="contact",
            fresh={"contact": value},
        )
        answer = await run(step(vera), call)
        assert answer.slots["contact"] is None, value
        assert "utter_code_sent" not in answer.names
    assert vera.verification.awaited(opened.conversation) is None
